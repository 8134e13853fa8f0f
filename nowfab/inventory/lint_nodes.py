"""Find what is wrong in nodes.yaml: two nodes at one address, an entry that is called like a group."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.groups.finding import Finding, error, warning
from nowfab.groups.sources import Source
from nowfab.inventory import known, nodes
from nowfab.inventory.doubles import doubles
from nowfab.names import Word


def findings(text: str, file: str, sources: Sequence[Source]) -> Iterator[Finding]:
    """Look at a nodes.yaml; `sources` are the groups files, which may be wrong themselves."""
    try:
        nodes.parse(text, file)
        inventory = known.build(sources, (file, text))
        each = [inventory.node(Word(name)) for name in inventory.alone()]
    except FileError as refused:
        place = refused.place if isinstance(refused.place, Place) else Place(str(refused.place), 1)
        if place.file == file:  # else lint has told that of a groups file
            yield error(
                "nodes", place, refused.what, "see the comments in the file that `nowfab init` writes"
            )
        return
    for first, second in doubles(each):
        what = f"`{second.name}` has the address of `{first.name}`, {second.address or second.name}"
        mend = "give each its own, or another port or gateway where that leads to another computer"
        yield warning("address", _place(inventory, second.name), what, mend)
    for name, place in inventory.strangers():
        what = f"no file defines the group {names.shown(name)}, so this holds for nobody"
        yield warning("group", place, what, "name it as the groups files do, or take this out")
    for name in inventory.alone():
        if inventory.has_group(name):
            what = (
                f"this speaks of a node `{name}`, not of the members of the group at {inventory.place(name)}"
            )
            mend = "put it under `groups:`, or write a range of its nodes such as `red[01-05]`"
            yield warning("group", _place(inventory, name), what, mend)


def _place(inventory: known.Inventory, name: str) -> Place:
    place = inventory.entry(name)
    assert place is not None
    return place
