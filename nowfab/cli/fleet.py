"""inv fleet.up, fleet.ps, fleet.down: nodes to practise on."""

from __future__ import annotations

from collections.abc import Sequence

from invoke import Context

from nowfab import names, settings
from nowfab.cli import show, surroundings, targets
from nowfab.cli.node_task import our_task
from nowfab.inventory import Node
from nowfab.report import summary, table
from nowfab.report.visible import visible
from nowfab.terminal.screen import standard


@our_task(
    help={
        "nodes": "how many (5)",
        "kind": "embedded or docker (embedded)",
        "behind": "how many more that are reached through red01 only, docker (0)",
        "os": "what docker nodes have: bookworm, or the older bullseye (bookworm)",
    }
)
def up(context: Context, nodes: str = "5", kind: str = "embedded", behind: str = "0", os: str = "") -> None:
    """Start practice nodes red01, red02 and so on, on this computer."""
    from nowfab import fleet

    count = settings.count("--nodes", nodes, fleet.MOST)
    inner = 0 if behind == "0" else settings.count("--behind", behind, fleet.MOST)
    wanted = fleet.names(count, inner)
    if context.config.run.dry:
        standard().data([f"dry: would start {summary.nodes(len(wanted))} ({kind}): {names.fold(wanted)}\n"])
        return
    real = _real(wanted)
    _table(fleet.up(targets.fleet_folder(), surroundings.project(), kind, count, real, inner, os))


@our_task()
def ps(context: Context) -> None:
    """Show the practice nodes, those that are down too."""
    from nowfab import fleet

    _table(fleet.ps(targets.fleet_folder()))


@our_task(help={"forget": "let go of the names too, so that they mean real nodes again"})
def down(context: Context, forget: bool = False) -> None:
    """End the practice nodes; their names stay taken."""
    from nowfab import fleet

    screen, folder = standard(), targets.fleet_folder()
    if context.config.run.dry:
        screen.data([f"dry: would end {names.fold(node.name for node in fleet.ps(folder)) or 'nothing'}\n"])
        return
    gone = names.fold(node.name for node in fleet.down(folder, forget))
    what = "forgotten" if forget else "down"
    screen.say(f"{what}: {gone}" if gone else "there is no practice fleet")


def _real(wanted: Sequence[str]) -> list[str]:
    """Give those names that our files say how to reach."""
    files = targets.known(practice=False)
    nodes = [files.node(names.Word(name)) for name in wanted if files.defines(name)]
    return [node.name for node in nodes if node.address or node.local]


def _table(nodes: Sequence[Node]) -> None:
    rows = [(node.name, node.fleet, _where(node)) for node in nodes]
    shown = [tuple(map(visible, row)) for row in rows]
    screen = standard()
    screen.data([show.practice(nodes), table.grid(("node", "kind", "where"), shown)])
    if not nodes:
        screen.say("there is no practice fleet; start one: fleet.up")


def _where(node: Node) -> str:
    through = f" via {node.via.name}" if node.via else ""
    return node.down or f"{node.address} port {node.port}{through}"
