"""Read a roster from the formats of other tools."""

from __future__ import annotations

from collections.abc import Mapping

from nowfab import groups
from nowfab.errors import FileError, Place
from nowfab.exchange import lists, trees
from nowfab.exchange.roster import Item, Roster
from nowfab.names import is_host_name, shown

FORMATS = (
    "clusterssh",
    "clusterssh-portable",
    "csshx",
    "dsh",
    "genders",
    "clustershell",
    "pssh",
    "ansible",
    "ssh-config",
    "hosts",
)
"""The names behind --from."""

GROUPLESS = ("pssh", "ssh-config", "hosts")
"""Formats without groups: their hosts become one."""


def read(files: Mapping[str, str], format: str, group: str) -> tuple[Roster, tuple[str, ...]]:
    """Read the texts, by the names of their files; `group` is for what has none.

    Gives what was read, and what was there that nowfab does not hold. Raises FileError.
    """
    found, lost = _read(files, format, group)
    file = next(iter(files), "")
    known = {name for name, _ in found.groups}
    for name, items in found.groups:
        if not is_host_name(name):
            raise FileError(Place(file, 1), f"{shown(name)} cannot be the name of a group")
        missing = [item.name for item in items if item.group and item.name not in known]
        if missing:
            raise FileError(
                Place(file, 1), f"`{name}` holds the group {shown(missing[0])}, which is not there"
            )
    return found, lost


def _read(files: Mapping[str, str], format: str, group: str) -> tuple[Roster, tuple[str, ...]]:
    if format == "dsh":
        return lists.dsh(files), ()
    ((file, text),) = files.items()
    match format:
        case "genders":
            return lists.genders(text, file)
        case "clustershell":
            return trees.clustershell(text, file), ()
        case "pssh":
            return lists.pssh(text, file, group), ()
        case "ansible":
            return trees.ansible(text, file)
        case "ssh-config":
            return lists.ssh_config(text, file, group)
        case "hosts":
            return lists.hosts(text, file, group), ()
    return _tags(text, file), ()


def _tags(text: str, file: str) -> Roster:
    known = groups.merge([groups.parse(text, file)])
    return Roster(
        tuple(
            (name, tuple(Item(word.name, word.user, word.port, group) for word, group in known.written(name)))
            for name in known.names
        )
    )
