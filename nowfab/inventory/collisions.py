"""Find out whether new names are anybody's already, in any file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from nowfab.inventory.known import Inventory


def collisions(known: Inventory, wanted: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Give each name that is taken, who has it, and where; case makes no difference to a host's name.

    An entry of nodes.yaml takes a name if it speaks of one computer: an address, a `mac`, `local`.
    """
    taken = _taken(known)
    for name in wanted:
        if name.lower() in taken:
            yield name, *taken[name.lower()]


def _taken(known: Inventory) -> Mapping[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name, place in known.computers():
        found.setdefault(name.lower(), (f"the node `{name}`", str(place)))
    for seat in known.everybody():
        what = f"`{seat.word.name}` in `{seat.group}`"
        found.setdefault(seat.word.name.lower(), (what, str(seat.place)))
    for name in known.groups():
        found[name.lower()] = f"the group `{name}`", str(known.place(name))
    return found
