"""The wire waits for bytes and for nothing else."""

from __future__ import annotations

import socket
from collections.abc import Callable

import pytest

from nowfab.machines.ssh.wire import Wire


def quick_after(send: Callable[[socket.socket, Wire], object]) -> int:
    """Talk a little over TCP and say whether the next bytes will be acknowledged at once."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), 10) as ours,
        server.accept()[0] as theirs,
    ):
        wire = Wire(ours)
        for _ in range(3):
            theirs.send(b"x")
            wire.recv(1)
            send(ours, wire)
            theirs.recv(1)
        return ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK)


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux has TCP_QUICKACK")
def test_an_answer_in_two_messages_does_not_wait_for_our_acknowledgement() -> None:
    """Each node would take 40 ms longer: sshd sends nothing more before the first message is acknowledged."""
    plain = quick_after(lambda ours, wire: ours.send(b"y"))

    assert (0, 1) == (plain, quick_after(lambda ours, wire: wire.send(b"y")))
