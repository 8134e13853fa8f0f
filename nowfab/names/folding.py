"""Write many names as few patterns: `red[01-03,05],blue`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from nowfab.names import checked

_DIGITS = re.compile(r"([0-9]+)")
_MOST_DIGITS = 18


def fold(names: Iterable[str]) -> str:
    """Fold with ClusterShell's RangeSet; patterns come in the order of their first name.

    One run of digits is folded at a time: along several at once, NodeSet takes seconds for a
    thousand addresses. What a range cannot hold (IPv6, huge numbers) stays as it is.
    """
    shapes: dict[tuple[str, ...], list[Sequence[str]]] = {}
    for name in dict.fromkeys(names):
        parts = _DIGITS.split(name) if checked.is_host_name(name) else [name]
        if any(len(run) > _MOST_DIGITS for run in parts[1::2]):
            parts = [name]
        shapes.setdefault(tuple(parts[0::2]), []).append(parts)
    return ",".join(text for members in shapes.values() for text in _fold_shape(members))


def _fold_shape(members: Sequence[Sequence[str]]) -> Iterator[str]:
    """Fold names that differ in their digits only, along the run of digits that differs most."""
    if len(members) == 1:
        yield "".join(members[0])
        return
    runs = range(len(members[0]) - 2, 0, -2)  # the last one wins a tie
    axis = max(runs, key=lambda run: len({parts[run] for parts in members}))
    rows: dict[tuple[str, str], list[str]] = {}
    for parts in members:
        rest = "".join(parts[:axis]), "".join(parts[axis + 1 :])
        rows.setdefault(rest, []).append(parts[axis])
    for (before, behind), indexes in rows.items():
        yield f"{before}{_bracket(indexes)}{behind}"


def _bracket(indexes: Sequence[str]) -> str:
    from ClusterShell.RangeSet import RangeSet

    if len(indexes) == 1:
        return indexes[0]
    folded = RangeSet()
    folded.update(indexes)
    return f"[{folded}]"
