"""Offer a small embedded fleet, and a paramiko client of its nodes."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import paramiko
import pytest

from nowfab.fleet import embedded
from nowfab.inventory.node import Node

SECONDS = 20.0


@dataclass(frozen=True)
class Done:
    """What came of a command."""

    code: int
    stdout: bytes
    stderr: bytes


def connect(node: Node) -> paramiko.SSHClient:
    """Log in to the node, strictly."""
    client = paramiko.SSHClient()
    client.load_host_keys(str(node.known_hosts))
    client.set_missing_host_key_policy(paramiko.RejectPolicy())
    client.connect(
        str(node.address),
        node.port or 0,
        node.user,
        key_filename=str(node.identity),
        allow_agent=False,
        look_for_keys=False,
        timeout=SECONDS,
    )
    return client


def channel_of(client: paramiko.SSHClient, command: str) -> paramiko.Channel:
    """Start a command."""
    transport = client.get_transport()
    assert transport is not None
    channel = transport.open_session(timeout=SECONDS)
    channel.settimeout(SECONDS)
    channel.exec_command(command)
    return channel


def read_all(receive: Callable[[int], bytes]) -> bytes:
    """Read to the end."""
    return b"".join(iter(lambda: receive(1 << 16), b""))


def ended(channel: paramiko.Channel) -> int:
    """Wait for the exit status, -1 for a signal."""
    assert channel.status_event.wait(SECONDS)
    return channel.exit_status


def run(client: paramiko.SSHClient, command: str, stdin: bytes = b"") -> Done:
    """Run a command that says little on stderr."""
    with channel_of(client, command) as channel:
        with contextlib.suppress(OSError):  # it may end before it has read all
            channel.sendall(stdin)
            channel.shutdown_write()
        stdout, stderr = read_all(channel.recv), read_all(channel.recv_stderr)
        return Done(ended(channel), stdout, stderr)


def wait_for(true: Callable[[], bool]) -> None:
    """Wait until it is true; not for ever."""
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


@pytest.fixture(scope="package")
def practice_nodes(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, ...]]:
    """Give two practice nodes; what went wrong inside the server unseen fails the last test."""
    folder = tmp_path_factory.mktemp("practice") / "fleet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SECRET_OF_THE_USER", "hush")
        nodes = embedded.up(folder, ["red01", "red02"])
    yield nodes
    embedded.down(folder)
    assert "" == (folder / "log").read_text()


@pytest.fixture
def client(practice_nodes: tuple[Node, ...]) -> Iterator[paramiko.SSHClient]:
    """Give a connection to red01."""
    with connect(practice_nodes[0]) as connected:
        yield connected
