"""Draw what the network does to each node in one run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["clean", "latency", "limit_data", "reset_peer", "blackhole", "bitflip", "refused"]

SHORT: tuple[Kind, ...] = ("latency", "limit_data", "reset_peer", "bitflip", "refused")
LONG: tuple[Kind, ...] = (*SHORT, "blackhole")
"""With the one that costs a deadline or the silence limit."""


@dataclass(frozen=True, slots=True)
class Toxic:
    """One fault in one direction; `amount` is in bytes, for latency in milliseconds."""

    kind: Kind = "clean"
    way: Literal["up", "down"] = "up"
    amount: int = 0

    @property
    def harmless(self) -> bool:
        """Say whether nothing may go wrong."""
        return self.kind in ("clean", "latency")


def draw(names: Sequence[str], chance: random.Random) -> dict[str, Toxic]:
    """Give each node its fault: none at all in a fair run, one for a third of the nodes in a foul one."""
    sky = chance.choices(("fair", "foul", "black"), (3, 5, 1))[0]
    if sky == "fair":
        return dict.fromkeys(names, Toxic())
    kinds = LONG if sky == "black" else SHORT
    return {name: _toxic(kinds, chance) if chance.random() < 1 / 3 else Toxic() for name in names}


def _toxic(kinds: Sequence[Kind], chance: random.Random) -> Toxic:
    kind = chance.choice(kinds)
    amount = chance.randrange(50) if kind == "latency" else int(10 ** chance.uniform(0, 4.5))
    return Toxic(kind, chance.choice(("up", "down")), amount)
