"""Draw what a node is to do, with what must come of it where nothing goes wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass

from nowfab.results import Status

MOST = 3_000_000
"""Bytes of output that one command gives at most."""


@dataclass(frozen=True, slots=True)
class Chore:
    """A command. `script` is what it does after it has signed the ledger."""

    script: str
    status: Status
    code: int | None = 0
    stdout: tuple[bytes, int] = (b"", 0)
    timeout: float | None = None

    @property
    def output(self) -> bytes:
        """Give what it writes: a text again and again, up to so many bytes."""
        text, size = self.stdout
        return (text * (size // len(text) + 1))[:size] if text else b""


def draw(chance: random.Random) -> Chore:
    """Choose one."""
    return chance.choice((_fine, _fine, _fails, _writes, _reads, _late, _family, _dies))(chance)


def _fine(chance: random.Random) -> Chore:
    return Chore(f"sleep {chance.uniform(0, 0.5):.2f}; echo done", Status.OK, stdout=(b"done\n", 5))


def _fails(chance: random.Random) -> Chore:
    code = chance.randrange(1, 256)
    return Chore(f"exit {code}", Status.FAILED, code)


def _writes(chance: random.Random) -> Chore:
    size = min(MOST, int(10 ** chance.uniform(2, 7)))
    word = f"{chance.randrange(10**9)}"
    return Chore(f"yes {word} | head -c {size}", Status.OK, stdout=(f"{word}\n".encode(), size))


def _reads(chance: random.Random) -> Chore:
    return Chore("cat; echo end", Status.OK, stdout=(b"end\n", 4))


def _late(chance: random.Random) -> Chore:
    return Chore("sleep 900", Status.TIMED_OUT, None, timeout=chance.uniform(0.2, 2))


def _family(chance: random.Random) -> Chore:
    script = "sleep 901 & sleep 902 | sleep 903"
    return Chore(script, Status.TIMED_OUT, None, timeout=chance.uniform(0.2, 2))


def _dies(chance: random.Random) -> Chore:
    return Chore("kill -9 $$", Status.SIGNALED, None)
