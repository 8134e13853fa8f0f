"""Give the fault tests their relay, their fault server and a controller."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from socket import SHUT_RDWR, create_server, socket

import pytest

from nowfab.inventory.node import Node
from tests.faults import server
from tests.faults.loop import Loop
from tests.faults.relay import CLEAN, Relay, Toxics
from tests.faults.server import Faulty
from tests.machines.conftest import controller as controller

Relayed = Callable[..., tuple[Node, Relay]]
Serve = Callable[..., Faulty]
Talker = Callable[[socket, int], None]
"""What a raw server does with a connection, and the number of it."""
Tcp = Callable[[Talker], tuple[Node, list[int]]]


@pytest.fixture
def loop() -> Iterator[Loop]:
    """Give a loop that ends with the test."""
    it = Loop()
    yield it
    it.close()


@pytest.fixture
def serve(loop: Loop, tmp_path: Path) -> Serve:
    """Give a function that starts a fault server; it takes what `server.start` takes after the name."""
    numbers = itertools.count(1)
    return lambda *words, **more: server.start(loop, tmp_path, f"bad{next(numbers):02}", *words, **more)


@pytest.fixture
def relayed(loop: Loop, tmp_path: Path) -> Relayed:
    """Give a function that puts a relay before a node: the node as it is reached through it, the relay."""

    def put(
        node: Node, up: Toxics = CLEAN, down: Toxics = CLEAN, sick: int | None = None, name: str = ""
    ) -> tuple[Node, Relay]:
        relay = Relay(loop, node.address or "", node.port or 0, sick)
        relay.toxics = {"up": up, "down": down}
        via = replace(through(node, relay, tmp_path), name=name or node.name)
        return via, relay

    return put


@pytest.fixture
def tcp() -> Iterator[Tcp]:
    """Give a function that starts a raw server: the node that it plays, the numbers of its connections."""
    listeners: list[socket] = []

    def start(talk: Talker) -> tuple[Node, list[int]]:
        listener = create_server(("127.0.0.1", 0))
        listeners.append(listener)
        knocks: list[int] = []

        def serve() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    knocks.append(len(knocks) + 1)
                    sock.settimeout(10)
                    with sock, suppress(OSError):
                        talk(sock, len(knocks))

        threading.Thread(target=serve, daemon=True).start()
        return Node("red01", "127.0.0.1", "pi", listener.getsockname()[1]), knocks

    yield start
    for listener in listeners:
        listener.shutdown(SHUT_RDWR)
        listener.close()


def through(node: Node, relay: Relay, folder: Path) -> Node:
    """Give a node as it is reached through a relay, with its key on file for the relay's port."""
    known_hosts = folder / f"relay-{relay.port}.known_hosts"
    known_hosts.write_text(f"[127.0.0.1]:{relay.port} {key_of(node)}\n")
    return replace(node, address="127.0.0.1", port=relay.port, known_hosts=str(known_hosts))


def key_of(node: Node) -> str:
    """Give the host key that the node's known_hosts has for its address."""
    assert node.known_hosts is not None
    for line in Path(node.known_hosts).read_text().splitlines():
        names, key = line.split(None, 1)
        if f"[{node.address}]:{node.port}" in names.split(","):
            return key
    raise LookupError(node.name)
