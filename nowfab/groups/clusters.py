"""Parse a clusters file, ClusterSSH's format: `tag member member …`.

The same tag again adds members. Where ClusterSSH would lose members without a word, this is an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from nowfab import names
from nowfab.errors import FileError, NameRefused, Place
from nowfab.groups import lines
from nowfab.groups.lines import Member

_WINDOW = re.compile(r"=[0-9]+[^0-9][0-9]+[^0-9][0-9]+[^0-9][0-9]+\Z")


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
    return gathered(file, ((tag, map(member, words)) for tag, *words in lines.read(text, file)))


def gathered(file: str, said: Iterable[tuple[Member, Iterable[Member]]]) -> ClustersFile:
    """Put together what is said of each tag, in order; its place is where it is first named. FileError."""
    places: dict[str, Place] = {}
    members: dict[str, list[Member]] = {}
    for tag, words in said:
        check_tag(tag)
        places.setdefault(tag.text, tag.place)
        members.setdefault(tag.text, []).extend(words)
    return ClustersFile(file, tuple(Group(tag, tuple(members[tag]), places[tag]) for tag in places))


def check_tag(tag: Member) -> None:
    """Refuse what cannot be the name of a group, at the line where it stands. Raises FileError."""
    if not names.is_host_name(tag.text):
        hint = "letters, digits, `.`, `_` and `-`, and none of the last two in front"
        raise FileError(tag.place, f"{names.shown(tag.text)} cannot be the name of a group; it takes {hint}")


def member(word: Member) -> Member:
    """Give a member without the place of its window (`red01=80x24+0+0`), which only a host can have.

    App::ClusterSSH::Host, parse_host_string. Raises FileError.
    """
    text = _WINDOW.sub("", word.text) if "=" in word.text else word.text
    found = word if text == word.text else Member(text, word.place, host=True)
    try:
        names.check(found.text)
    except NameRefused as error:
        raise FileError(word.place, str(error)) from None
    return found
