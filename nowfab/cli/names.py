"""inv names: names for many nodes, and the groups of them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from invoke import Context

from nowfab import names, settings
from nowfab.cli import groups_edit, rewriting, sources
from nowfab.cli.node_task import our_task
from nowfab.errors import UsageError
from nowfab.groups import edit, unharmed
from nowfab.inventory import Inventory
from nowfab.names import Word, naming
from nowfab.names.naming import Cluster
from nowfab.report import summary, table
from nowfab.report.visible import visible
from nowfab.store.replace import New
from nowfab.terminal.screen import standard

_SHOWN = 10
"""Collisions that are told one by one."""

_HELP = {
    "clusters": "how many clusters: cluster01, cluster02, …",
    "size": "nodes of each cluster (5)",
    "first": "the number of the first of them (1)",
    "colors": "clusters by colour or any other word, commas between, instead of --clusters: red01, red02, …",
    "write": "write the groups into groups/clusters, and who is master into groups/nodes.yaml",
    "format": "table, json or names (table)",
}


@our_task(name="names", help=_HELP)
def make_names(
    context: Context,
    clusters: str | None = None,
    size: str = "5",
    first: str | None = None,
    colors: str | None = None,
    write: bool = False,
    format: str = "table",
) -> None:
    """Name the nodes of many clusters, each name once in all files; the first of each is its master."""
    settings.choice("--format", format, ("table", "json", "names"))
    made = _made(clusters, size, first, colors)
    taken = _taken(sources.known(), made)
    _show(made, format)
    if taken:
        more = f"\nand {len(taken) - _SHOWN} more" if len(taken) > _SHOWN else ""
        raise UsageError("\n".join(taken[:_SHOWN]) + more)
    if write:
        rewriting.rewrite(lambda: _files(made), context.config.run.dry, show=format == "table")


def _made(clusters: str | None, size: str, first: str | None, colors: str | None) -> Sequence[Cluster]:
    nodes = settings.count("--size", size, names.LIMIT)
    if (clusters is None) == (colors is None) or (colors is not None and not colors.strip(", ")):
        raise UsageError("say how many, `--clusters 20 --size 5`, or which, `--colors red,blue --size 5`")
    if colors is None:
        begin = 1 if first is None else settings.count("--first", first, names.LIMIT)
        return naming.numbered(settings.count("--clusters", clusters or "", names.LIMIT), nodes, begin)
    if first is not None:
        raise UsageError("`--first` is the number of a cluster; with `--colors` they have none")
    return naming.coloured(colors.replace(",", " ").split(), nodes)


def _taken(known: Inventory, made: Sequence[Cluster]) -> list[str]:
    """Say of each name that somebody else has who that is; a cluster that is there just so is left out."""
    from nowfab.inventory import collisions

    fresh = [cluster for cluster in made if not _stands(known, cluster)]
    wanted = [name for cluster in fresh for name in (cluster.name, *cluster.nodes)]
    seen: dict[str, str] = {}
    twice = [
        f"`{name}` would be named twice" for name in wanted if seen.setdefault(name.lower(), name) is not name
    ]
    found = collisions.collisions(known, wanted)
    return twice + [f"`{name}` is taken: {what} at {place}" for name, what, place in found]


def _stands(known: Inventory, cluster: Cluster) -> bool:
    return known.has_group(cluster.name) and known.members(cluster.name) == cluster.nodes


def _show(made: Sequence[Cluster], format: str) -> None:
    screen = standard()
    if format == "json":
        rows = [{"name": one.name, "master": one.master, "nodes": one.nodes} for one in made]
        screen.data([json.dumps({"schema": 1, "clusters": rows}), "\n"])
    elif format == "names":
        screen.data(f"{node}\n" for cluster in made for node in cluster.nodes)
    else:
        cells = [(one.name, one.master, str(len(one.nodes)), names.fold(one.nodes)) for one in made]
        screen.data([table.grid(("group", "master", "nodes", "names"), cells, right=("nodes",))])


def _files(made: Sequence[Cluster]) -> tuple[Sequence[New], str]:
    """Say what our files should say: the groups that are not there yet, and the masters."""
    read, home = groups_edit.read(None)
    known = sources.known()
    fresh = {one.name: [Word(node) for node in one.nodes] for one in made if not _stands(known, one)}
    edited = edit.make(read, fresh, home)
    for warning in unharmed.check(read, edited):
        standard().say(visible(f"{warning.place}: {warning.what}; {warning.mend}"))
    masters = {one.master: {"role": "master"} for one in made}
    count = sum(len(one.nodes) for one in made)
    sentence = f"{summary.counted(len(made), 'cluster')}, {summary.nodes(count)}"
    return [*groups_edit.news(read, edited), _nodes(Path(home).with_name("nodes.yaml"), masters)], sentence


def _nodes(path: Path, masters: Mapping[str, Mapping[str, str]]) -> New:
    from nowfab.inventory import nodes_edit

    was = rewriting.text_of(path)
    return New(path, nodes_edit.put(was or "", str(path), masters), was)
