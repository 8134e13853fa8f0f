"""inv groups.list, groups.show: which groups there are, and who is meant by an expression."""

from __future__ import annotations

import json
from collections.abc import Sequence

from invoke import Context

from nowfab import inventory, names, settings
from nowfab.cli import show, surroundings, targets
from nowfab.cli.node_task import our_task
from nowfab.inventory import Inventory, Traced
from nowfab.report import summary, table
from nowfab.report.visible import visible
from nowfab.terminal.screen import standard

_FORMAT = {"format": "table or json (table)"}
_SHOW = {
    "expression": "groups and nodes, as in red, red[01-05],blue or 'all!red01'; see docs/groups.md",
    "count": "only say how many nodes it means",
    "format": "table, json, names (one a line) or folded (table)",
}


@our_task(name="list", help=_FORMAT)
def list_groups(context: Context, format: str = "table") -> None:
    """Show all groups, their nodes folded, and the line where each begins."""
    settings.choice("--format", format, ("table", "json"))
    known = targets.known()
    rows = [_group(known, name) for name in inventory.groups(known)]
    if format == "json":
        standard().data([json.dumps({"schema": 1, "groups": rows}), "\n"])
        return
    if not rows:
        standard().say("there are no groups yet; `nowfab init` writes a first file of them")
    cells = [
        tuple(map(_cell, (row["name"], row["count"], row["folded"], _near(str(row["from"]))))) for row in rows
    ]
    standard().data([table.grid(("group", "nodes", "members", "from"), cells, right=("nodes",))])


@our_task(name="show", help=_SHOW)
def show_group(context: Context, expression: str, count: bool = False, format: str = "table") -> None:
    """Show the nodes that EXPRESSION means, how they are reached, and which line says so."""
    settings.choice("--format", format, ("table", "json", "names", "folded"))
    screen, found = standard(), inventory.trace(targets.known(), expression, targets.outside([expression]))
    nodes = tuple(traced.node for traced in found)
    folded = names.fold(node.name for node in nodes)
    if format == "json":
        shown = {"schema": 1, "name": expression, "count": len(nodes), "nodes": list(map(_object, found))}
        screen.data([json.dumps({**shown, "folded": folded}), "\n"])
    elif count:
        screen.data([f"{len(nodes)}\n"])
    elif format == "names":
        screen.data([f"{visible(node.name)}\n" for node in nodes])
    elif format == "folded":
        screen.data([visible(folded), "\n"])
    else:
        screen.data([show.practice(nodes), _table(found)])
        screen.say(visible(f"{summary.nodes(len(nodes))}: {folded}"))


def _group(known: Inventory, name: str) -> dict[str, object]:
    members = known.members(name)
    place = str(known.place(name))
    return {"name": name, "count": len(members), "folded": names.fold(members), "from": place}


def _object(traced: Traced) -> dict[str, object]:
    node, origin = traced.node, traced.origin
    reached = {"name": node.name, "user": node.user, "address": node.address, "port": node.port}
    return {**reached, "group": origin.group or None, "from": origin.place or None}


def _table(found: Sequence[Traced]) -> str:
    """Lay out what is known of each node; a column that would be empty is left out."""
    nodes = [traced.node for traced in found]
    columns: dict[str, list[object]] = {
        "node": [node.name for node in nodes],
        "user": [node.user for node in nodes],
        "address": ["this computer" if node.local else node.address for node in nodes],
        "port": [node.port for node in nodes],
        "via": [node.via and node.via.name for node in nodes],
        "": [node.down for node in nodes],
        "group": [traced.origin.group for traced in found],
        "from": [_near(traced.origin.place) for traced in found],
    }
    filled = {header: map(_cell, cells) for header, cells in columns.items() if any(cells)}
    return table.grid(tuple(filled), list(zip(*filled.values(), strict=True)))


def _near(place: str) -> str:
    """Name a file of this project from the project's folder; a table has little room."""
    return place.removeprefix(f"{surroundings.project()}/")


def _cell(value: object) -> str:
    return "" if value is None else visible(str(value))
