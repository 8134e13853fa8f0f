"""A question is asked until it is answered, and silence is a no."""

from __future__ import annotations

import io
import os
import pty
import signal
import threading
from collections.abc import Iterator
from typing import TextIO

import pytest

from nowfab.terminal import ask
from nowfab.terminal.screen import Screen
from nowfab.terminal.signals import stopping
from tests.terminal.conftest import drawn


@pytest.fixture
def tty() -> Iterator[tuple[TextIO, int]]:
    """Give a terminal to read from, and the end that types."""
    far, near = pty.openpty()
    with os.fdopen(near, encoding="utf-8") as stream:
        yield stream, far
    os.close(far)


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("yes\n", True), ("no\n", False), ("y\n\nYES \n", True), ("", False), ("maybe", False)],
)
def test_only_a_whole_word_is_an_answer(typed: str, answer: bool) -> None:
    """A host key is not trusted by a slip of the finger."""
    said = io.StringIO()

    assert answer == ask.yes("Trust?", Screen(None, said, {}), io.StringIO(typed))
    assert said.getvalue().startswith("Trust? (yes/no) ")


def test_ctrl_c_answers_no_and_stops_the_run(tty: tuple[TextIO, int]) -> None:
    """Python would go on reading after a handler that only takes a note."""
    stream, _ = tty
    reasons: list[str] = []
    timer = threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with stopping(reasons.append, lambda text: None) as caught:
        answer = ask.yes("Trust?", Screen(None, None, {}), stream)
    timer.join()

    assert (False, ["stopped by Ctrl-C"], signal.SIGINT) == (answer, reasons, caught.number)


def test_nothing_is_drawn_over_an_open_question(tty: tuple[TextIO, int]) -> None:
    """A late line of progress would stand where somebody types."""
    stream, far = tty
    with os.fdopen(os.dup(stream.fileno()), "w") as out:
        screen = Screen(None, out, {"TERM": "xterm"})
        timer = threading.Timer(0.1, lambda: (screen.passing("late"), os.write(far, b"no\n")))
        timer.start()
        ask.yes("Trust?", screen, stream)
        timer.join()

    assert "late" not in drawn(stream.fileno(), far)


def test_D5_nobody_is_asked_without_a_terminal(tty: tuple[TextIO, int]) -> None:
    """A pipe's input is not an answer, and without a terminal to show it there is no question."""
    stream, _ = tty
    shown = Screen(None, stream, {"TERM": "xterm"})

    assert [True, False, False, False] == [
        ask.possible(stream, shown),
        ask.possible(io.StringIO(), shown),
        ask.possible(None, shown),
        ask.possible(stream, Screen(None, io.StringIO(), {"TERM": "xterm"})),
    ]
