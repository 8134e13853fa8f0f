"""Find how many connections to set up at once, from how long each takes."""

from __future__ import annotations

START = 32
LEAST = 16
"""Connections that are being set up at a time: to begin with, and on the slowest computer."""

YOUNG = 0.5
"""Seconds in which nobody is slow yet."""

QUICK = 0.25
"""The part of its deadline in which a connection is to be set up."""

UNUSUAL = 4
"""Times the usual time after which a connection is taken for stuck, and holds up nobody any more."""

SMOOTH = 1 / 8
"""What one time counts in the usual time (as in TCP's, RFC 6298 section 2)."""


class Window:
    """Places for connections that are being set up, from the first packet to the authentication.

    A connection that was set up quickly makes a place more, a slow one a place less: then it is this
    computer that is slow, or one that all of them go through. Times are seconds of one clock.
    """

    def __init__(self) -> None:
        self.places = START
        self._usual = 0.0
        self._begun: dict[int, tuple[float, float]] = {}
        self._held: set[int] = set()

    @property
    def free(self) -> bool:
        """Whether another may begin."""
        return len(self._held) < self.places

    def begin(self, number: int, now: float, seconds: float) -> None:
        """Take a place for a connection that has `seconds` for all of its setting up."""
        self._begun[number] = now, seconds * QUICK
        self._held.add(number)

    def patience(self, number: int, now: float) -> float:
        """Give the seconds for which this one may hold its place yet; 0 without one."""
        if number not in self._held:
            return 0.0
        began, limit = self._begun[number]
        return max(0.0, began + min(limit, max(YOUNG, UNUSUAL * self._usual)) - now)

    def leave(self, number: int) -> None:
        """Give the place back, though the connection may still come about."""
        self._held.discard(number)

    def failed(self, number: int) -> None:
        """Forget a connection that did not come about: why says nothing of anybody's speed."""
        self._held.discard(number)
        self._begun.pop(number, None)

    def settled(self, number: int, now: float) -> None:
        """Learn from the time that a connection took to be set up."""
        self._held.discard(number)
        if number not in self._begun:
            return
        began, limit = self._begun.pop(number)
        took = now - began
        self._usual += (took - self._usual) * (SMOOTH if self._usual else 1.0)
        self.places = max(LEAST, self.places + (1 if took < limit else -1))
