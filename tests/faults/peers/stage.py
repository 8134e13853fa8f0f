"""Start one faulty node, for one program that is to meet it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from socket import create_server, socket

import asyncssh

from nowfab.fleet import keypair
from nowfab.inventory.node import Node
from tests.faults import server
from tests.faults.conftest import through
from tests.faults.loop import Loop
from tests.faults.relay import CLEAN, Relay, Toxics
from tests.faults.server import GOOD, Behaviour


@dataclass(frozen=True, slots=True)
class Bad:
    """The faulty node: how it is reached, more lines for its ssh_config, what it saw if it can tell."""

    node: Node
    config: tuple[str, ...] = ()
    ledger: server.Ledger | None = None


@dataclass(slots=True)
class Stage:
    """Where faulty nodes stand; `well` is a real sshd."""

    folder: Path
    well: Node
    loop: Loop = field(default_factory=Loop)
    _sockets: list[socket] = field(default_factory=list)

    def closed(self) -> Bad:
        """Give a port where nobody listens."""
        with create_server(("127.0.0.1", 0)) as listener:
            return Bad(self._at(listener))

    def deaf(self) -> Bad:
        """Give a port whose queue is full: the system drops who knocks."""
        listener = create_server(("127.0.0.1", 0), backlog=0)
        self._sockets.append(listener)
        for _ in range(4):
            knock = socket()
            knock.setblocking(False)
            knock.connect_ex(listener.getsockname())
            self._sockets.append(knock)
        return Bad(self._at(listener))

    def talking(self, talk: Callable[[socket], None]) -> Bad:
        """Give a raw server that does this with each connection."""
        listener = create_server(("127.0.0.1", 0))
        self._sockets.append(listener)

        def one(sock: socket) -> None:
            with sock, suppress(OSError):
                talk(sock)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    self._sockets.append(sock)
                    threading.Thread(target=one, args=(sock,), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        return Bad(self._at(listener))

    def behaving(self, behaviour: Behaviour = GOOD, known_key: asyncssh.SSHKey | None = None) -> Bad:
        """Give an SSH server that misbehaves in one way."""
        faulty = server.start(self.loop, self.folder, "faulty", behaviour, known_key=known_key)
        return Bad(faulty.node, ledger=faulty.ledger)

    def relayed(self, up: Toxics = CLEAN, down: Toxics = CLEAN) -> Bad:
        """Give the real sshd behind a relay with toxics."""
        relay = Relay(self.loop, self.well.address or "", self.well.port or 0)
        relay.toxics = {"up": up, "down": down}
        return Bad(through(self.well, relay, self.folder))

    def healthy(self, *config: str, **changes: str) -> Bad:
        """Give the real sshd, reached in another way."""
        return Bad(replace(self.well, **changes), config)  # type: ignore[arg-type]

    def other_key(self) -> str:
        """Make a key that opens nothing."""
        keypair.make(self.folder / "other")
        return str(self.folder / "other")

    def _at(self, listener: socket) -> Node:
        return replace(self.well, address="127.0.0.1", port=listener.getsockname()[1])

    def close(self) -> None:
        """End what was started."""
        for each in self._sockets:
            each.close()
        self.loop.close()


@contextmanager
def stage(folder: Path, well: Node) -> Iterator[Stage]:
    """Open a stage in a folder of its own."""
    folder.mkdir(parents=True)
    it = Stage(folder, well)
    try:
        yield it
    finally:
        it.close()


def silent(sock: socket) -> None:
    """Say nothing."""
    time.sleep(60)


def dripping(sock: socket) -> None:
    """Send a line before the banner, again and again."""
    for _ in range(60):
        sock.sendall(b"please hold the line\r\n")
        time.sleep(1)


def endless(sock: socket) -> None:
    """Send a line that never ends."""
    for _ in range(2000):
        sock.sendall(b"x" * 65536)
        time.sleep(0.005)


def half(sock: socket) -> None:
    """Send the banner, and no more."""
    sock.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
    time.sleep(60)


def web(sock: socket) -> None:
    """Be a web server."""
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
