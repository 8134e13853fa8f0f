"""Sending an input never holds up the watch, which keeps the time of all nodes."""

from __future__ import annotations

import threading

from nowfab.blobs import MemoryBlob
from nowfab.inventory.node import Node
from nowfab.machines.ssh.sending import Sending
from nowfab.remote import PLAIN
from nowfab.results import Status
from nowfab.work.command import command
from tests.faults.conftest import Relayed, loop, relayed  # noqa: F401 - fixtures
from tests.faults.relay import Toxics
from tests.machines.conftest import Controller


class Stuck:
    """A session whose send hangs until the connection is cut."""

    def __init__(self) -> None:
        self.sending = threading.Event()
        self.cut = threading.Event()
        self.ended = 0

    def offer(self, data: bytes) -> int:
        self.sending.set()
        self.cut.wait(30)
        raise EOFError

    def end_input(self) -> None:
        self.ended += 1


def test_the_watch_does_not_hang_behind_a_worker_that_does() -> None:
    """One node that takes no more bytes must not stop the clock of the others."""
    session = Stuck()
    sending = Sending(session, (MemoryBlob(b"x" * 100),))  # type: ignore[arg-type]
    sending.go()
    raised: list[BaseException] = []

    def work() -> None:
        try:
            sending.some()
        except EOFError as error:
            raised.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    assert session.sending.wait(30)
    sending.stop()
    asides: list[str] = []
    sending.beside(lambda: asides.append("ping"))
    seen = (asides, session.ended)
    session.cut.set()
    worker.join(30)

    assert ([], 0) == seen
    assert [EOFError] == [type(error) for error in raised]


def test_the_watch_lets_go_of_the_leash_where_nothing_is_being_sent() -> None:
    """A program may run for hours after its input."""
    session = Stuck()
    Sending(session, ()).stop()  # type: ignore[arg-type]

    assert 1 == session.ended


def test_C7_a_node_that_takes_no_more_is_given_up_in_time(
    controller: Controller,
    sshd_nodes: tuple[Node, ...],
    relayed: Relayed,  # noqa: F811
) -> None:
    """What was sent is on its way to nowhere; neither its row nor its neighbour's may wait for it."""
    node, _ = relayed(sshd_nodes[0], up=Toxics(blackhole=200_000), name="slow")
    work = command("cat > /dev/null; sleep 60", 3, PLAIN, (MemoryBlob(bytes(16_000_000)),))
    row, other = controller.run([node, sshd_nodes[1]], work).results

    assert (Status.LOST, Status.TIMED_OUT) == (row.status, other.status)
