"""Be all nodes of a soak: sshd on loopback, and before each node a relay that obeys the weather.

A process of its own, so that what it holds does not count as the controller's. It says as JSON which
port is whose, then takes a weather a line and answers each with a line; at the end of its input it
cuts all connections and ends.
"""

from __future__ import annotations

import json
import socket
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nowfab.fleet import sshd
from nowfab.inventory.node import Node
from tests.faults.conftest import key_of
from tests.faults.loop import Loop
from tests.faults.relay import CLEAN, Relay, Toxics
from tests.soak.weather import Toxic


def main(folder: Path, count: int, mark: str) -> None:
    """Run until the input ends."""
    line = f'SetEnv NOWFAB_SOAK={mark} "HOME={folder}/home"'  # sshd heeds the first SetEnv alone
    nodes = sshd.start(folder / "sshd", count, [line], together=sshd.TOGETHER)
    loop = Loop()
    try:
        relays = {
            node.name: Relay(loop, str(node.address), node.port or 0, number % 2 or None)
            for number, node in enumerate(nodes)
        }
        with socket.socket() as nobody:
            nobody.bind(("127.0.0.1", 0))
            _say(_described(nodes, relays, folder / "known_hosts", nobody.getsockname()[1]))
            for line in sys.stdin:
                for name, words in json.loads(line).items():
                    _set(relays[name], Toxic(**words))
                _say({})
    finally:
        loop.close()
        sshd.stop(nodes)


def _say(words: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _described(
    nodes: Sequence[Node], relays: Mapping[str, Relay], known_hosts: Path, refused: int
) -> dict[str, Any]:
    known_hosts.write_text(
        "".join(f"[127.0.0.1]:{relays[node.name].port} {key_of(node)}\n" for node in nodes)
    )
    return {
        "user": nodes[0].user,
        "identity": nodes[0].identity,
        "known_hosts": str(known_hosts),
        "refused": refused,
        "ports": {name: relay.port for name, relay in relays.items()},
    }


def _set(relay: Relay, toxic: Toxic) -> None:
    """Give a relay its fault; every second relay has it for the first connection only."""
    relay.connects = 0
    harm = CLEAN
    if toxic.kind == "latency":
        harm = Toxics(latency=toxic.amount / 1000)
    elif toxic.kind not in ("clean", "refused"):
        harm = Toxics(**{toxic.kind: toxic.amount})
    relay.toxics = {"up": CLEAN, "down": CLEAN, toxic.way: harm}


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
