"""Show a report in the format that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby

from nowfab.inventory.node import Node
from nowfab.report import json, stream, table
from nowfab.report.summary import summary
from nowfab.results import Report
from nowfab.settings import Format
from nowfab.talk import Event
from nowfab.terminal.screen import Screen

_PRACTICE = {
    "embedded": "practice nodes: no sandbox, their commands run on this computer",
    "docker": "practice nodes: containers on this computer",
}


def practice(nodes: Sequence[Node]) -> str:
    """Give the lines that stand above a table of practice nodes; "" where there are none."""
    kinds = dict.fromkeys(node.fleet for node in nodes if node.fleet)
    return "".join(f"{_PRACTICE.get(kind, f'practice nodes: {kind}')}\n" for kind in kinds)


def report(
    report: Report, nodes: Sequence[Node], format: Format, screen: Screen, streams: bool = True
) -> None:
    """Show what became of all nodes; with `stream` it was shown already, line by line, where it `streams`."""
    hidden = False
    if format == "json":
        screen.data(json.pieces(report))
    elif format == "table":
        laid = table.table(report, screen.columns())
        screen.data([practice(nodes), laid.text])
        hidden = laid.hidden
    ending(report, screen, hidden, "--format stream or " if streams else "")


def ending(report: Report, screen: Screen, hidden: bool, besides: str = "") -> None:
    """Say what all rows come to, and where all is that was `hidden`; `besides` names one more place."""
    screen.say(summary(report))
    if hidden:
        screen.say(f"there is more than the rows show: {besides}--format json has it all")


def lines(screen: Screen) -> Callable[[Event], None]:
    """Make a watcher that shows whole lines as they come."""
    held = stream.Lines()

    def watch(event: Event) -> None:
        for name, some in groupby(held.take(event), lambda line: line.stream):
            text = "\n".join(line.text for line in some)
            if name == "stdout":
                screen.data([text, "\n"])
            else:
                screen.say(text)

    return watch
