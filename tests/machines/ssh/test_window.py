"""How many connections are set up at once: as many as are set up quickly, whoever is slow."""

from __future__ import annotations

import socket
import threading
import time
from contextlib import suppress
from queue import SimpleQueue

import pytest

from nowfab.machines.ssh.dial import Dial, Failed, Opened
from nowfab.machines.ssh.front import Front
from nowfab.machines.ssh.window import LEAST, START, Window


def test_begins_with_a_few_and_no_more() -> None:
    window = Window()
    for number in range(START):
        assert window.free
        window.begin(number, 0.0, 10.0)
    assert not window.free


def test_grows_with_what_is_set_up_quickly() -> None:
    window = Window()
    for number in range(100):
        window.begin(number, 0.0, 10.0)
        window.settled(number, 2.4)
    assert window.places == START + 100


def test_shrinks_with_what_is_slow_and_never_closes() -> None:
    window = Window()
    for number in range(100):
        window.begin(number, 0.0, 10.0)
        window.settled(number, 2.6)
    assert window.places == LEAST
    assert window.free


def test_learns_nothing_from_what_fails_and_from_nobody_twice() -> None:
    window = Window()
    for number in range(START):
        window.begin(number, 0.0, 10.0)
    window.failed(0)
    window.settled(0, 9.0)
    window.settled(1, 1.0)
    window.settled(1, 9.0)
    assert window.places == START + 1


def test_learns_from_who_gave_the_place_back_too() -> None:
    window = Window()
    window.begin(0, 0.0, 10.0)
    window.leave(0)
    window.settled(0, 9.0)
    assert window.places == START - 1


@pytest.mark.parametrize(
    ("usual", "patience"), [(None, 0.5), (0.01, 0.5), (0.2, 0.8), (0.6, 2.4), (3.0, 2.5)]
)
def test_a_connection_may_take_four_times_the_usual_and_a_quarter_of_its_deadline(
    usual: float | None, patience: float
) -> None:
    window = Window()
    if usual is not None:
        window.begin(0, 0.0, 100.0)
        window.settled(0, usual)
    window.begin(1, 5.0, 10.0)
    assert window.patience(1, 5.0) == pytest.approx(patience)
    assert window.patience(1, 5.0 + patience) == 0.0
    window.leave(1)
    assert window.patience(1, 5.0) == 0.0


_KEPT: list[socket.socket] = []


def _overwhelmed(listener: socket.socket, each: float) -> None:
    """Say SSH to one after the other, `each` seconds apart: a computer that is busy with many."""
    with suppress(OSError):
        while True:
            sock, _ = listener.accept()
            _KEPT.append(sock)
            time.sleep(each)
            sock.sendall(b"SSH-2.0-busy\r\n")


def test_many_at_once_do_not_run_each_other_into_the_deadline() -> None:
    """400 nodes on one busy computer that takes 3.2 s for all, each with a deadline of 2 s."""
    ends: SimpleQueue[Opened | Failed] = SimpleQueue()
    with socket.create_server(("0.0.0.0", 0), backlog=1024) as listener:
        port = listener.getsockname()[1]
        threading.Thread(target=_overwhelmed, args=(listener, 0.008), daemon=True).start()
        front = Front(ends.put, width=400)
        front.add([Dial(number, f"127.0.1.{number % 250 + 1}", port, 2.0) for number in range(400)])
        opened = []
        for _ in range(400):
            end = ends.get()
            assert isinstance(end, Opened), end
            opened.append(end.sock)
            front.settled(end.dial)
        front.close()
    for sock in [*opened, *_KEPT]:
        sock.close()


def test_who_swallows_everything_holds_up_nobody() -> None:
    """A hundred nodes that take the connection and say nothing stand in front of the well one."""
    ends: SimpleQueue[Opened | Failed] = SimpleQueue()
    with (
        socket.create_server(("0.0.0.0", 0), backlog=1024) as silent,
        socket.create_server(("127.0.0.1", 0)) as well,
    ):
        threading.Thread(target=_overwhelmed, args=(well, 0.0), daemon=True).start()
        silences = [
            Dial(number, f"127.0.2.{number + 1}", silent.getsockname()[1], 4.0) for number in range(100)
        ]
        front = Front(ends.put, width=200)
        front.add([*silences, Dial(100, "127.0.0.1", well.getsockname()[1], 4.0)])
        first = ends.get()
        assert isinstance(first, Opened)
        assert first.dial.number == 100
        front.close()
        assert all(isinstance(ends.get(), Failed) for _ in range(100))
    for sock in [first.sock, *_KEPT]:
        sock.close()
