"""Show how far a run is while it runs: how many nodes are done, who is still at it."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock, Timer

from nowfab import names
from nowfab.report.visible import visible
from nowfab.talk import Event, Finished
from nowfab.terminal.screen import Screen

_PAUSE = 0.1  # seconds between two drawings
_NAMED = 64  # more running nodes than that are counted, not named


class Progress:
    """Follow events and keep one passing line up to date; `clock` gives seconds that never go back.

    A drawing that comes too early is put off by a timer that fires once: without it, the last
    of a burst of events would leave an old line standing. Nothing wakes up without an event.
    """

    def __init__(self, screen: Screen, total: int, clock: Callable[[], float]) -> None:
        self._screen = screen
        self._total = total
        self._clock = clock
        self._done: set[str] = set()
        self._running: dict[str, None] = {}
        self._drawn = float("-inf")
        self._later: Timer | None = None
        self._lock = RLock()

    def __call__(self, event: Event) -> None:
        """Take one event."""
        with self._lock:
            if not self._follow(event) or self._later is not None:
                return
            wait = self._drawn + _PAUSE - self._clock()
            if wait <= 0:
                self._draw()
            else:
                self._later = Timer(wait, self._draw)
                self._later.daemon = True
                self._later.start()

    def close(self) -> None:
        """Take the line away."""
        with self._lock:
            if self._later is not None:
                self._later.cancel()
            self._total = 0
            self._screen.passing("")

    def _follow(self, event: Event) -> bool:
        """Tell whether the event changes the line."""
        if isinstance(event, Finished):
            self._running.pop(event.node, None)
            self._done.add(event.node)
            return True
        if event.node in self._running:
            return False
        self._done.discard(event.node)  # a second wave has come to it
        self._running[event.node] = None
        return True

    def _draw(self) -> None:
        with self._lock:
            self._later = None
            self._drawn = self._clock()
            if self._total:
                self._screen.passing(line(len(self._done), self._total, list(self._running)))


def line(done: int, total: int, running: list[str]) -> str:
    """Give `2 of 5 done, running: red[03-05]`."""
    start = f"{done} of {total} done"
    if not running:
        return start
    who = names.fold(running) if len(running) <= _NAMED else f"{len(running)} nodes"
    return visible(f"{start}, running: {who}")
