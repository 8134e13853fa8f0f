"""Show what a plan changed, or would: a row for each node, and equal changes once under folded names."""

from __future__ import annotations

from collections.abc import Iterator

from nowfab import names
from nowfab.report import table
from nowfab.report.fit import cut
from nowfab.report.summary import counted
from nowfab.report.visible import visible
from nowfab.results import Changed, Report, Result

HEADERS = ("node", "status", "changes", "seconds", "what")
_LEAST = 12  # columns of the last one; a narrower terminal wraps


def rows(report: Report, columns: int | None) -> table.Table:
    """Lay a plan's report out for a terminal of `columns`, None for no terminal."""
    cells = [_row(result) for result in report.results]
    laid = zip(HEADERS[:-1], *(row[:-1] for row in cells), strict=True)
    left = sum(max(map(len, column)) + 2 for column in laid)
    room = None if columns is None else max(columns - left, _LEAST)
    shown = [row if room is None else (*row[:-1], cut(row[-1], room)) for row in cells]
    return table.Table(table.grid(HEADERS, shown, right=("changes", "seconds")), shown != cells)


def details(report: Report) -> Iterator[str]:
    """Give the lines that say each change with its diff; nodes with the same ones are told together."""
    alike: dict[tuple[Changed, ...], list[str]] = {}
    for result in report.results:
        if result.changes:
            alike.setdefault(result.changes, []).append(result.node)
    for changes, nodes in alike.items():
        yield f"{visible(names.fold(nodes))}: {counted(len(changes), 'change')}"
        for change in changes:
            yield f"  {visible(change.what)}"
            yield from (f"    {visible(line, keep=chr(9))}" for line in change.diff)


def _row(result: Result) -> tuple[str, ...]:
    count = str(len(result.changes)) if result.changes or not result.reason else ""
    what = result.reason or "; ".join(change.what for change in result.changes)
    seconds = table.seconds(result.seconds) if result.seconds else ""
    return visible(result.node), str(result.status), count, seconds, visible(what.replace("\n", "; "))
