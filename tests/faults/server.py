"""Be an SSH server that misbehaves in one chosen way, with a ledger of what was asked of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import asyncssh
from asyncssh.process import SSHServerProcess

from nowfab.inventory.node import Node
from tests.faults.loop import Loop

Process = asyncssh.SSHServerProcess[bytes]
Act = Callable[[Process], Awaitable[None]]


@dataclass
class Ledger:
    """What the server saw: the oracle against which a row is held."""

    connects: int = 0
    keys: int = 0
    passwords: list[str] = field(default_factory=list)
    entered: int = 0
    execs: list[str] = field(default_factory=list)
    sent: int = 0


@dataclass(frozen=True)
class Behaviour:
    """How the server behaves; without a word it is a good one.

    act       what it does for a command
    session   its answer to a channel open: opened, refused or none
    answer    whether an exec request is answered
    ways      how one may log in
    login     what happens when somebody begins to: hear, hang, hang up with a message, or open to all
    keys_at_most  a disconnect follows when more are offered (sshd's MaxAuthTries)
    banner    text before the authentication
    options   for asyncssh.listen
    """

    act: Act | None = None
    session: Literal["opened", "refused", "none"] = "opened"
    answer: bool = True
    ways: tuple[str, ...] = ("publickey",)
    login: Literal["hear", "hang", "hang up", "open"] = "hear"
    keys_at_most: int | None = None
    banner: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


GOOD = Behaviour()


class FaultServer(asyncssh.SSHServer):
    """One connection to the server."""

    def __init__(self, behaviour: Behaviour, ledger: Ledger, key: asyncssh.SSHKey) -> None:
        self._behaviour = behaviour
        self._ledger = ledger
        self._key = key
        self._offered = 0
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        """Note who came."""
        self._connection = conn
        self._ledger.connects += 1

    async def begin_auth(self, username: str) -> bool:
        """Say that one must log in, or do what the behaviour wants."""
        assert self._connection is not None
        if self._behaviour.banner:
            self._connection.send_auth_banner(self._behaviour.banner)
        if self._behaviour.login == "hang":
            await asyncio.sleep(60)
        if self._behaviour.login == "hang up":
            raise asyncssh.DisconnectError(asyncssh.DISC_BY_APPLICATION, "closed for today")
        return self._behaviour.login != "open"

    def auth_completed(self) -> None:
        """Note who was let in."""
        self._ledger.entered += 1

    def public_key_auth_supported(self) -> bool:
        """Say whether keys are taken."""
        return "publickey" in self._behaviour.ways

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Take the one key of the tests."""
        self._ledger.keys += 1
        self._offered += 1
        most = self._behaviour.keys_at_most
        if most is not None and self._offered > most:
            raise asyncssh.DisconnectError(2, "Too many authentication failures")
        return key.public_data == self._key.public_data

    def password_auth_supported(self) -> bool:
        """Say whether passwords are taken."""
        return "password" in self._behaviour.ways

    def validate_password(self, username: str, password: str) -> bool:
        """Take none, but remember them."""
        self._ledger.passwords.append(password)
        return False

    def kbdint_auth_supported(self) -> bool:
        """Say whether questions are asked."""
        return "keyboard-interactive" in self._behaviour.ways

    def get_kbdint_challenge(self, username: str, lang: str, submethods: str) -> asyncssh.KbdIntChallenge:
        """Ask for a one-time password."""
        return ("", "", "en", [("Verification code: ", False)])

    def validate_kbdint_response(self, username: str, responses: asyncssh.KbdIntResponse) -> bool:
        """Take none, but remember them."""
        self._ledger.passwords.extend(responses)
        return False

    def session_requested(self) -> Any:
        """Open a channel, refuse it, or never say."""
        if self._behaviour.session == "refused":
            return False
        if self._behaviour.session == "none":
            return asyncio.sleep(60)
        if not self._behaviour.answer:
            return Unanswered(self._ledger)
        return SSHServerProcess(self._act, None, 3, False)

    async def _act(self, process: Process) -> None:
        self._ledger.execs.append(process.command or "")
        if self._behaviour.act is None:
            process.exit(0)
        else:
            await self._behaviour.act(process)


class Unanswered(asyncssh.SSHServerSession[bytes]):
    """A session in which a request gets no answer."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def exec_requested(self, command: str) -> bool:
        """Note it; None is no answer at all."""
        self._ledger.execs.append(command)
        return None  # type: ignore[return-value]


@dataclass
class Faulty:
    """A server that runs: what nowfab gets as a node, and what the server saw."""

    node: Node
    ledger: Ledger


def start(
    loop: Loop,
    folder: Path,
    name: str,
    behaviour: Behaviour = GOOD,
    host_key: asyncssh.SSHKey | None = None,
    known_key: asyncssh.SSHKey | None = None,
    host: str = "127.0.0.1",
) -> Faulty:
    """Start a server; known_hosts has `known_key`, by default the key that it shows."""
    ledger = Ledger()
    host_key = host_key or asyncssh.generate_private_key("ssh-ed25519")
    key = asyncssh.generate_private_key("ssh-ed25519")
    identity, known_hosts = folder / f"{name}.id", folder / f"{name}.known_hosts"
    identity.touch(0o600)
    identity.write_bytes(key.export_private_key())

    async def listen() -> int:
        options: dict[str, Any] = {
            "encoding": None,
            "server_host_keys": [host_key],
            "line_editor": False,
            "login_timeout": 60,
            **behaviour.options,
        }
        server = await asyncssh.listen(
            host, 0, server_factory=lambda: FaultServer(behaviour, ledger, key), **options
        )
        return loop.listens(server)

    port = loop.do(listen())
    known = (known_key or host_key).export_public_key().decode()
    known_hosts.write_text(f"[{host}]:{port} {known}")
    node = Node(name, host, "pi", port, str(identity), fleet="faults", known_hosts=str(known_hosts))
    return Faulty(node, ledger)
