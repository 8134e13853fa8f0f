"""Find nodes that would be reached at one and the same place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from nowfab.inventory.node import Node

_SSH = 22


def doubles(nodes: Iterable[Node]) -> Iterator[tuple[Node, Node]]:
    """Give each node with the one before it that has its address, port and gateway.

    Behind different gateways or at different ports, one address is two computers.
    """
    first: dict[tuple[str, int, str], Node] = {}
    for node in nodes:
        if node.local:
            continue
        place = ((node.address or node.name).lower(), node.port or _SSH, node.via.name if node.via else "")
        other = first.setdefault(place, node)
        if other.name != node.name:
            yield other, node
