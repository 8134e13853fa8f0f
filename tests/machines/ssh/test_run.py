"""Real sshd, real commands: a row tells the truth about how each ended."""

from __future__ import annotations

import hashlib
import os
import subprocess
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest
from paramiko.packet import Packetizer

from nowfab.fleet import sshd
from nowfab.inventory.node import Node
from nowfab.machines.crew import FabricCrew
from nowfab.machines.ssh.transport import NodeTransport
from nowfab.machines.until import Limit
from nowfab.results import Result, Status
from nowfab.talk import Ending, Event, Exec, Finished, Output, Sent, Talk, Until
from nowfab.work.ping import ping
from tests.machines.conftest import Controller
from tests.plugins.sshd_fleet import SshdFleet


def text(result: Result) -> bytes:
    return result.stdout.head(result.stdout.size)


def mended(crew: FabricCrew, home: Path) -> None:
    """Paste the line, as the person does."""
    subprocess.run(["sh", "-c", crew.mend], env={**os.environ, "HOME": str(home)}, check=True)


@pytest.mark.parametrize("code", [0, 1, 3, 127, 137, 255])
def test_C1_exit_codes_are_exact(controller: Controller, sshd_nodes: tuple[Node, ...], code: int) -> None:
    """255 is a number like any other, not a broken connection."""
    result = controller.one(sshd_nodes[0], f"exit {code}")

    assert (Status.OK if code == 0 else Status.FAILED, code) == (result.status, result.exit_code)


@pytest.mark.parametrize("name", ["KILL", "SEGV", "TERM"])
def test_C2_a_signal_is_not_an_exit_code(
    controller: Controller, sshd_nodes: tuple[Node, ...], name: str
) -> None:
    """The out-of-memory killer and a failed command are different problems."""
    result = controller.one(sshd_nodes[0], f"kill -{name} $$")

    assert (Status.SIGNALED, None, name) == (result.status, result.exit_code, result.signal)


