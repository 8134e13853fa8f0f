"""A fresh exec proves that the node lets us in anew; a patient one waits for a node that is away."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from nowfab import remote
from nowfab.blobs import Secret
from nowfab.inventory.node import Node
from nowfab.results import Result
from nowfab.talk import Ending, Exec, Outcome, Talk, Work
from nowfab.work.command import result
from tests.faults.conftest import Serve
from tests.faults.server import Behaviour, Faulty
from tests.machines.conftest import Controller


def two(fresh: bool, patience: float = 0.0, seen: list[Outcome] | None = None) -> Work:
    """Make the work of two execs, the second one perhaps fresh."""

    def talk(node: Node) -> Talk:
        first = yield Exec(remote.line("true"))
        second = yield Exec(remote.line("true"), fresh=fresh, patience=patience)
        if seen is not None:
            seen.extend((first, second))
        return result(node, second)

    return talk


@pytest.mark.parametrize(("fresh", "connects"), [(False, 1), (True, 2)])
def test_a_fresh_exec_goes_over_a_new_connection(
    serve: Serve, controller: Controller, fresh: bool, connects: int
) -> None:
    """A session that was open before a firewall rule came tells nothing of those that come after."""
    faulty: Faulty = serve()
    row: Result = controller.one(faulty.node, two(fresh))

    assert ("ok", connects, 2) == (str(row.status), faulty.ledger.connects, len(faulty.ledger.execs))


def by_key(node: Node) -> Talk:
    """Come in as may be, then by a key only."""
    yield Exec(remote.line("true"))
    return result(node, (yield Exec(remote.line("true"), fresh=True, by_key=True)))


def test_by_key_another_way_in_is_none(serve: Serve, controller: Controller) -> None:
    """Who turns passwords off must know that a key works: no password is offered, no open door taken."""
    keyed, asking, unlocked = serve(), serve(Behaviour(ways=("password",))), serve(Behaviour(login="open"))
    password = Secret("secret")
    rows = [
        controller.one(keyed.node, by_key, password=password),
        controller.one(asking.node, by_key, password=password),
        controller.one(replace(unlocked.node, identity=None), by_key, password=password),
    ]

    assert ["ok", "refused", "refused"] == [str(row.status) for row in rows]
    assert (1, ["secret"]) == (len(unlocked.ledger.execs), asking.ledger.passwords), "each the first time"
    assert "lets `pi` in without a key" in rows[2].reason


def test_another_host_key_is_refused_though_both_are_known(serve: Serve, controller: Controller) -> None:
    """Two nodes that swapped their addresses must not confirm each other."""
    first, second = serve(), serve()
    known = Path(first.node.known_hosts or "")
    keys = [Path(each.node.known_hosts or "").read_text().split(maxsplit=1)[1] for each in (first, second)]
    port = _Switch(first.node.port or 0, second.node.port or 0)
    known.write_text("".join(f"[127.0.0.1]:{port.number} {key}\n" for key in keys))
    node = replace(first.node, port=port.number)
    seen: list[Outcome] = []
    controller.one(node, two(True, seen=seen))
    port.close()

    assert [Ending.EXITED, Ending.REFUSED] == [outcome.ending for outcome in seen]
    assert "another host key than before" in seen[1].reason


def test_patience_waits_for_a_node_that_comes_back(serve: Serve, controller: Controller) -> None:
    """A Pi whose network goes and comes back is asked as soon as it answers."""
    faulty = serve()
    port = _Switch(faulty.node.port or 0, 1, back=2.5)
    known = Path(faulty.node.known_hosts or "")
    known.write_text(f"[127.0.0.1]:{port.number} {known.read_text().split(maxsplit=1)[1]}")
    node = replace(faulty.node, port=port.number)
    began = time.monotonic()
    row: Result = controller.one(node, two(True, patience=20.0))
    took = time.monotonic() - began
    port.close()

    assert "ok" == str(row.status), row.reason
    assert 2.0 < took < 15.0


def test_patience_comes_to_an_end(serve: Serve, controller: Controller) -> None:
    faulty = serve()
    port = _Switch(faulty.node.port or 0, 1)
    known = Path(faulty.node.known_hosts or "")
    known.write_text(f"[127.0.0.1]:{port.number} {known.read_text().split(maxsplit=1)[1]}")
    row: Result = controller.one(replace(faulty.node, port=port.number), two(True, patience=3.0))
    port.close()

    assert "unreachable" == str(row.status)


class _Switch:
    """A port that leads to one server for the first connection, to another one after it."""

    def __init__(self, first: int, then: int, back: float | None = None) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.number: int = self._listener.getsockname()[1]
        self._targets = self._ports(first, then, back)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _ports(self, first: int, then: int, back: float | None) -> Iterator[int]:
        yield first
        until = time.monotonic() + (back or 1e9)
        while time.monotonic() < until:
            yield then
        while True:
            yield first

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", next(self._targets)), timeout=5)
            except OSError:
                near.close()
                continue
            far.settimeout(None)
            for source, sink in ((near, far), (far, near)):
                threading.Thread(target=_pour, args=(source, sink), daemon=True).start()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
