"""Say what became of every node, and what the whole is worth as an exit code."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from nowfab.blobs import EMPTY, Blob


class Status(StrEnum):
    """What became of one node."""

    OK = "ok"
    CHANGED = "changed"
    WOULD_CHANGE = "would-change"
    FAILED = "failed"
    SIGNALED = "signaled"
    TIMED_OUT = "timed-out"
    STOPPED = "stopped"
    REVERTED = "reverted"
    LOST = "lost"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    CANCELLED = "cancelled"


GOOD = frozenset({Status.OK, Status.CHANGED, Status.WOULD_CHANGE})

_EXIT_CODES = {
    Status.OK: 0,
    Status.CHANGED: 0,
    Status.WOULD_CHANGE: 10,
    Status.FAILED: 2,
    Status.SIGNALED: 2,
    Status.TIMED_OUT: 2,
    Status.STOPPED: 2,
    Status.REVERTED: 2,
    Status.LOST: 3,
    Status.UNREACHABLE: 4,
    Status.REFUSED: 4,
    Status.CANCELLED: 4,
}
_WORST_FIRST = (5, 3, 4, 2, 10, 0)


@dataclass(frozen=True, slots=True)
class Changed:
    """One thing that was or would be changed: a line that says what, and a unified diff if there is one."""

    what: str
    diff: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """One row: what one node did. `seconds` is wall time from its first packet to its end.

    `changes` are those of a plan, in order.
    """

    node: str
    status: Status
    exit_code: int | None = None
    signal: str | None = None
    stdout: Blob = EMPTY
    stderr: Blob = EMPTY
    seconds: float = 0.0
    changes: tuple[Changed, ...] = ()
    reason: str = ""
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """All rows of a run in target order; `cut` is the number of the signal that ended it."""

    title: str
    results: tuple[Result, ...]
    cut: int | None = None

    @property
    def exit_code(self) -> int:
        """The worst row decides; a signal outranks it."""
        if self.cut is not None:
            return 128 + self.cut
        codes = {_EXIT_CODES[result.status] for result in self.results}
        return next((code for code in _WORST_FIRST if code in codes), 0)
