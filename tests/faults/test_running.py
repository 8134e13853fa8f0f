"""C: what can go wrong while a command runs, beyond what tests/machines/ssh/test_run.py has."""

from __future__ import annotations

import threading

import pytest

from nowfab.inventory.node import Node
from nowfab.results import Status
from tests.faults.conftest import Relayed, Serve
from tests.faults.relay import Toxics
from tests.faults.server import Behaviour
from tests.machines.conftest import Controller


def test_C8_a_child_that_goes_on_talking(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """It may talk for days, and waiting for a second of silence would be waiting for it."""
    seconds = " ".join(str(second) for second in range(20))
    result = controller.one(sshd_nodes[0], f"(for i in {seconds}; do sleep 1; echo x; done) & echo started")

    assert Status.OK == result.status
    assert result.seconds < 15


def test_C10_an_exec_request_that_nobody_answers(controller: Controller, serve: Serve) -> None:
    """paramiko waits for ever; the command may have run, so the row is lost and never `not asked`."""
    bad = serve(Behaviour(answer=False))
    result = controller.one(bad.node, "true", connect_timeout=2.0)

    assert (Status.LOST, 1) == (result.status, len(bad.ledger.execs))
    assert "no answer to the command within 2 s, after the command was sent" == result.reason


def test_C11_a_cut_during_authentication_is_not_a_refusal(
    controller: Controller, sshd_nodes: tuple[Node, ...], relayed: Relayed
) -> None:
    """The network went: who reads `refused` would look at the keys."""
    node, _ = relayed(sshd_nodes[0], up=Toxics(limit_data=1000))
    result = controller.one(node, "true")

    assert (Status.UNREACHABLE, "connection closed during authentication") == (result.status, result.reason)


def test_C21_a_thread_that_cannot_start(
    controller: Controller, sshd_nodes: tuple[Node, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A computer that has no third thread still has two: they do the work of five."""
    real = threading.Thread.start

    def start(thread: threading.Thread) -> None:
        if thread.name in ("nowfab-2", "nowfab-3", "nowfab-4"):
            raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)

    assert [Status.OK] * 5 == [row.status for row in controller.run(sshd_nodes, "true").results]
