"""A row says why nothing was sent, whoever was the first to notice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nowfab.machines.ssh.pump import Patience, Pump
from nowfab.machines.watch import Watch
from nowfab.store.spool import Spool
from nowfab.talk import Ending, Exec, Until


class Over:
    """An Until that has ended, and has not yet come round to telling anybody."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    def left(self) -> float | None:
        return 0.0 if self.reason else None

    def sooner(self, seconds: float | None, reason: str = "") -> Until:
        return self

    def cancel(self, reason: str) -> None:
        self.reason = reason

    def call(self, action: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def close(self) -> None:
        return None


class Cut:
    """A connection that was cut as soon as it was there."""

    @property
    def last(self) -> float:
        return time.monotonic()

    def new_channel(self, channel: object, window: int, packet: int) -> int:
        return 0

    def _send_user_message(self, message: object) -> None:
        return None

    def step_until(self, done: Callable[[], bool]) -> None:
        raise EOFError


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.close()


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("stopped by Ctrl-C", (Ending.CANCELLED, "stopped by Ctrl-C")),
        ("", (Ending.UNREACHABLE, "connection closed, before the command was sent")),
    ],
)
def test_D1_who_was_cut_by_our_own_end_was_cancelled(
    watch: Watch, tmp_path: Path, reason: str, expected: tuple[Ending, str]
) -> None:
    """`unreachable` would send somebody to look after a node that is well."""
    pump = Pump(Cut(), watch, Spool(tmp_path), "red01", lambda event: None, False, Patience())  # type: ignore[arg-type]
    outcome = pump.run(Exec("true"), Over(reason))

    assert expected == (outcome.ending, outcome.reason)
