"""Parse a tags file, ClusterSSH's other format: `host tag tag …`.

It says of each host in which groups it is; it adds to whatever the clusters files say of them.
"""

from __future__ import annotations

from nowfab import names
from nowfab.errors import FileError, NameRefused
from nowfab.groups import lines
from nowfab.groups.clusters import ClustersFile, gathered, member
from nowfab.groups.lines import Member


def parse(text: str, file: str) -> ClustersFile:
    """Read the text of a tags file: the groups that it speaks of, with what it adds. Raises FileError."""
    return gathered(
        file,
        (
            (name, [member(host)])
            for host, *tags in lines.read(text, file)
            for tag in tags
            for name in _names(tag)
        ),
    )


def _names(tag: Member) -> tuple[Member, ...]:
    """Unfold `red{1..3}` into the groups that it means."""
    try:
        return tuple(Member(name, tag.place) for name in names.expand(tag.text))
    except NameRefused as error:
        raise FileError(tag.place, str(error)) from None
