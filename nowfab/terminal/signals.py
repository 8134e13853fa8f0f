"""Turn the first signal into a request to stop, and the second into leaving at once."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType
from typing import NoReturn

_CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Leave(KeyboardInterrupt):
    """Somebody asked a second time; `number` is the signal that they asked with first."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


@dataclass(slots=True)
class Caught:
    """The number of the first signal that came, None while none has; `left` after a second one."""

    number: int | None = None
    left: bool = False


@contextmanager
def stopping(stop: Callable[[str], None], notice: Callable[[str], None]) -> Iterator[Caught]:
    """Have `stop` called with a reason by the first signal; both callables must suit a signal handler.

    A signal that this process was told to ignore (nohup) stays ignored.
    Outside the main thread, where Python delivers no signals, nothing happens.
    """
    caught = Caught()

    def handle(number: int, frame: FrameType | None) -> None:
        if caught.number is not None:
            caught.left = True
            raise Leave(caught.number)
        caught.number = number
        stop(f"stopped by {_called(number)}")
        notice(f"stopping after {_called(number)}; once more leaves at once")

    if threading.current_thread() is not threading.main_thread():
        yield caught
        return
    before = {number: signal.getsignal(number) for number in _CAUGHT}
    wanted = [number for number in _CAUGHT if before[number] is not signal.SIG_IGN]
    try:
        for number in wanted:
            signal.signal(number, handle)
        yield caught
    finally:
        for number in wanted:
            signal.signal(number, before[number] or signal.SIG_DFL)


def _called(number: int) -> str:
    return "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name


def leave(code: int) -> NoReturn:
    """End this process now; no thread that still waits for a node is waited for."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
