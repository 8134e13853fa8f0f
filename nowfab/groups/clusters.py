"""Parse a clusters file, ClusterSSH's format: `tag member member …`.

The same tag again adds members. Where ClusterSSH would lose members without a word, this is an error.
"""

from __future__ import annotations

from dataclasses import dataclass

from nowfab import names
from nowfab.errors import FileError, NameRefused, Place
from nowfab.groups import lines
from nowfab.groups.lines import Member


@dataclass(frozen=True, slots=True)
class Group:
    """A tag with the words behind it, in the order of the file; `place` is its first line."""

    name: str
    members: tuple[Member, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class ClustersFile:
    """What one clusters file says; each tag once."""

    file: str
    groups: tuple[Group, ...]


def parse(text: str, file: str) -> ClustersFile:
    """Read the text of a clusters file; `file` is its name in messages. Raises FileError."""
    places: dict[str, Place] = {}
    members: dict[str, list[Member]] = {}
    for tag, *words in lines.read(text, file):
        check_tag(tag)
        for word in words:
            check_member(word)
        places.setdefault(tag.text, tag.place)
        members.setdefault(tag.text, []).extend(words)
    return ClustersFile(file, tuple(Group(tag, tuple(members[tag]), places[tag]) for tag in places))


def check_tag(tag: Member) -> None:
    """Refuse what cannot be the name of a group, at the line where it stands. Raises FileError."""
    if not names.is_host_name(tag.text):
        hint = "letters, digits, `.`, `_` and `-`, and none of the last two in front"
        raise FileError(tag.place, f"{names.shown(tag.text)} cannot be the name of a group; it takes {hint}")


def check_member(word: Member) -> None:
    """Refuse what cannot be a member, at the line where it stands. Raises FileError."""
    try:
        names.check(word.text)
    except NameRefused as error:
        raise FileError(word.place, str(error)) from None
