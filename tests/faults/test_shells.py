"""C18: login shells that are no relatives of sh, behind a real sshd."""

from __future__ import annotations

import shutil
import subprocess
import time

import pytest

from nowfab.inventory.node import Node
from nowfab.results import Status
from tests.machines.conftest import Controller
from tests.plugins.sshd_people import People, Person, Start

SHELLS = {name: shutil.which(name) for name in ("fish", "csh", "dash", "bash")}
"""Those that are missing here are left out; the names are those of their programs."""
HERE = tuple(Person(name, shell) for name, shell in SHELLS.items() if shell)


def ssh(node: Node, command: str) -> subprocess.CompletedProcess[bytes]:
    """Ask the plain program, which shares no code with us."""
    words = ["ssh", "-F", "none", "-n", "-p", str(node.port), "-i", str(node.identity), "-oBatchMode=yes"]
    words += [f"-oUserKnownHostsFile={node.known_hosts}", f"{node.user}@{node.address}"]
    return subprocess.run([*words, command], capture_output=True, timeout=60)


def bare(said: bytes) -> bytes:
    """Take away where a shell stands: sshd names it without that."""
    for person in HERE:
        said = said.replace(person.shell.encode(), person.name.encode())
    return said


@pytest.fixture
def shells(people: Start) -> People:
    """Have an account for every shell."""
    return people(*HERE)


COMMANDS = (
    "exit 3",
    "exit 255",
    "sh -c 'exit 7' || sh -c 'exit 5'",
    r"""printf '%s|' "a  b" 'c d' 'e\f' '$HOME' \"x\" é""",
    "echo $HOME ~ | tr a-z A-Z; echo wrong >&2",
    "cd / && pwd; cd /nonexistent || echo no",
    "printf one; sh -c 'printf \"two\n\"'",
    "echo 'unmatched",
)


def test_C18_a_row_is_what_ssh_itself_gives_under_every_login_shell(
    shells: People, controller: Controller
) -> None:
    """Each reads the line by rules of its own; neither command nor answer may notice our leash."""
    ours, theirs = {}, {}
    for command in COMMANDS:
        for row in controller.run(shells.nodes, command).results:
            ours[row.node, command] = (row.exit_code, row.stdout.head(999), bare(row.stderr.head(999)))
        for node in shells.nodes:
            done = ssh(node, command)
            theirs[node.name, command] = (done.returncode, done.stdout, bare(done.stderr))

    assert theirs == ours


def test_C2_C18_a_signal_is_one_under_every_login_shell(shells: People, controller: Controller) -> None:
    """The command takes the shell's place: nobody stands between who could turn it into a number."""
    rows = controller.run(shells.nodes, "exec sh -c 'kill -KILL $$'").results

    assert [(Status.SIGNALED, "KILL")] * len(HERE) == [(row.status, row.signal) for row in rows]


def test_C7_C18_the_leash_stops_what_runs_under_every_login_shell(
    shells: People, controller: Controller
) -> None:
    """The time-out ends the program on the node, and its children."""
    rows = controller.run(shells.nodes, "echo begun; sleep 8; touch ~/alive; sleep 60", timeout=4.0).results
    time.sleep(6)

    assert [(Status.TIMED_OUT, b"begun\n")] * len(HERE) == [
        (row.status, row.stdout.head(99)) for row in rows
    ], [row.reason or row.stderr.head(999) for row in rows]
    assert [] == [person.name for person in HERE if (shells.home(person.name) / "alive").exists()]
