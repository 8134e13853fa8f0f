"""C: what can go wrong while a command runs, beyond what tests/machines/ssh/test_run.py has."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import threading
import time
from typing import Literal

import pytest

from nowfab.inventory.node import Node
from nowfab.results import Status
from nowfab.talk import Event, Finished, Output, Sent, Until
from tests.faults.conftest import Relayed, Serve
from tests.faults.relay import Toxics
from tests.faults.server import Act, Behaviour, Process
from tests.machines.conftest import Controller
from tests.plugins.sshd_fleet import SshdFleet

NOISE = "echo Welcome; echo 'profile: line 3: oops: not found' >&2"


async def _exit_first(process: Process) -> None:
    """Send the exit code first and the output after it, which the protocol allows."""
    process.channel._send_request(b"exit-status", (3).to_bytes(4, "big"))
    await asyncio.sleep(0.5)
    process.stdout.write(b"late")
    await asyncio.sleep(0.2)
    process.channel.close()


async def _close(process: Process) -> None:
    process.stdout.write(b"half")
    process.channel.close()


async def _hang_up(process: Process) -> None:
    process.stdout.write(b"half")
    await asyncio.sleep(0.2)
    process.channel.get_connection()._send_disconnect(11, "going down", "en")


async def _power_off(process: Process) -> None:
    process.stdout.write(b"half")
    await asyncio.sleep(0.2)
    process.channel.get_connection().abort()


def test_C1_an_exit_code_may_come_before_the_end_of_the_output(controller: Controller, serve: Serve) -> None:
    """The protocol does not order them; what comes late belongs to the command all the same."""
    result = controller.one(serve(Behaviour(act=_exit_first)).node, "true")

    assert (Status.FAILED, 3, b"late") == (result.status, result.exit_code, result.stdout.head(99))


def test_C3_a_channel_closed_without_an_exit_code_is_lost(controller: Controller, serve: Serve) -> None:
    """Nobody said that it went well, so nobody may write ok."""
    bad = serve(Behaviour(act=_close))
    result = controller.one(bad.node, "true")

    assert (Status.LOST, None, b"half") == (result.status, result.exit_code, result.stdout.head(99))
    assert "the channel was closed without an exit code, after the command was sent" == result.reason
    assert 1 == len(bad.ledger.execs)


def test_C3_a_command_that_closes_its_output_is_waited_for(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """A daemon closes its outputs long before it ends; its exit code counts."""
    result = controller.one(sshd_nodes[0], "echo out; exec >&- 2>&-; sleep 1; exit 3")

    assert (Status.FAILED, 3, b"out\n") == (result.status, result.exit_code, result.stdout.head(99))


@pytest.mark.parametrize("ways", [("up", "down"), ("up",), ("down",)])
def test_C5_a_link_that_is_gone_is_noticed(
    controller: Controller,
    sshd_nodes: tuple[Node, ...],
    relayed: Relayed,
    ways: tuple[Literal["up", "down"], ...],
) -> None:
    """A cable that is out sends no reset: without a sign of life the row would wait for ever."""
    node, relay = relayed(sshd_nodes[0])

    def hear(event: Event, until: Until) -> None:
        if isinstance(event, Output):
            for way in ways:
                relay.toxics[way] = Toxics(blackhole=relay.passed[way])

    result = controller.run([node], "echo begun; sleep 60", hear=hear, live=True, silence=1.5).results[0]

    assert (Status.LOST, b"begun\n", 1) == (result.status, result.stdout.head(99), result.attempts)
    assert "no sign of life for 1.5 s, after the command was sent" == result.reason
    assert result.seconds < 20


def test_C6_a_network_that_comes_back_in_time_costs_nothing(
    controller: Controller, sshd_nodes: tuple[Node, ...], relayed: Relayed
) -> None:
    """A switch that restarts must not cost a command that is under way."""
    node, relay = relayed(sshd_nodes[0])
    timers: list[threading.Timer] = []

    def hear(event: Event, until: Until) -> None:
        if isinstance(event, Output) and not timers:
            relay.hold()
            timers.append(threading.Timer(3, relay.release))
            timers[0].start()

    result = controller.run(
        [node], "echo begun; sleep 1; echo end", hear=hear, live=True, silence=8.0
    ).results[0]
    timers[0].join(20)

    assert (Status.OK, b"begun\nend\n") == (result.status, result.stdout.head(99)), result.reason
    assert result.seconds > 3


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (_hang_up, "the server hung up: going down, after the command was sent"),
        (_power_off, "connection closed, after the command was sent"),
    ],
)
def test_C9_a_node_that_goes_away_under_a_command_is_lost(
    controller: Controller, serve: Serve, act: Act, reason: str
) -> None:
    """`reboot` may or may not have done its work; asking again is the person's decision."""
    bad = serve(Behaviour(act=act))
    result = controller.one(bad.node, "reboot -f")

    assert (Status.LOST, reason, b"half") == (result.status, result.reason, result.stdout.head(99))
    assert (1, 1) == (bad.ledger.connects, len(bad.ledger.execs))


