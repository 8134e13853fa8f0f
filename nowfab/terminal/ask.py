"""Ask the person at the terminal: yes or no, or a password."""

from __future__ import annotations

import getpass
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TextIO

from nowfab.blobs import Secret
from nowfab.errors import UsageError
from nowfab.terminal.screen import Screen

_ANSWERS = {"yes": True, "no": False}


class _Interrupted(KeyboardInterrupt):
    """Ctrl-C came while a question stood open."""


def possible(answers: TextIO | None, screen: Screen) -> bool:
    """Tell whether somebody sits there who can answer."""
    return answers is not None and not answers.closed and answers.isatty() and screen.lively


def yes(question: str, screen: Screen, answers: TextIO) -> bool:
    """Ask until the answer is `yes` or `no`; the end of input and Ctrl-C mean no."""
    try:
        with _interruptible(), screen.hold():
            while True:
                screen.say(f"{question} (yes/no) ", end="")
                typed = answers.readline()
                if not typed:
                    return False
                if (word := typed.strip().lower()) in _ANSWERS:
                    return _ANSWERS[word]
    except _Interrupted:
        return False


def password(question: str, screen: Screen, answers: TextIO | None) -> Secret:
    """Ask for a password, which is not echoed; UsageError where nobody can type one."""
    if not possible(answers, screen):
        raise UsageError(f"nobody can type the {question} here: there is no terminal")
    with screen.hold():
        return Secret(getpass.getpass(f"{question}: "))


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C do what it did before, and end the reading that it arrives in, which Python resumes."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        before(number, frame)
        raise _Interrupted

    signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
