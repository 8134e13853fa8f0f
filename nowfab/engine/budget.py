"""Stop a run when too many of its nodes did not end well."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from nowfab.engine.waves import Wave, Waves, followed
from nowfab.inventory.node import Node
from nowfab.results import GOOD, Result, Status
from nowfab.talk import Event, Finished

_NOT_COUNTED = GOOD | {Status.STOPPED, Status.CANCELLED}
"""Well, or the end of the run came first."""


class Budget:
    """Count nodes that did not end well, and call `stop` with the reason when there are more than `most`.

    A node counts as soon as its row is final: not while one of `hopes` says that it may go again.
    """

    def __init__(
        self, most: int, stop: Callable[[str], None], hopes: Iterable[Callable[[Result], bool]] = ()
    ) -> None:
        self._most = most
        self._stop = stop
        self._hopes = tuple(hopes)
        self._failed: dict[str, None] = {}

    def __call__(self, event: Event) -> None:
        """Learn from an event, while other nodes still run."""
        if isinstance(event, Finished) and not any(hope(event.result) for hope in self._hopes):
            self._count(event.result)

    def waves(self, inner: Waves) -> Waves:
        """Have nodes go through `inner`, and count those whose hopes came to nothing."""

        def go(nodes: Sequence[Node]) -> Wave:
            rows = yield from followed(inner, nodes)
            for result in rows.values():
                self._count(result)

        return go

    def _count(self, result: Result) -> None:
        if result.status in _NOT_COUNTED or len(self._failed) > self._most:
            return
        self._failed[result.node] = None
        if len(self._failed) > self._most:
            self._stop(self._reason(result.node))

    def _reason(self, last: str) -> str:
        if self._most == 0:
            return f"stopped at the first node that did not end well, {last}"
        return f"stopped by --max-fail: {len(self._failed)} nodes did not end well, at most {self._most} may"
