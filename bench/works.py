"""Know the works that all are put to, and what each node must answer."""

from __future__ import annotations

import hashlib
import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bench import nodes

SIZES = (20, 200, 500)
FANOUT = 64
CONNECT_TIMEOUT = 10


@dataclass(frozen=True, slots=True)
class Work:
    """One command on some nodes; `sha256` is of what a node must answer, None when that is nothing."""

    name: str
    title: str
    command: str
    alive: tuple[str, ...]
    fanout: int = FANOUT
    sha256: str | None = None
    dead: tuple[str, ...] = ()

    @property
    def targets(self) -> tuple[str, ...]:
        """Give all addresses; dead ones stand among the others as they would in a fleet."""
        spread = [address for pair in zip(self.alive, self.dead, strict=False) for address in pair]
        return (*spread, *self.alive[len(self.dead) :], *self.dead[len(self.alive) :])


def choose(letters: Iterable[str], limit: int, folder: Path, own_namespace: bool) -> list[Work]:
    """Make the works of these letters, each on at most `limit` nodes."""
    made: list[Work] = []
    many = min(500, limit)
    hostname = _sha256(f"{socket.gethostname()}\n".encode())
    if "a" in letters:
        for size in sorted({min(size, limit) for size in SIZES}):
            made.append(
                Work(f"a-{size}", f"`hostname` on {size} nodes", "hostname", _first(size), sha256=hostname)
            )
    if "d" in letters:
        made.append(Work("d", "start-up: `true` on one node", "true", _first(1), fanout=1))
    if "b" in letters:
        command, said = "sleep 5; echo slept", _sha256(b"slept\n")
        made.append(Work("b", f"`sleep 5` on {many} nodes at once", command, _first(many), many, said))
    if "e" in letters and own_namespace:
        half = many // 2
        title = f"`hostname` on {2 * half} nodes, {half} of which drop packets"
        gone = tuple(map(nodes.dead, range(half)))
        made.append(Work("e", title, "hostname", _first(half), sha256=hostname, dead=gone))
    if "c" in letters:
        few, sha256 = min(20, limit), _large(folder / "large")
        title = f"13 MB of output from each of {few} nodes"
        made.append(Work("c", title, f"cat {folder}/large", _first(few), sha256=sha256))
    return made


def warm() -> Work:
    """Give a small work that shows whether a peer works at all."""
    return Work("warm", "one node", "hostname", _first(1), 1, _sha256(f"{socket.gethostname()}\n".encode()))


def needed(letters: Iterable[str], limit: int) -> int:
    """Give the number of nodes that these works need."""
    return min(limit, max({"a": 500, "b": 500, "c": 20, "d": 1, "e": 250}[letter] for letter in letters))


def _first(number: int) -> tuple[str, ...]:
    return tuple(map(nodes.alive, range(number)))


def _large(path: Path) -> str:
    """Write 13 MB of text, as a log would be; every line differs."""
    chance = random.Random(13)  # noqa: S311 # the same bytes in every run
    lines = (f"{number:06d} {chance.randbytes(46).hex()}\n" for number in range(130_000))
    data = "".join(lines).encode()
    path.write_bytes(data)
    path.chmod(0o644)
    return _sha256(data)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
