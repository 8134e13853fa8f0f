"""B: what can go wrong with who we are, beyond the host keys and B9."""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncssh
import paramiko
import pytest

from nowfab.inventory.node import Node
from nowfab.machines.ssh import keys
from nowfab.results import Status
from tests.faults.conftest import Serve
from tests.faults.server import Behaviour
from tests.machines.conftest import Controller
from tests.plugins.sshd_fleet import SshdFleet


def new_key(path: Path, passphrase: str | None = None) -> str:
    key = asyncssh.generate_private_key("ssh-ed25519")
    path.touch(0o600)
    path.write_bytes(key.export_private_key("openssh", passphrase))
    return str(path)


@contextmanager
def agent(path: Path, talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """Be an agent that does this with each connection, in a thread of its own; give its socket."""
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                held.append(listener.accept()[0])
                threading.Thread(target=talk, args=(held[-1],), daemon=True).start()

    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(8)
        threading.Thread(target=serve, daemon=True).start()
        yield str(path)
        listener.shutdown(socket.SHUT_RDWR)
    for sock in held:
        sock.close()


@pytest.fixture
def silent_agent(tmp_path: Path) -> Iterator[str]:
    """Give the socket of an agent that takes connections and says nothing."""
    with agent(tmp_path / "agent", lambda sock: None) as path:
        yield path


@pytest.fixture
def signless_agent(tmp_path: Path, sshd_nodes: tuple[Node, ...]) -> Iterator[str]:
    """Give the socket of an agent that lists the nodes' key and never signs (draft-miller-ssh-agent)."""
    blob = paramiko.PKey.from_path(str(sshd_nodes[0].identity)).asbytes()
    answer = b"\x0c" + struct.pack(">II", 1, len(blob)) + blob + struct.pack(">I", 2) + b"me"

    def answer_lists(sock: socket.socket) -> None:
        with suppress(OSError):
            while request := sock.recv(4096):
                if request[4] == 11:
                    sock.sendall(struct.pack(">I", len(answer)) + answer)

    with agent(tmp_path / "agent", answer_lists) as path:
        yield path


def test_B10_a_locked_key_is_refused_and_nobody_is_asked(
    controller: Controller, serve: Serve, tmp_path: Path
) -> None:
    """A worker that asks for a passphrase would hang a run at night."""
    good = serve()
    locked = new_key(tmp_path / "locked", "secret")
    result = controller.one(replace(good.node, identity=locked), "true")

    assert (Status.REFUSED, 0) == (result.status, good.ledger.entered)
    assert f"{locked}: locked with a passphrase; `ssh-add {locked}`" in result.reason


def test_B11_more_keys_than_the_server_hears(
    controller: Controller, sshd_fleet: SshdFleet, tmp_path: Path
) -> None:
    """With 20 keys in ssh_config the right one is never heard; the row says how to name it."""
    node = sshd_fleet(1, lines=["MaxAuthTries 6"])[0]
    config = controller.home / ".ssh" / "config"
    config.parent.mkdir()
    names = [new_key(tmp_path / f"key{number}") for number in range(20)]
    config.write_text("".join(f"IdentityFile {name}\n" for name in names))
    many = replace(node, identity=None, fleet="")
    result = controller.one(many, "true")
    named = controller.one(replace(many, identity=node.identity), "true")

    assert (Status.REFUSED, 1) == (result.status, result.attempts)
    assert "Too many authentication failures; name the right one with `identity`" in result.reason
    assert Status.OK == named.status, named.reason


def test_B12_an_agent_that_hangs_holds_up_nobody(
    controller: Controller, sshd_nodes: tuple[object, ...], silent_agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent forwarded over a dead link answers never; the deadline holds, and the row names it."""
    monkeypatch.setattr(keys, "AGENT_SECONDS", 0.5)
    nodes = [replace(node, identity=None, fleet="") for node in sshd_nodes[:3]]  # type: ignore[type-var]
    began = time.monotonic()
    report = controller.run(nodes, "true", environ={"SSH_AUTH_SOCK": silent_agent})  # type: ignore[arg-type]

    assert {Status.REFUSED} == {row.status for row in report.results}
    assert all(f"the ssh-agent at {silent_agent} did not answer" in row.reason for row in report.results)
    assert time.monotonic() - began < 8


def test_B12_an_agent_that_hangs_at_signing_holds_up_nobody(
    controller: Controller, sshd_nodes: tuple[Node, ...], signless_agent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hardware key waits for a touch that nobody gives: each row ends, and says who did not sign."""
    monkeypatch.setattr(keys, "AGENT_SECONDS", 0.5)
    nodes = [replace(node, identity=None, fleet="") for node in sshd_nodes[:4]]
    began = time.monotonic()
    report = controller.run(nodes, "true", environ={"SSH_AUTH_SOCK": signless_agent}, fanout=4)

    assert {Status.REFUSED} == {row.status for row in report.results}
    assert all("agent" in row.reason for row in report.results)
    assert time.monotonic() - began < 15


@pytest.mark.parametrize("way", ["password", "keyboard-interactive"])
def test_B13_no_password_is_sent_that_nobody_gave(controller: Controller, serve: Serve, way: str) -> None:
    """A node that asks is told nothing, and the row says what it would take."""
    bad = serve(Behaviour(ways=(way,), banner="Welcome\x1b[2J\n"))
    result = controller.one(bad.node, "true")

    assert (Status.REFUSED, [], 0) == (result.status, bad.ledger.passwords, bad.ledger.entered)
    assert result.reason.endswith(f"the node takes {way}")


def test_B13_a_login_that_nobody_ends_is_cut_at_the_deadline(controller: Controller, serve: Serve) -> None:
    """Two-factor servers may wait for a push message for minutes."""
    bad = serve(Behaviour(login="hang"))
    began = time.monotonic()
    result = controller.one(bad.node, "true", connect_timeout=1.0)

    assert (Status.UNREACHABLE, 0) == (result.status, bad.ledger.entered)
    assert result.reason == "no end of the authentication within 1 s"
    assert time.monotonic() - began < 8


def test_B13_a_server_that_hangs_up_at_the_door_is_quoted(controller: Controller, serve: Serve) -> None:
    """What the server gives as its reason is more than we can guess; it was asked once."""
    bad = serve(Behaviour(login="hang up"))
    result = controller.one(bad.node, "true")

    assert (Status.REFUSED, 1) == (result.status, bad.ledger.connects)
    assert "closed for today" in result.reason
    assert os.environ.get("SSH_ASKPASS") is None


def test_B13_a_second_factor_is_not_a_wrong_key(controller: Controller, sshd_fleet: SshdFleet) -> None:
    """The key was accepted and a password is wanted too; who reads `no key is` would look for a key."""
    lines = ["PasswordAuthentication yes", "AuthenticationMethods publickey,password"]
    result = controller.one(sshd_fleet(1, lines=lines)[0], "true")

    assert Status.REFUSED == result.status
    assert "the key is accepted, but the node also wants password" in result.reason
