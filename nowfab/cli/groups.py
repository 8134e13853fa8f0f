"""inv groups.list, groups.show: which groups there are, and who is meant by an expression."""

from __future__ import annotations

import json

from invoke import Context

from nowfab import inventory, names, settings
from nowfab.cli import show, targets
from nowfab.cli.node_task import our_task
from nowfab.inventory.node import Node
from nowfab.report import summary, table
from nowfab.report.visible import visible
from nowfab.terminal.screen import standard

_FORMAT = {"format": "table or json (table)"}


@our_task(name="list", help=_FORMAT)
def list_groups(context: Context, format: str = "table") -> None:
    """Show all groups, and their nodes folded."""
    settings.choice("--format", format, ("table", "json"))
    known = targets.known()
    groups = {name: inventory.members(known, name) for name in inventory.groups(known)}
    if format == "json":
        standard().data([json.dumps({"schema": 1, "groups": list(groups)}), "\n"])
        return
    if not groups:
        standard().say("there are no groups yet; `nowfab init` writes a first file of them")
    rows = [(name, str(len(nodes)), names.fold(nodes)) for name, nodes in groups.items()]
    standard().data([table.grid(("group", "nodes", "members"), rows, right=("nodes",))])


@our_task(name="show", help={"expression": "a group, or nodes as in red[01-05],blue", **_FORMAT})
def show_group(context: Context, expression: str, format: str = "table") -> None:
    """Show the nodes that EXPRESSION means, and how they are reached."""
    settings.choice("--format", format, ("table", "json"))
    nodes = inventory.show(targets.known(), expression)
    folded = names.fold(node.name for node in nodes)
    if format == "json":
        shown = {
            "schema": 1,
            "name": expression,
            "nodes": [_object(node) for node in nodes],
            "folded": folded,
        }
        standard().data([json.dumps(shown), "\n"])
        return
    screen = standard()
    screen.data([show.practice(nodes), _table(nodes)])
    screen.say(visible(f"{summary.nodes(len(nodes))}: {folded}"))


def _object(node: Node) -> dict[str, object]:
    return {"name": node.name, "user": node.user, "address": node.address, "port": node.port}


def _table(nodes: tuple[Node, ...]) -> str:
    """Lay out what is known of each node; a column that would be empty is left out."""
    columns: dict[str, list[object]] = {
        "node": [node.name for node in nodes],
        "user": [node.user for node in nodes],
        "address": ["this computer" if node.local else node.address for node in nodes],
        "port": [node.port for node in nodes],
        "via": [node.via and node.via.name for node in nodes],
        "": [node.down for node in nodes],
    }
    filled = {header: map(_cell, cells) for header, cells in columns.items() if any(cells)}
    return table.grid(tuple(filled), list(zip(*filled.values(), strict=True)))


def _cell(value: object) -> str:
    return "" if value is None else visible(str(value))
