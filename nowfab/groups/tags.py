"""Parse a tags file, ClusterSSH's other format: `host tag tag …`.

It says of each host in which groups it is; it adds to whatever the clusters files say of them.
"""

from __future__ import annotations

from nowfab import names
from nowfab.errors import FileError, NameRefused, Place
from nowfab.groups import lines
from nowfab.groups.clusters import ClustersFile, Group, check_tag, member
from nowfab.groups.lines import Member


def parse(text: str, file: str) -> ClustersFile:
    """Read the text of a tags file: the groups that it speaks of, with what it adds. Raises FileError."""
    places: dict[str, Place] = {}
    members: dict[str, list[Member]] = {}
    for host, *tags in lines.read(text, file):
        for tag in tags:
            for name in _names(tag):
                places.setdefault(name, tag.place)
                members.setdefault(name, []).append(member(host))
    return ClustersFile(file, tuple(Group(tag, tuple(members[tag]), places[tag]) for tag in places))


def _names(tag: Member) -> tuple[str, ...]:
    """Unfold `red{1..3}` into the groups that it means."""
    try:
        found = names.expand(tag.text)
    except NameRefused as error:
        raise FileError(tag.place, str(error)) from None
    for name in found:
        check_tag(Member(name, tag.place))
    return found
