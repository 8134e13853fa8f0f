"""Have nodes that ended well do a second thing once all are through; a row tells of both."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from nowfab.inventory.node import Node
from nowfab.results import GOOD, Report, Result, Status


def followed_by(
    go: Callable[[Sequence[Node]], Report], first: Report, nodes: Sequence[Node], untold: str
) -> Report:
    """Have `go` carry the second thing out; `untold` is said where the run ended before a node's turn."""
    well = {row.node for row in first.results if row.status in GOOD}
    if not well:
        return first
    then = {row.node: row for row in go([node for node in nodes if node.name in well]).results}
    rows = (_joined(row, then[row.node], untold) if row.node in then else row for row in first.results)
    return replace(first, results=tuple(rows))


def _joined(first: Result, then: Result, untold: str) -> Result:
    """Make one row: the second end is the end of both, and what was changed first is told all the same.

    A node whose second turn never came is not `cancelled`, for that would say that nothing was sent.
    """
    if then.status is Status.CANCELLED:
        then = replace(then, status=Status.FAILED, reason=f"{untold}: {then.reason}")
    return replace(
        then,
        status=first.status if then.status is Status.OK else then.status,
        changes=(*first.changes, *then.changes),
        seconds=first.seconds + then.seconds,
        attempts=max(first.attempts, then.attempts),
    )