def test_C4_a_connection_cut_under_a_command_is_lost(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """The command was sent; nobody knows whether it ended."""
    result = controller.one(sshd_nodes[0], "echo begun; sleep 0.5; kill -9 $PPID; sleep 9")

    assert (Status.LOST, b"begun\n") == (result.status, text(result))
    assert "after the command was sent" in result.reason


def test_C7_what_outlives_its_time_is_stopped_on_the_node(
    controller: Controller, sshd_nodes: tuple[Node, ...], tmp_path: Path
) -> None:
    """A row that says timed-out must not leave the command running."""
    mark = tmp_path / "alive"
    began = time.monotonic()
    result = controller.one(sshd_nodes[0], f"echo begun; sleep 6; touch {mark}; sleep 60", timeout=4)
    took = time.monotonic() - began
    time.sleep(2.5)

    assert (Status.TIMED_OUT, "timed out after 4 s", b"begun\n") == (
        result.status,
        result.reason,
        text(result),
    )
    assert not mark.exists()
    assert took < 9


def test_C8_a_background_child_does_not_hold_the_row(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """`server &` without a redirect keeps the output open for as long as it runs."""
    began = time.monotonic()
    result = controller.one(sshd_nodes[0], "sleep 20 & echo started")

    assert (Status.OK, b"started\n") == (result.status, text(result))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "program",
    ["printf 'a'; i=0; while [ $i -lt 3000 ]; do printf 'é'; i=$((i+1)); done", "printf 'a\\r\\000\\377'"],
)
def test_C14_bytes_come_back_as_they_were_sent(
    controller: Controller, sshd_nodes: tuple[Node, ...], program: str
) -> None:
    """Decoding chunk by chunk breaks letters in two; nothing is decoded here at all."""
    expected = {True: b"a" + "é".encode() * 3000, False: b"a\r\0\xff"}["é" in program]

    assert expected == text(controller.one(sshd_nodes[0], program))


def test_C13_large_outputs_are_whole_and_do_not_fill_the_memory(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Beyond the limit they lie in the spool; both streams at once."""
    size = 6_000_000
    program = f"head -c {size} /dev/zero; head -c {size} /dev/zero | tr '\\000' x >&2"
    report = controller.run(sshd_nodes, program)
    expected = [hashlib.sha256(byte * size).digest() for byte in (b"\0", b"x")]

    assert [expected] * 5 == [[row.stdout.sha256, row.stderr.sha256] for row in report.results]


def test_C13_we_change_keys_too_after_much_data(
    controller: Controller, sshd_nodes: tuple[Node, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """paramiko asks for new keys after 512 MiB; whoever copies a card image gets there."""
    asked = []
    monkeypatch.setattr(Packetizer, "REKEY_BYTES", 1 << 20)
    ask = NodeTransport._send_kex_init
    monkeypatch.setattr(NodeTransport, "_send_kex_init", lambda self: (asked.append(self), ask(self)))
    size = 12_000_000  # what is under way while the keys change counts for the next change only
    result = controller.one(sshd_nodes[0], f"head -c {size} /dev/zero")

    assert (Status.OK, hashlib.sha256(bytes(size)).digest()) == (result.status, result.stdout.sha256)
    assert len(asked) > 2


def test_C12_rows_come_in_target_order_and_events_end_with_finished(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Per node: Sent, Output, Finished; exactly one Finished."""
    heard: list[Event] = []
    nodes = sshd_nodes[::-1]
    report = controller.run(nodes, "echo out", hear=lambda event, until: heard.append(event), live=True)
    kinds = [type(event) for event in heard if event.node == "red03"]

    assert [node.name for node in nodes] == [row.node for row in report.results]
    assert [Sent, Output, Finished] == kinds


def test_a_cancelled_run_stops_what_runs_and_begins_nothing(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Ctrl-C once: running nodes are stopped, waiting ones are never asked, each has its row."""

    def hear(event: Event, until: Until) -> None:
        if isinstance(event, Output):
            until.cancel("stopped by Ctrl-C")

    report = controller.run(sshd_nodes, "echo begun; sleep 30", hear=hear, live=True, fanout=1)
    statuses = [row.status for row in report.results]

    assert 1 == statuses.count(Status.STOPPED)
    assert 4 == statuses.count(Status.CANCELLED)
    assert {"stopped by Ctrl-C"} == {row.reason for row in report.results}


def test_one_talk_holds_many_execs_on_one_connection(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """A conversation does not log in for every sentence."""

    def work(node: Node) -> Talk:
        seen = []
        for _ in range(3):
            outcome = yield Exec("echo $PPID")
            seen.append(outcome.stdout.head(99))
        assert outcome.ending is Ending.EXITED
        return Result(node.name, Status.OK, changes=tuple(str(line) for line in dict.fromkeys(seen)))

    result = controller.one(sshd_nodes[0], work)

    assert 1 == len(result.changes)


def test_a_bug_in_one_talk_is_that_nodes_row_only(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """One node's trouble, even our own, is nobody else's."""

    def work(node: Node) -> Talk:
        outcome = yield Exec("true")
        if node.name == "red02":
            raise RuntimeError("oh")
        return Result(node.name, Status.OK, seconds=outcome.seconds)

    report = controller.run(sshd_nodes, work)

    assert ["red02"] == [row.node for row in report.results if row.status is Status.LOST]
    assert 4 == [row.status for row in report.results].count(Status.OK)


def test_fanout_bounds_how_many_run_at_once(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """`--fanout 2` on a small controller, or a weak switch, must mean two."""
    running: set[str] = set()
    most = 0

    def hear(event: Event, until: Until) -> None:
        nonlocal most
        if isinstance(event, Sent):
            running.add(event.node)
        elif isinstance(event, Finished):
            running.discard(event.node)
        most = max(most, len(running))

    report = controller.run(sshd_nodes, "sleep 0.2", hear=hear, fanout=2)

    assert ({Status.OK}, 2) == ({row.status for row in report.results}, most)


def test_this_computer_gives_the_same_rows(
    controller: Controller, tmp_path: Path, sshd_nodes: tuple[Node, ...]
) -> None:
    """`local: true` is for the computer one sits at; nothing else about a run changes."""
    here = Node("here", local=True)
    mark = tmp_path / "alive"
    cases = {
        "exit 3": (Status.FAILED, 3, None),
        "kill -9 $$": (Status.SIGNALED, None, "KILL"),
        "printf é; echo": (Status.OK, 0, None),
        f"sleep 1; touch {mark}; sleep 30": (Status.TIMED_OUT, None, "TERM"),
    }
    for line, expected in cases.items():
        for node in (here, sshd_nodes[0]):
            row = controller.one(
                node, line, timeout=0.5 if "sleep" in line else 20, environ={"SHELL": "/bin/sh"}
            )

            assert expected == (row.status, row.exit_code, row.signal)
    time.sleep(1)

    assert not mark.exists()


def test_B1_a_changed_host_key_is_refused_with_the_mend(
    controller: Controller, sshd_fleet: SshdFleet
) -> None:
    """The one fault that may be an attack; nothing is sent, whatever the policy."""
    node = sshd_fleet(1)[0]
    sshd.change_host_key(node)
    result = controller.one(replace(node, fleet=""), "echo sent", host_keys="accept-new")

    assert Status.REFUSED == result.status
    assert result.reason.startswith("HOST KEY CHANGED")
    assert "ssh-keygen -R" in result.reason
    assert 0 == result.stdout.size


def test_B1_one_line_mends_all_nodes_whose_cards_were_flashed_anew(
    controller: Controller, sshd_fleet: SshdFleet
) -> None:
    """Nobody types ssh-keygen -R twenty times."""
    nodes = sshd_fleet(3)
    for node in nodes[:2]:
        sshd.change_host_key(node)
    crew, watch = controller.crew()
    list(crew.each(nodes, ping(), Limit(watch)))
    mended(crew, controller.home)
    plain = [replace(node, fleet="") for node in nodes]
    report = controller.run(plain, "true", host_keys="accept-new")

    assert [Status.OK] * 3 == [row.status for row in report.results]


def test_B2_B3_an_unknown_key_is_refused_then_accepted_then_known(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """strict, accept-new, strict again: what people do on the first day."""
    node = replace(sshd_nodes[0], known_hosts=None, fleet="")
    first = controller.one(node, ping())
    second = controller.one(node, ping(), host_keys="accept-new")
    third = controller.one(node, ping())

    assert (Status.REFUSED, "unknown host key") == (first.status, first.reason[:16])
    assert (Status.OK, b"host key new\n") == (second.status, text(second))
    assert (Status.OK, b"host key known\n") == (third.status, text(third))


def test_B4_strangers_are_kept_to_be_asked_about(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Asking is a wave: all unknown keys in one table, then those nodes again."""
    nodes = [replace(node, known_hosts=None, fleet="") for node in sshd_nodes[:2]]
    crew, watch = controller.crew()
    until = Limit(watch)
    refused = [e.result.status for e in crew.each(nodes, ping(), until) if isinstance(e, Finished)]
    strangers = list(crew.strangers)
    crew.trust(strangers)
    trusted = [e.result.status for e in crew.each(nodes, ping(), until) if isinstance(e, Finished)]

    assert ["red01", "red02"] == sorted(stranger.node for stranger in strangers)
    assert [Status.REFUSED] * 2 == refused
    assert [Status.OK] * 2 == trusted
    assert [] == list(crew.strangers)


def test_B9_a_key_that_is_not_accepted_says_what_was_tried(
    controller: Controller, sshd_nodes: tuple[Node, ...], tmp_path: Path
) -> None:
    """The person at the terminal must see which key, which user, what the node would take."""
    other = sshd.start(tmp_path / "other", 1)[0]
    sshd.stop([other])
    wrong = controller.one(replace(sshd_nodes[0], identity=other.identity), "true")
    missing = controller.one(replace(sshd_nodes[0], identity=str(tmp_path / "none")), "true")
    Path(str(other.identity)).chmod(0o644)
    lax = controller.one(replace(sshd_nodes[0], identity=other.identity), "true")

    assert {Status.REFUSED} == {wrong.status, missing.status, lax.status}
    assert f"tried {other.identity}; the node takes publickey" in wrong.reason
    assert "no such file" in missing.reason
    assert "permissions 0644 are too open" in lax.reason


def test_nodes_behind_a_gateway_are_reached_through_it(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """The private network behind a master Pi; a chain of two works as well."""
    gateway, second, *rest = sshd_nodes
    behind = [replace(node, via=gateway) for node in rest]
    chained = replace(rest[0], name="deep", known_hosts=None, fleet="", via=replace(second, via=gateway))
    report = controller.run([gateway, *behind, chained], "echo hi", host_keys="accept-new")

    assert [(Status.OK, b"hi\n")] * 5 == [(row.status, text(row)) for row in report.results]


def test_A17_a_dead_gateway_is_tried_once_and_named_behind_it(
    controller: Controller, sshd_fleet: SshdFleet
) -> None:
    """Five rows must say that the master is off, not that five Pis are."""
    gateway, *rest = sshd_fleet(3)
    sshd.stop([gateway])
    began = time.monotonic()
    report = controller.run([replace(node, via=gateway) for node in rest], "true")

    assert {Status.UNREACHABLE} == {row.status for row in report.results}
    assert all(row.reason.startswith("via red01: connection refused") for row in report.results)
    assert time.monotonic() - began < 10


def test_A10_a_server_that_drops_logins_is_asked_again(controller: Controller, sshd_fleet: SshdFleet) -> None:
    """MaxStartups drops what comes at once; the command was not sent, so asking again is safe."""
    nodes = sshd_fleet(8, together=8, lines=["MaxStartups 2:50:4"])
    report = controller.run(nodes, "echo hi", connect_timeout=10.0)

    assert [(Status.OK, b"hi\n")] * 8 == [(row.status, text(row)) for row in report.results]


def test_C19_few_descriptors_lower_the_fan_out(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """500 nodes with `ulimit -n 64` must not end in errors of random nodes."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    from nowfab.machines import descriptors

    crew, _ = controller.crew(fanout=10**6)

    assert 1 == len(crew.warnings)
    assert "fan-out lowered" in crew.warnings[0]
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (1, 4) == (descriptors.fitting(1, 10)[0], descriptors.fitting(9, 10)[1])


def test_threads_go_when_a_run_has_ended(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """A watch or a shell runs many times in one process."""
    before = threading.active_count()
    for _ in range(3):
        crew, watch = controller.crew()
        list(crew.each(sshd_nodes, ping(), Limit(watch)))
        crew.close()
        watch.close()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)

    assert before >= threading.active_count()
