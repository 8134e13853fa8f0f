"""Ask about unknown host keys: once for all nodes, between one wave and the next."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nowfab.engine import Wave
from nowfab.inventory.node import Node
from nowfab.machines.crew import Stranger
from nowfab.report import table
from nowfab.report.visible import visible
from nowfab.results import Result, Status

_UNTOUCHED = frozenset({Status.REFUSED, Status.UNREACHABLE})
"""Nothing was sent to these, so they may go again."""


class Strangers:
    """Have nodes go, then those again whose keys became trusted, and what is reached through them.

    `met` gives all unknown keys met so far; `trusted` asks about the new ones among them, each once
    in a run; `able` says whether anybody can answer.
    """

    def __init__(
        self,
        met: Callable[[], Sequence[Stranger]],
        trusted: Callable[[Sequence[Stranger]], bool],
        able: bool = True,
    ) -> None:
        self._met = met
        self._trusted = trusted
        self._able = able
        self._asked: set[str] = set()
        self._nodes: dict[str, Node] = {}

    def hopes(self, result: Result) -> bool:
        """Tell whether the node of this row may go again after a yes."""
        return self._able and self._waits(result, {stranger.node for stranger in self._new()})

    def waves(self, nodes: Sequence[Node]) -> Wave:
        """Give the nodes, then those that wait for an answer which was yes."""
        self._nodes |= {node.name: node for node in nodes}
        while nodes:
            results = yield nodes
            new = self._new()
            keys = {stranger.node for stranger in new}
            self._asked |= keys
            again = {result.node for result in results if self._waits(result, keys)}
            nodes = [node for node in nodes if node.name in again]
            if not (self._able and nodes and self._trusted(new)):
                return

    def _new(self) -> list[Stranger]:
        return [stranger for stranger in self._met() if stranger.node not in self._asked]

    def _waits(self, result: Result, keys: set[str]) -> bool:
        return result.status in _UNTOUCHED and bool(keys & set(_path(self._nodes[result.node])))


def question(strangers: Iterable[Stranger]) -> str:
    """Lay out the unknown keys, one row each."""
    rows = [
        (visible(one.node), visible(one.host), visible(_short(one.kind)), visible(one.fingerprint))
        for one in strangers
    ]
    return table.grid(("node", "host", "key", "fingerprint"), rows)


def _short(kind: str) -> str:
    """Name a kind of key in fewer letters, so that its row fits 80 columns: ed25519, rsa, ecdsa."""
    return kind.removeprefix("ssh-").partition("-sha2")[0]


def _path(node: Node | None) -> Iterable[str]:
    """Give the names of a node and of all that it is reached through."""
    while node is not None:
        yield node.name
        node = node.via
