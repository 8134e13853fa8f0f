"""A practice node behaves as sshd does: bytes, ends, signals, pipes."""

from __future__ import annotations

import asyncio
import hashlib
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import asyncssh
import paramiko
import pytest

from nowfab import remote
from nowfab.fleet import lock
from nowfab.fleet.session import exit_request
from nowfab.inventory.node import Node
from tests.fleet_embedded.conftest import (
    SECONDS,
    Done,
    channel_of,
    connect,
    ended,
    read_all,
    run,
    wait_for,
)

PYTHON = shlex.quote(sys.executable)


def python(code: str) -> str:
    return f"{PYTHON} -c {shlex.quote(code)}"


def folder_of(nodes: tuple[Node, ...]) -> Path:
    return Path(str(nodes[0].known_hosts)).parent


def test_bytes_are_bytes(client: paramiko.SSHClient) -> None:
    """Nothing on the way may take output for text."""
    every = bytes(range(256)) * 300

    assert Done(0, every, b"") == run(client, "cat", every)
    assert Done(0, b"", every) == run(client, "cat >&2", every)


def test_large_output_comes_whole(client: paramiko.SSHClient) -> None:
    """Back-pressure must not lose a byte: 30 MB through a window of 2 MB."""
    code = "import sys; [sys.stdout.buffer.write(bytes([n % 251]) * 100_000) for n in range(300)]"
    expected = b"".join(bytes([n % 251]) * 100_000 for n in range(300))
    answer = run(client, python(code))

    assert hashlib.sha256(expected).digest() == hashlib.sha256(answer.stdout).digest()
    assert 0 == answer.code


def test_large_input_goes_whole(client: paramiko.SSHClient) -> None:
    """Files travel over stdin; the program here begins to read late."""
    data = os.urandom(1 << 20) * 10
    answer = run(
        client,
        "sleep 0.5; "
        + python("import sys,hashlib;print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())"),
        data,
    )

    assert hashlib.sha256(data).hexdigest() == answer.stdout.decode().strip()


def test_a_program_that_does_not_read_ends_all_the_same(client: paramiko.SSHClient) -> None:
    """Input that nobody wants must not hold back the exit status."""
    assert Done(4, b"", b"") == run(client, "exit 4", b"x" * 10_000_000)


@pytest.mark.parametrize("code", [0, 1, 3, 127, 255])
def test_the_exit_status_is_exact(client: paramiko.SSHClient, code: int) -> None:
    """The row of a node is its exit status."""
    assert Done(code, b"out\n", b"err\n") == run(client, f"echo out; echo err >&2; exit {code}")


def test_a_signal_is_no_exit_status(client: paramiko.SSHClient) -> None:
    """paramiko gives -1 where no exit status came."""
    assert -1 == run(client, "kill -9 $$").code


def test_a_client_hears_the_signal(practice_nodes: tuple[Node, ...]) -> None:
    """The request that we build by hand is one that another client understands."""
    node = practice_nodes[0]

    async def ask() -> object:
        async with asyncssh.connect(
            str(node.address),
            node.port or 0,
            username=node.user,
            client_keys=[str(node.identity)],
            known_hosts=node.known_hosts,
            config=None,
        ) as connection:
            return (await connection.run("kill -USR1 $$")).exit_signal

    assert ("USR1", False, "", "") == asyncio.run(asyncio.wait_for(ask(), SECONDS))


@pytest.mark.parametrize(
    ("number", "name"),
    [(signal.SIGKILL, b"KILL"), (signal.SIGTERM, b"TERM"), (signal.SIGBUS, b"BUS@openssh.com")],
)
def test_an_exit_signal_has_its_name(number: signal.Signals, name: bytes) -> None:
    """RFC 4254 names some signals, OpenSSH all."""
    request = exit_request(int(number))

    assert b"exit-signal" in request[0]
    assert len(name).to_bytes(4) + name == request[2]


def test_the_exit_status_does_not_wait_for_children(
    client: paramiko.SSHClient, practice_nodes: tuple[Node, ...]
) -> None:
    """A daemon that keeps the outputs open is usual; sshd tells the exit at once, the end later."""
    channel = channel_of(client, "(until [ -e told ]; do sleep 0.1; done; echo late) & exit 3")

    assert 3 == ended(channel)
    assert not channel.closed
    (folder_of(practice_nodes) / "home/red01/told").touch()
    assert b"late\n" == read_all(channel.recv)


def test_a_closed_channel_kills_nobody(client: paramiko.SSHClient, practice_nodes: tuple[Node, ...]) -> None:
    """sshd closes the pipes and no more; a node that killed would hide a missing leash."""
    done = folder_of(practice_nodes) / "home/red01/survived"
    channel_of(client, "echo begun; sleep 0.5; touch survived").close()

    wait_for(done.exists)


