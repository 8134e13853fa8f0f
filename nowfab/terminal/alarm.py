"""Break off a computation that takes too long."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def within(seconds: float, error: Exception) -> Iterator[None]:
    """Raise `error` in what runs here once it has computed for so many seconds.

    It is the processor's time that counts, so that a busy computer breaks nothing off; Python's `re`
    looks for signals while it searches. Outside of the main thread, which alone hears them, nothing ends.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_number: int, _frame: FrameType | None) -> None:
        raise error

    before = signal.signal(signal.SIGVTALRM, ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
