"""Give the fault tests their relay, their fault server and a controller."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nowfab.inventory.node import Node
from tests.faults import server
from tests.faults.loop import Loop
from tests.faults.relay import CLEAN, Relay, Toxics
from tests.faults.server import Faulty
from tests.machines.conftest import controller as controller

Relayed = Callable[..., tuple[Node, Relay]]
Serve = Callable[..., Faulty]


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
    numbers = itertools.count(1)

    def put(
        node: Node, up: Toxics = CLEAN, down: Toxics = CLEAN, sick: int | None = None, name: str = ""
    ) -> tuple[Node, Relay]:
        relay = Relay(loop, node.address or "", node.port or 0, sick)
        relay.toxics = {"up": up, "down": down}
        known_hosts = tmp_path / f"relay-{next(numbers)}.known_hosts"
        known_hosts.write_text(f"[127.0.0.1]:{relay.port} {key_of(node)}\n")
        via = replace(
            node,
            name=name or node.name,
            address="127.0.0.1",
            port=relay.port,
            known_hosts=str(known_hosts),
        )
        return via, relay

    return put


def key_of(node: Node) -> str:
    """Give the host key that the node's known_hosts has for its address."""
    assert node.known_hosts is not None
    for line in Path(node.known_hosts).read_text().splitlines():
        names, key = line.split(None, 1)
        if f"[{node.address}]:{node.port}" in names.split(","):
            return key
    raise LookupError(node.name)
