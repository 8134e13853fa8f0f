"""A reboot is believed when the node says that it is another start; what is not known is not said."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.inventory.node import Node
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Outcome, Work
from nowfab.work import command, power

OLD = "0f0a5cd6-15f6-4a0d-b64a-f9a60bdc9b0c/27"
NEW = "9d9a7a3c-6f3c-4f6b-8a0e-7d1c2b3a4d5e/31"
TOLD = Outcome(Ending.EXITED, 0, seconds=0.2)
SHELLS = [name for name in ("dash", "bash", "busybox") if shutil.which(name)]


def boot(start: str, seconds: float = 0.1) -> Outcome:
    said = f"Welcome!\nnowfab-boot {start}\n".encode()
    return Outcome(Ending.EXITED, 0, stdout=MemoryBlob(said), seconds=seconds)


def gone(seconds: float = 3.0) -> Outcome:
    return Outcome(Ending.LOST, reason="connection lost", seconds=seconds)


def away(seconds: float) -> Outcome:
    return Outcome(Ending.UNREACHABLE, reason="connection refused", seconds=seconds)


def start(node: Node) -> Work:
    return command.command(power.telling("reboot"))


def played(work: Work, outcomes: Iterable[Outcome], node: Node | None = None) -> tuple[list[Exec], Result]:
    """Be the node: give an outcome for each exec, which must be all that are wanted."""
    talk, left, execs = work(node or Node("red01")), list(outcomes), []
    try:
        exec = next(talk)
        while True:
            execs.append(exec)
            exec = talk.send(left.pop(0))
    except StopIteration as end:
        assert [] == left
        result: Result = end.value
        return execs, result


def last(row: Result) -> tuple[Status, str]:
    return row.status, row.reason or row.stdout.head(200).decode().strip()


def test_a_node_is_rebooted_when_it_answers_from_another_start() -> None:
    execs, row = played(power.reboot(start, 300.0), [boot(OLD), TOLD, gone(4.0), boot(NEW, 31.0)])
    look, _, stays, back = execs

    assert (Status.OK, "rebooted, and back after 35 s") == last(row)
    assert 35.0 == row.seconds
    assert [(False, 0.0), (True, 296.0)] == [(exec.fresh, exec.patience) for exec in (stays, back)]
    assert OLD in stays.line
    assert OLD not in look.line


@pytest.mark.parametrize(
    "ending",
    [
        Outcome(Ending.LOST),
        Outcome(Ending.SIGNALED, signal="TERM"),
        Outcome(Ending.STOPPED, late=True),
        Outcome(Ending.UNREACHABLE),
    ],
)
def test_however_the_connection_ends_the_node_is_waited_for(ending: Outcome) -> None:
    """sshd kills the look with a signal, or the network goes first, or the node hangs on its way down."""
    told = replace(ending, seconds=2.0)
    _, row = played(power.reboot(start, 300.0), [boot(OLD), TOLD, told, boot(NEW)])

    assert Status.OK is row.status


def test_the_connection_may_end_while_the_node_is_told() -> None:
    _, row = played(power.reboot(start, 300.0), [boot(OLD), gone(), boot(OLD), gone(), boot(NEW)])

    assert Status.OK is row.status


def test_it_may_still_answer_from_the_old_start_for_a_while() -> None:
    """Services take their time to stop; a connection may be had and lost more than once."""
    outcomes = [boot(OLD), TOLD, boot(OLD, 20.0), gone(), boot(OLD, 5.0), gone(), boot(NEW)]
    execs, row = played(power.reboot(start, 300.0), outcomes)

    assert Status.OK is row.status
    assert [False, False, True, False, True] == [exec.fresh for exec in execs[2:]]


def test_a_node_that_never_goes_down_says_so() -> None:
    _, row = played(power.reboot(start, 60.0), [boot(OLD), TOLD, *[boot(OLD, 20.0)] * 3])

    assert (Status.FAILED, "was told to reboot, and has not gone down within 60 s") == last(row)


def test_a_node_that_never_comes_back_says_so() -> None:
    """Nobody knows whether it is on its way, so it is lost, and no retry sends a reboot after it."""
    _, row = played(power.reboot(start, 60.0), [boot(OLD), TOLD, gone(), away(57.0)])

    assert (Status.LOST, "went down and is not back within 60 s: connection refused") == last(row)


def test_a_node_that_goes_down_again_and_again_is_given_up() -> None:
    _, row = played(power.reboot(start, 60.0), [boot(OLD), TOLD, *[gone(20.0)] * 3])

    assert (Status.LOST, "went down and is not back within 60 s") == last(row)


def test_a_node_that_shows_another_host_key_is_not_the_one() -> None:
    refused = Outcome(Ending.REFUSED, reason="the node has another host key than before", seconds=57.0)
    _, row = played(power.reboot(start, 60.0), [boot(OLD), TOLD, gone(), refused])

    assert Status.LOST is row.status
    assert "another host key" in row.reason


def test_ctrl_c_while_waiting_tells_what_is_not_known() -> None:
    stopped = Outcome(Ending.CANCELLED, reason="stopped by Ctrl-C", seconds=1.0)
    _, row = played(power.reboot(start, 60.0), [boot(OLD), TOLD, gone(), stopped])

    assert (Status.LOST, "was told to reboot, and nobody waited for it: stopped by Ctrl-C") == last(row)


def test_without_the_number_of_its_start_nothing_is_sent() -> None:
    """A node of which no new start could be known must not be rebooted and then called lost."""
    execs, row = played(power.reboot(start, 60.0), [Outcome(Ending.EXITED, 1)])

    assert (1, Status.FAILED, power.NO_BOOT) == (len(execs), *last(row))


def test_who_may_not_has_failed_and_is_not_waited_for() -> None:
    no = Outcome(Ending.EXITED, 1, stderr=MemoryBlob(b"sudo: a password is required\n"))
    _, row = played(power.reboot(start, 60.0), [boot(OLD), no])

    assert (Status.FAILED, b"sudo: a password is required\n") == (row.status, row.stderr.head(100))


def test_who_is_not_reached_is_not_told() -> None:
    execs, row = played(power.reboot(start, 60.0), [away(10.0)])

    assert (1, Status.UNREACHABLE, "connection refused") == (len(execs), *last(row))


def test_without_waiting_it_is_told_and_no_more() -> None:
    execs, row = played(power.reboot(start, None), [TOLD])

    assert (1, Status.OK, "was told to reboot") == (len(execs), *last(row))


@pytest.mark.parametrize(
    "work", [power.reboot(start, 60.0), power.reboot(start, None), power.shut_down(start)]
)
def test_this_computer_is_left_out(work: Work) -> None:
    """A group `all` that holds it, too, must not end the very run that it is in."""
    execs, row = played(work, [], Node("here", local=True))

    assert ([], Status.CANCELLED) == (execs, row.status)
    assert "`-x here` leaves it out" in row.reason


def test_a_node_goes_down_when_its_connection_ends() -> None:
    _, row = played(power.shut_down(start), [TOLD, gone(3.0)])

    assert (Status.OK, "is going down: its connection ended after 3 s") == last(row)


@pytest.mark.parametrize(
    "ending",
    [
        Outcome(Ending.SIGNALED, signal="TERM"),
        Outcome(Ending.EXITED, 143),
        Outcome(Ending.UNREACHABLE, reason="connection refused"),
        Outcome(Ending.REFUSED, reason="the system is going down"),
    ],
)
def test_a_session_that_is_killed_is_the_end_as_well(ending: Outcome) -> None:
    """What was asleep there, or the shell around it, is ended before the network is."""
    _, row = played(power.shut_down(start), [TOLD, replace(ending, seconds=2.0)])

    assert (Status.OK, "is going down: its connection ended after 2 s") == last(row)


@pytest.mark.parametrize("ending", [Outcome(Ending.EXITED, 0), Outcome(Ending.STOPPED, late=True)])
def test_a_node_that_stays_up_says_so(ending: Outcome) -> None:
    _, row = played(power.shut_down(start), [TOLD, replace(ending, seconds=60.0)])

    assert (Status.FAILED, "was told to shut down, and is still up after 60 s") == last(row)


def test_waiting_ends_when_the_node_does_something_for_us() -> None:
    execs, row = played(power.wait_up(300.0), [Outcome(Ending.EXITED, 0, seconds=12.34)])

    assert (Status.OK, "answered after 12.3 s") == last(row)
    assert [300.0] == [exec.patience for exec in execs]


def test_a_connection_that_ends_at_once_is_not_up_yet() -> None:
    """A node on its way down lets us in and goes."""
    execs, row = played(power.wait_up(300.0), [gone(5.0), Outcome(Ending.EXITED, 0, seconds=50.0)])

    assert (Status.OK, "answered after 55.0 s") == last(row)
    assert [300.0, 295.0] == [exec.patience for exec in execs]


def test_who_does_not_answer_in_time_says_why() -> None:
    _, row = played(power.wait_up(30.0), [away(31.0)])

    assert (Status.UNREACHABLE, "not within 30 s: connection refused") == last(row)


def test_who_answers_and_fails_is_up_and_failed() -> None:
    """A login shell that is broken is no node to go on with."""
    _, row = played(power.wait_up(30.0), [Outcome(Ending.EXITED, 127, seconds=1.0)])

    assert (Status.FAILED, 127) == (row.status, row.exit_code)


def shell(line: str, name: str, **environ: str) -> subprocess.CompletedProcess[bytes]:
    words = [shutil.which(name) or name, *(["sh"] if name == "busybox" else [])]
    return subprocess.run(
        [*words, "-c", line],
        env={"PATH": "/usr/bin:/bin", **environ},
        stdin=subprocess.PIPE,
        capture_output=True,
    )


@pytest.mark.skipif(not Path("/proc/1/stat").exists(), reason="this computer has no /proc")
@pytest.mark.parametrize("name", SHELLS)
def test_the_look_as_it_is_sent_tells_the_start_of_this_computer(name: str, tmp_path: Path) -> None:
    """The boot id, and when the first process began, whatever shell a node calls sh."""
    found = shutil.which(name)
    assert found
    (tmp_path / "sh").symlink_to(found)
    execs, _ = played(power.reboot(start, 60.0), [Outcome(Ending.EXITED, 1)])
    pipe = subprocess.PIPE
    words = ["/bin/sh", "-c", execs[0].line]
    environ = {"PATH": f"{tmp_path}:/usr/bin:/bin"}
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, env=environ, start_new_session=True) as process:
        assert process.stdout
        said = process.stdout.read()
        process.wait(30)
    began = Path("/proc/1/stat").read_text().rpartition(")")[2].split()[19]
    expected = f"nowfab-boot {Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{began}\n"

    assert expected.encode() == said


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("verb", ["reboot", "poweroff"])
def test_a_practice_node_refuses_by_itself(name: str, verb: str) -> None:
    """Its commands run on the computer of whoever practises, also those of root."""
    done = shell(power.telling(verb), name, NOWFAB_PRACTICE="1")

    assert (1, b"") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"{verb}: refused: this is a practice node".encode())
