"""Ask about unknown host keys: once for all nodes, between one wave and the next."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence

from nowfab.inventory.node import Node
from nowfab.machines.crew import Stranger
from nowfab.report import table
from nowfab.report.visible import visible
from nowfab.results import Result, Status

Waves = Generator[Sequence[Node], Sequence[Result], None]

_UNTOUCHED = frozenset({Status.REFUSED, Status.UNREACHABLE})
"""Nothing was sent to these, so they may go again."""


def waves(
    strangers: Callable[[], Sequence[Stranger]], trusted: Callable[[Sequence[Stranger]], bool]
) -> Callable[[Sequence[Node]], Waves]:
    """Have the nodes go, then those again whose keys became trusted, and what is reached through them.

    `strangers` gives all unknown keys met so far; `trusted` asks about the new ones among them.
    """

    def go(nodes: Sequence[Node]) -> Waves:
        asked: set[str] = set()
        wave: Sequence[Node] = nodes
        while wave:
            results = yield wave
            new = [stranger for stranger in strangers() if stranger.node not in asked]
            asked |= {stranger.node for stranger in new}
            again = {result.node for result in results if result.status in _UNTOUCHED}
            keys = {stranger.node for stranger in new}
            wave = [node for node in wave if node.name in again and keys & set(_path(node))]
            if not wave or not trusted(new):
                return

    return go


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
