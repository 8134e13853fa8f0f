"""Say when to stop and why: a tree of limits, run over node over exec."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable

from nowfab.machines.watch import Action, Timer, Watch


class Limit:
    """An Until on a watch. It ends by its time, by `cancel`, or with its parent; once, for one reason."""

    def __init__(
        self, watch: Watch, seconds: float | None = None, reason: str = "", parent: Limit | None = None
    ) -> None:
        self._watch = watch
        self._parent = parent
        self._when = None if seconds is None else time.monotonic() + seconds
        self._reason = ""
        self._over = False
        self._lock = threading.Lock()
        self._actions: dict[int, Action] = {}
        self._count = itertools.count()
        self._timer: Timer | None = None
        self._leave: Callable[[], None] | None = None
        if self._when is not None:
            self._timer = watch.at(self._when, lambda: self._end(reason))
        if parent is not None:
            self._leave = parent.call(lambda: self._end(parent.reason))

    @property
    def reason(self) -> str:
        """Why it ended; "" while it has not."""
        return self._reason or (self._parent.reason if self._parent else "")

    def left(self) -> float | None:
        """Seconds that are left, at least 0; None for no limit."""
        if self.reason:
            return 0.0
        above = self._parent.left() if self._parent else None
        if self._when is None:
            return above
        own = max(0.0, self._when - time.monotonic())
        return own if above is None else min(own, above)

    def sooner(self, seconds: float | None, reason: str = "") -> Limit:
        """Make a child that ends after `seconds` at the latest, for `reason`."""
        return Limit(self._watch, seconds, reason, self)

    def cancel(self, reason: str) -> None:
        """End now; safe in a signal handler, the actions run in the watch's thread."""
        self._reason = self._reason or reason
        self._watch.soon(lambda: self._end(reason))

    def call(self, action: Action) -> Callable[[], None]:
        """Have `action` called once at the end; returns a function to forget it."""
        with self._lock:
            if not self._over:
                number = next(self._count)
                self._actions[number] = action
                return lambda: self._forget(number)
        self._watch.soon(action)
        return _nothing

    def wait(self, seconds: float) -> None:
        """Sleep for so long, or until it ends."""
        ended = threading.Event()
        forget = self.call(ended.set)
        ended.wait(seconds)
        forget()

    def close(self) -> None:
        """Forget everything without ending."""
        if self._timer is not None:
            self._timer.forget()
        if self._leave is not None:
            self._leave()
        with self._lock:
            self._actions.clear()

    def _forget(self, number: int) -> None:
        with self._lock:
            self._actions.pop(number, None)

    def _end(self, reason: str) -> None:
        with self._lock:
            if self._over:
                return
            self._over = True
            self._reason = self._reason or reason
            actions = list(self._actions.values())
            self._actions.clear()
        for action in actions:
            with contextlib.suppress(Exception):  # the other nodes must be stopped all the same
                action()


def _nothing() -> None:
    """Forget an action that is already on its way."""
