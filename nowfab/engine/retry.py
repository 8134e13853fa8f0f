"""Have nodes that did not end well go again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from nowfab.engine.waves import Wave, Waves, followed
from nowfab.inventory.node import Node
from nowfab.results import Result, Status

_AGAIN = frozenset({Status.FAILED, Status.SIGNALED, Status.TIMED_OUT, Status.UNREACHABLE})
"""Another try may end otherwise. A refused login does not, and locks accounts; a stop was wanted."""


class Retry:
    """`times` further tries for each node, `pause` is called with the nodes before each of them.

    A node of which it is unknown whether the command ran goes again only with `lost`.
    """

    def __init__(self, times: int, lost: bool, pause: Callable[[Sequence[Node]], None]) -> None:
        self._times = times
        self._again = _AGAIN | ({Status.LOST} if lost else set())
        self._pause = pause
        self._left = times

    def hopes(self, result: Result) -> bool:
        """Tell whether the node of this row will go again."""
        return self._left > 0 and result.status in self._again

    def waves(self, inner: Waves) -> Waves:
        """Have nodes go through `inner`, and those again that `hopes` are for."""

        def go(nodes: Sequence[Node]) -> Wave:
            self._left = self._times
            while nodes:
                rows = yield from followed(inner, nodes)
                nodes = [node for node in nodes if node.name in rows and self.hopes(rows[node.name])]
                if nodes:
                    self._left -= 1
                    self._pause(nodes)

        return go
