"""Gather what the inventory knows of groups into a roster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nowfab.exchange.roster import Host, Item, Roster
from nowfab.inventory import Inventory
from nowfab.names import Word


def roster(known: Inventory, groups: Sequence[str]) -> Roster:
    """Gather these groups and those within them, in order; NoSuchTarget, FileError."""
    found: dict[str, tuple[Item, ...]] = {}
    left = list(groups)
    while left:
        name = left.pop(0)
        if name in found:
            continue
        known.seats(name)  # a circle is told here
        found[name] = tuple(_item(known, word, group) for word, group in known.written(name))
        left += [item.name for item in found[name] if item.group]
    return Roster(tuple(found.items()), tuple(_hosts(known, found.values())))


def _item(known: Inventory, word: Word, group: bool) -> Item:
    """Write a host as it is logged in to: what a group says of it counts before what nodes.yaml says."""
    if group:
        return Item(word.name, word.user, group=True)
    node = known.node(Word(word.name), word)
    return Item(node.name, node.user, node.port)


def _hosts(known: Inventory, groups: Iterable[tuple[Item, ...]]) -> Iterator[Host]:
    names = dict.fromkeys(item.name for items in groups for item in items if not item.group)
    for name in names:
        node = known.node(Word(name))
        via = None if node.via is None else node.via.name
        if node.address or via or node.identity:
            yield Host(name, node.address, via, node.identity)
