"""Start, list and end the practice nodes of a project.

Nothing heavy is imported here: a plain run only asks `nowfab.fleet.state` for the names.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path

from nowfab.errors import FleetError, UsageError
from nowfab.fleet import lock, state
from nowfab.inventory.node import Node

KINDS = ("embedded", "docker")
MOST = 1000
"""Nodes in one fleet."""


def names(nodes: int, behind: int = 0) -> tuple[str, ...]:
    """Give the names that a fleet takes: red01, red02, …, and behind red01 blue01, blue02, …"""
    width = max(2, len(str(nodes)))
    near = (f"red{number:0{width}}" for number in range(1, nodes + 1))
    return (*near, *(f"blue{number:02}" for number in range(1, behind + 1)))


def up(
    folder: Path,
    project: Path,
    kind: str,
    nodes: int,
    real: Collection[str],
    behind: int = 0,
    system: str = "",
) -> tuple[Node, ...]:
    """Start `nodes` nodes of a kind, and `behind` the first one; `project` is where docker-compose.yml is.

    `system` is what docker nodes have, "" for what they have where nobody says so.
    `real` are the names that nodes.yaml gives an address or makes local; none of them is taken.
    The names are taken before anything starts, and let go if it cannot start.
    """
    if kind not in KINDS:
        raise UsageError(f"--kind takes {' or '.join(KINDS)}, not `{kind}`")
    if not 1 <= nodes <= MOST:
        raise UsageError(f"--nodes takes a number of nodes from 1 to {MOST}, not `{nodes}`")
    if behind and kind != "docker":
        raise UsageError("--behind goes with --kind docker: only containers have networks of their own")
    if system and kind != "docker":
        raise UsageError("--os goes with --kind docker: embedded nodes have what this computer has")
    wanted = names(nodes, behind)
    _refuse_real(wanted, real)
    state.make(folder)
    with lock.at_work(folder):
        before = state.load(folder)
        _refuse_second([node.name for node in before if not node.down])
        state.take(folder, [Node(name, fleet=kind, down=state.DOWN) for name in wanted])
        try:
            started = _start(folder, project, kind, wanted, behind, system)
            state.take(folder, started)
        except BaseException:
            state.save(folder, before)
            raise
    return started


def _refuse_real(wanted: Sequence[str], real: Collection[str]) -> None:
    hidden = [f"`{name}`" for name in wanted if name in real]
    if hidden:
        some = ", ".join(hidden[:3]) + (", …" if len(hidden) > 3 else "")
        raise FleetError(
            f"{some}: nodes.yaml says where to reach this name, and a practice node would stand in its "
            "place; practise in another folder"
        )


def _refuse_second(living: Sequence[str]) -> None:
    if living:
        these = living[0] if len(living) == 1 else f"{living[0]} to {living[-1]}"
        raise FleetError(f"the practice fleet is up already ({these}): end it with `inv fleet.down`")


def _start(
    folder: Path, project: Path, kind: str, wanted: Sequence[str], behind: int, system: str
) -> tuple[Node, ...]:
    if kind == "docker":
        from nowfab.fleet import docker

        return docker.up(
            folder, len(wanted) - behind, project, behind=behind, system=system or docker.OSES[0]
        )
    from nowfab.fleet import embedded

    return embedded.up(folder, wanted)


def ps(folder: Path) -> tuple[Node, ...]:
    """Give every name that the fleet has taken; `down` says why a node cannot be reached."""
    nodes = state.load(folder)
    if not any(node.fleet == "docker" and not node.down for node in nodes):
        return nodes
    from nowfab.fleet import docker

    seen = {node.name: node for node in docker.ps(folder)}
    return tuple(seen.get(node.name, node if node.down else state.dead(node)) for node in nodes)


def down(folder: Path, forget: bool = False) -> tuple[Node, ...]:
    """End the fleet and give its names, which stay taken unless they are forgotten; does no harm twice."""
    state.check(folder)
    if not folder.exists():
        return ()
    with lock.at_work(folder):
        nodes = _taken(folder, forget)
        try:
            _end(folder)
        finally:  # an engine that is gone for good must not keep the names
            if forget:
                state.forget(folder)
    return nodes


def _taken(folder: Path, forget: bool) -> tuple[Node, ...]:
    """Mark all names as down and give them; an overlay that cannot be read may still be forgotten."""
    try:
        nodes = state.load(folder)
        state.bury(folder)
    except FleetError:
        if not forget:
            raise
        return ()
    return nodes


def _end(folder: Path) -> None:
    """End what may run, whatever the overlay says of it."""
    from nowfab.fleet import docker, embedded

    docker.down(folder)
    embedded.down(folder)