def test_C13_keys_exchanged_anew_in_the_middle_of_an_output_lose_nothing(
    controller: Controller, sshd_fleet: SshdFleet
) -> None:
    """After each gigabyte or hour both sides agree on new keys; here after each quarter of a megabyte."""
    size = 6_000_000
    node = sshd_fleet(1, lines=["RekeyLimit 256K"])[0]
    result = controller.one(node, f"head -c {size} /dev/zero; exit 3")

    assert (Status.FAILED, 3) == (result.status, result.exit_code), result.reason
    assert hashlib.sha256(bytes(size)).digest() == result.stdout.sha256


def test_C18_a_profile_that_talks_changes_no_row(controller: Controller, sshd_fleet: SshdFleet) -> None:
    """Its words stand before the command's own; the exit code is still the command's."""
    node = sshd_fleet(1, lines=[f'ForceCommand {NOISE}; exec sh -c "$SSH_ORIGINAL_COMMAND"'])[0]
    result = controller.one(node, "echo hi; exit 3")

    assert (Status.FAILED, 3) == (result.status, result.exit_code)
    assert b"Welcome\nhi\n" == result.stdout.head(99)
    assert b"profile: line 3: oops: not found\n" == result.stderr.head(99)


def test_C18_under_a_profile_that_talks_a_command_can_be_stopped(
    controller: Controller, sshd_fleet: SshdFleet
) -> None:
    """The leash hangs on the input, which no talk on the outputs may disturb."""
    node = sshd_fleet(1, lines=[f'ForceCommand {NOISE}; exec sh -c "$SSH_ORIGINAL_COMMAND"'])[0]
    result = controller.one(node, "sleep 60", timeout=2)

    assert (Status.TIMED_OUT, "timed out after 2 s") == (result.status, result.reason)


def test_C18_an_account_without_a_shell_fails_with_its_own_words(
    controller: Controller, sshd_fleet: SshdFleet
) -> None:
    """`nologin` says why and ends with 1: the row shows it, and is not ok."""
    node = sshd_fleet(1, lines=["ForceCommand echo 'This account is currently not available.'; exit 1"])[0]
    result = controller.one(node, "true")

    assert (Status.FAILED, 1) == (result.status, result.exit_code)
    assert b"This account is currently not available.\n" == result.stdout.head(99)


def test_C20_threads_are_bounded_by_the_fan_out(controller: Controller, sshd_fleet: SshdFleet) -> None:
    """A thousand nodes at a fan-out of four take four workers, and the first rows come early."""
    nodes = sshd_fleet(16, together=16)
    before = threading.active_count()
    workers: list[int] = []
    others: list[int] = []
    order: list[type[Event]] = []

    def hear(event: Event, until: Until) -> None:
        names = [thread.name for thread in threading.enumerate()]
        workers.append(sum(name.removeprefix("nowfab-").isdigit() for name in names))
        others.append(len(names) - workers[-1] - before)
        order.append(type(event))

    report = controller.run(nodes, "true", hear=hear, fanout=4)

    assert [Status.OK] * 16 == [row.status for row in report.results]
    assert max(workers) <= 4
    assert max(others) <= 6
    assert Sent in order[order.index(Finished) :]


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("echo before >&2; /bin/echo x > /dev/full", Status.FAILED, b"No space left on device"),
        ("echo before >&2; kill -KILL $$", Status.SIGNALED, b"before"),
    ],
)
def test_C22_a_node_in_need_is_heard(
    controller: Controller, sshd_nodes: tuple[Node, ...], line: str, status: Status, said: bytes
) -> None:
    """A full card and the out-of-memory killer: what was written on standard error before is kept."""
    result = controller.one(sshd_nodes[0], line)

    assert status == result.status
    assert said in result.stderr.head(999)


def test_C23_a_clock_that_jumps_changes_no_duration(
    controller: Controller, sshd_nodes: tuple[Node, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Pi has no clock of its own: it starts in the past and jumps by years when it finds a time server."""
    years = itertools.count(0, 1e8)
    monkeypatch.setattr(time, "time", lambda: next(years))
    result = controller.one(sshd_nodes[0], "sleep 1", timeout=60)

    assert Status.OK == result.status, result.reason
    assert 1 <= result.seconds < 30


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
