"""Do things at their time: one thread and one heap of deadlines for a whole run."""

from __future__ import annotations

import contextlib
import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable

Action = Callable[[], None]


class Timer:
    """One action that is due at `when` (monotonic seconds) unless it is forgotten before."""

    __slots__ = ("action", "when")

    def __init__(self, when: float, action: Action) -> None:
        self.when = when
        self.action: Action | None = action

    def forget(self) -> None:
        """Have it not done; harmless when it was."""
        self.action = None


class Watch:
    """The thread that sleeps until the next deadline; actions run in it and must be short.

    `soon` may be called from a signal handler: it only puts into a re-entrant queue.
    """

    def __init__(self) -> None:
        self._commands: queue.SimpleQueue[Action | None] = queue.SimpleQueue()
        self._heap: list[tuple[float, int, Timer]] = []
        self._count = itertools.count()
        self._lock = threading.Lock()
        self._next = float("inf")
        self._thread = threading.Thread(target=self._run, name="nowfab-watch", daemon=True)
        self._thread.start()

    def at(self, when: float, action: Action) -> Timer:
        """Have `action` done at `when`."""
        timer = Timer(when, action)
        with self._lock:
            heapq.heappush(self._heap, (when, next(self._count), timer))
            wake = when < self._next
        if wake:
            self._commands.put(_nothing)
        return timer

    def after(self, seconds: float, action: Action) -> Timer:
        """Have `action` done in `seconds`."""
        return self.at(time.monotonic() + seconds, action)

    def soon(self, action: Action) -> None:
        """Have `action` done at once, in the watch's thread."""
        self._commands.put(action)

    def close(self) -> None:
        """End the thread; what was due is forgotten."""
        self._commands.put(None)

    def _run(self) -> None:
        while True:
            try:
                command = self._commands.get(timeout=self._pause())
            except queue.Empty:
                command = _nothing
            if command is None:
                return
            with contextlib.suppress(Exception):  # one node's trouble is not the run's
                command()
            for action in self._due():
                with contextlib.suppress(Exception):
                    action()

    def _pause(self) -> float | None:
        with self._lock:
            while self._heap and self._heap[0][2].action is None:
                heapq.heappop(self._heap)
            self._next = self._heap[0][0] if self._heap else float("inf")
        if self._next == float("inf"):
            return None
        return min(max(0.0, self._next - time.monotonic()), threading.TIMEOUT_MAX)

    def _due(self) -> list[Action]:
        now, actions = time.monotonic(), []
        with self._lock:
            while self._heap and self._heap[0][0] <= now:
                timer = heapq.heappop(self._heap)[2]
                if timer.action is not None:
                    actions.append(timer.action)
                    timer.action = None
        return actions


def _nothing() -> None:
    """Wake the watch, so that it looks at its heap again."""
