"""Make names for many nodes: by number, cluster after cluster, or after colours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nowfab.errors import NameRefused
from nowfab.names import checked, patterns

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_FEWEST = {"cluster": 2, "node": 3, "color": 2}
"""Digits at least: cluster01, node001, red01."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A cluster's name, which is no node's, and its nodes; the first one is the master."""

    name: str
    nodes: tuple[str, ...]

    @property
    def master(self) -> str:
        """The node with the lowest number."""
        return self.nodes[0]


def numbered(clusters: int, size: int, first: int = 1) -> tuple[Cluster, ...]:
    """Name clusters and nodes by number: node = (cluster - 1) * size + position; NameRefused for too many.

    The formula is that of the chapter on clusters of Pis; numbers get as many digits as the last one needs.
    """
    last = first + clusters - 1
    _limit(last * size)
    return tuple(
        Cluster(
            f"cluster{_number(cluster, last, 'cluster')}",
            tuple(
                f"node{_number((cluster - 1) * size + position, last * size, 'node')}"
                for position in range(1, size + 1)
            ),
        )
        for cluster in range(first, last + 1)
    )


def coloured(colors: Sequence[str], size: int) -> tuple[Cluster, ...]:
    """Name nodes after the colour of their cluster: red01, red02; NameRefused."""
    _limit(len(colors) * size)
    return tuple(
        Cluster(
            label(color),
            tuple(label(f"{color}{_number(node, size, 'color')}") for node in range(1, size + 1)),
        )
        for color in colors
    )


def label(text: str) -> str:
    """Check what a computer may be called (RFC 1123, 2.1): letters, digits, hyphens within, 63 at most."""
    if _LABEL.fullmatch(text):
        return text
    hint = "letters, digits and hyphens within, at most 63"
    raise NameRefused(f"{checked.shown(text)} cannot be the name of a computer; it takes {hint} (RFC 1123)")


def _number(number: int, last: int, what: str) -> str:
    return f"{number:0{max(_FEWEST[what], len(str(last)))}}"


def _limit(count: int) -> None:
    if count > patterns.LIMIT:
        raise NameRefused(f"{count:,} nodes are more than {patterns.LIMIT:,}")
