"""Progress tells how many are done and who is not, without drawing all day."""

from __future__ import annotations

import threading
import time

import pytest

from nowfab.results import Result, Status
from nowfab.talk import Event, Finished, Note, Output, Sent
from nowfab.terminal.progress import Progress, line
from nowfab.terminal.screen import Screen


class Board(Screen):
    """A screen that keeps what passes over it."""

    def __init__(self) -> None:
        super().__init__(None, None, {})
        self.drawn: list[str] = []
        self.changed = threading.Condition()

    def passing(self, text: str) -> None:
        with self.changed:
            self.drawn.append(text)
            self.changed.notify_all()

    def await_last(self, text: str) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: self.drawn[-1:] == [text], timeout=10), self.drawn


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def done(node: str) -> Event:
    return Finished(node, Result(node, Status.OK))


def test_the_line_says_how_many_and_who() -> None:
    """Nodes that nobody has begun with are neither done nor running."""
    board, clock = Board(), Clock()
    progress = Progress(board, 5, clock)
    for event in (Note("red01", "connecting"), Sent("red02"), done("red01"), Output("red03", "stdout", b"x")):
        progress(event)
        clock.now += 1

    assert [
        "0 of 5 done, running: red01",
        "0 of 5 done, running: red[01-02]",
        "1 of 5 done, running: red02",
        "1 of 5 done, running: red[02-03]",
    ] == board.drawn


def test_a_burst_is_drawn_once_at_its_start_and_once_at_its_end() -> None:
    """Ten drawings a second are enough, and the last word is the true one."""
    board = Board()
    progress = Progress(board, 1000, time.monotonic)
    for number in range(999):
        progress(done(f"red{number}"))
    board.await_last("999 of 1000 done")

    assert len(board.drawn) <= 20


def test_an_event_that_changes_nothing_draws_nothing() -> None:
    """A node that writes a lot must not keep the screen busy."""
    board, clock = Board(), Clock()
    progress = Progress(board, 2, clock)
    for _ in range(100):
        progress(Output("red01", "stdout", b"x"))
        clock.now += 1

    assert ["0 of 2 done, running: red01"] == board.drawn


def test_a_node_in_a_second_wave_is_not_done_twice() -> None:
    """Nodes whose host keys were just trusted go again."""
    board, clock = Board(), Clock()
    progress = Progress(board, 1, clock)
    for event in (done("red01"), Note("red01", "connecting"), done("red01")):
        progress(event)
        clock.now += 1

    assert ["1 of 1 done", "0 of 1 done, running: red01", "1 of 1 done"] == board.drawn


def test_closing_takes_the_line_away_for_good() -> None:
    """A late drawing would stand in the table."""
    board = Board()
    progress = Progress(board, 3, time.monotonic)
    progress(done("red01"))
    progress(done("red02"))
    progress.close()
    time.sleep(0.25)

    assert ["1 of 3 done", ""] == board.drawn


@pytest.mark.parametrize(
    ("running", "said"),
    [
        ([], "3 of 999 done"),
        (["red01", "red02"], "3 of 999 done, running: red[01-02]"),
        ([f"red{number}" for number in range(65)], "3 of 999 done, running: 65 nodes"),
    ],
)
def test_many_running_nodes_are_counted_not_named(running: list[str], said: str) -> None:
    """Folding a thousand names ten times a second costs more than the run."""

    assert said == line(3, 999, running)
