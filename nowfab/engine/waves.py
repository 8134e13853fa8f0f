"""Decide which nodes go together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from nowfab.inventory.node import Node
from nowfab.results import Result

Waves = Callable[[Sequence[Node]], Generator[Sequence[Node], Sequence[Result], None]]
"""Yields the nodes of a wave and receives their results; a node in a later wave gets a new row."""


def at_once(nodes: Sequence[Node]) -> Generator[Sequence[Node], Sequence[Result], None]:
    """Make one wave of all nodes."""
    yield nodes
