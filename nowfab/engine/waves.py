"""Decide which nodes go together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from itertools import chain, repeat

from nowfab.inventory.node import Node
from nowfab.pace import Share
from nowfab.results import Result

Wave = Generator[Sequence[Node], Sequence[Result], None]
Waves = Callable[[Sequence[Node]], Wave]
"""Yields the nodes of a wave and receives their rows; a node in a later wave goes again."""


def at_once(nodes: Sequence[Node]) -> Wave:
    """Make one wave of all nodes."""
    yield nodes


def serial(sizes: Sequence[Share], inner: Waves) -> Waves:
    """Have so many nodes go through `inner`, then the next; the last size repeats, () is all nodes."""

    def go(nodes: Sequence[Node]) -> Wave:
        for part in parts(nodes, sizes):
            yield from inner(part)

    return go


def ranked(rank: Callable[[Node], int], inner: Waves) -> Waves:
    """Have the nodes of the lowest rank go through `inner`, then those of the next."""

    def go(nodes: Sequence[Node]) -> Wave:
        for wanted in sorted(set(map(rank, nodes))):
            yield from inner([node for node in nodes if rank(node) == wanted])

    return go


def parts(nodes: Sequence[Node], sizes: Sequence[Share]) -> Iterator[Sequence[Node]]:
    """Cut nodes into parts of these sizes, each at least one node."""
    begin = 0
    following = chain(sizes, repeat(sizes[-1] if sizes else Share(100, percent=True)))
    while begin < len(nodes):
        end = begin + max(1, next(following).of(len(nodes)))
        yield nodes[begin:end]
        begin = end


def followed(
    inner: Waves, nodes: Sequence[Node]
) -> Generator[Sequence[Node], Sequence[Result], dict[str, Result]]:
    """Go through `inner` and return the last row of each node, by name."""
    rows: dict[str, Result] = {}
    wave = inner(nodes)
    members = next(wave, None)
    while members:
        results = yield members
        rows |= {result.node: result for result in results}
        members = after(wave, results)
    return rows


def after(wave: Wave, results: Sequence[Result]) -> Sequence[Node] | None:
    """Tell a wave what came of it and give the next one; None after the last."""
    try:
        return wave.send(results)
    except StopIteration:
        return None