def test_a_lost_connection_kills_nobody(practice_nodes: tuple[Node, ...]) -> None:
    """The same for the whole connection."""
    done = folder_of(practice_nodes) / "home/red01/survived too"
    client = connect(practice_nodes[0])
    channel_of(client, "sleep 0.5; touch 'survived too'")
    client.close()

    wait_for(done.exists)


def test_a_command_on_a_leash_ends_with_its_input(client: paramiko.SSHClient) -> None:
    """This is how every command is stopped."""
    channel = channel_of(client, remote.line("echo begun; sleep 60; echo never"))
    assert b"begun\n" == channel.recv(100)
    channel.shutdown_write()
    began = time.monotonic()

    assert -1 == ended(channel)
    assert time.monotonic() - began < 5
    assert b"" == read_all(channel.recv)


def test_a_deaf_command_on_a_leash_is_killed(client: paramiko.SSHClient) -> None:
    """TERM may be ignored, KILL may not."""
    channel = channel_of(client, remote.line("trap '' TERM; echo begun; while :; do sleep 0.1; done"))
    assert b"begun\n" == channel.recv(100)
    channel.shutdown_write()

    assert -1 == ended(channel)


@pytest.mark.parametrize("code", [0, 3])
def test_a_leash_does_not_show(client: paramiko.SSHClient, code: int) -> None:
    """Status and streams are the program's own, and nothing waits for the watcher."""
    channel = channel_of(client, remote.line(f"echo out; echo err >&2; exit {code}"))
    began = time.monotonic()

    assert (b"out\n", b"err\n") == (read_all(channel.recv), read_all(channel.recv_stderr))
    assert code == ended(channel)
    assert time.monotonic() - began < 5


def test_a_leash_tells_the_signal(client: paramiko.SSHClient) -> None:
    """The program stands in the shell's place, so its signal is the channel's."""
    assert -1 == ended(channel_of(client, remote.line("kill -9 $$")))


def test_a_leash_leaves_daemons_alone(client: paramiko.SSHClient) -> None:
    """The exit status comes while a child holds the outputs, and that child lives on."""
    channel = channel_of(client, remote.line("(sleep 1; echo late) & exit 3"))

    assert 3 == ended(channel)
    assert b"late\n" == read_all(channel.recv)


def test_every_command_has_a_session_of_its_own(client: paramiko.SSHClient) -> None:
    """Without it `kill 0` would end the whole fleet."""
    assert b"True\n" == run(client, f"exec {python('import os; print(os.getsid(0) == os.getpid())')}").stdout
    assert -1 == run(client, "kill -KILL 0").code
    assert b"alive\n" == run(client, "echo alive").stdout


def test_signals_are_as_at_login(client: paramiko.SSHClient) -> None:
    """A starter that ignored signals must not teach that to every command."""
    code = "import signal; print([n for n in (1, 2, 3, 15) if signal.getsignal(n) == signal.SIG_IGN])"

    assert b"[]\n" == run(client, python(code)).stdout


def test_a_flood_that_nobody_reads_waits_in_the_program(
    client: paramiko.SSHClient, practice_nodes: tuple[Node, ...]
) -> None:
    """One careless client must not fill the memory of whoever practises."""
    pid = lock.holder(folder_of(practice_nodes))
    before = resident(pid)
    with channel_of(client, "yes"):
        time.sleep(1.5)
        grown = resident(pid) - before

    assert grown < 50_000_000


def resident(pid: int | None) -> int:
    """Give the bytes of memory that the process holds."""
    words = ["ps", "-o", "rss=", "-p", str(pid)]
    return 1024 * int(subprocess.run(words, capture_output=True, check=True, timeout=SECONDS).stdout)


def test_a_shell_reads_its_commands_from_the_channel(client: paramiko.SSHClient) -> None:
    """`ssh node < script` is a habit of many."""
    transport = client.get_transport()
    assert transport is not None
    with transport.open_session(timeout=SECONDS) as channel:
        channel.settimeout(SECONDS)
        channel.invoke_shell()
        channel.sendall(b"echo one\nexit 5\n")

        assert b"one\n" == read_all(channel.recv)
        assert 5 == ended(channel)


def test_a_command_that_cannot_be_started_is_refused(client: paramiko.SSHClient) -> None:
    """A refusal, not a traceback in a log, and the connection goes on."""
    with pytest.raises(paramiko.SSHException):
        run(client, "echo \0")
    assert 0 == run(client, "true").code


def test_many_commands_share_a_connection(client: paramiko.SSHClient) -> None:
    """Practice nodes have no MaxSessions."""
    channels = [channel_of(client, f"sleep 0.2; echo {number}") for number in range(50)]

    assert [f"{number}\n".encode() for number in range(50)] == [read_all(each.recv) for each in channels]
