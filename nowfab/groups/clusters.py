"""Parse a clusters file, ClusterSSH's format: `tag member member …`.

The rules are those of ClusterSSH 4.16 (App::ClusterSSH::Base, load_file): a line whose first
column is `#` is skipped, a `#` anywhere ends a line, a backslash at the end continues it, the
same tag again adds members. Where ClusterSSH would lose members without a word, this is an error.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nowfab import names
from nowfab.errors import FileError, NameRefused, Place

MOST = 500_000
"""Lines of one file, and words of one file; people have a thousandth of it."""

_COMMENT = re.compile(r"\s*#.*", re.ASCII | re.DOTALL)
_WORD = re.compile(r"\S+", re.ASCII)
_BLANK = " \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Member:
    """One word of a group as it was written: a pattern of nodes, or of other groups."""

    text: str
    place: Place


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


@dataclass(frozen=True, slots=True)
class _Line:
    """A line with its continuations joined: where each piece begins, and its number."""

    text: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]

    def number(self, at: int) -> int:
        """Tell in which line of the file a character stands."""
        return self.numbers[bisect_right(self.starts, at) - 1]


def parse(text: str, file: str) -> ClustersFile:
    """Read the text of a clusters file; `file` is its name in messages. Raises FileError."""
    places: dict[str, Place] = {}
    members: dict[str, list[Member]] = {}
    left = MOST
    if text.count("\n") > MOST:
        raise FileError(Place(file, MOST), f"more than {MOST:,} lines in one file")
    for line in _lines(text.removeprefix("\ufeff"), file):
        tag, *words = _words(line, file, left)
        left -= len(words)
        _check(tag, words)
        places.setdefault(tag.text, tag.place)
        members.setdefault(tag.text, []).extend(words)
    return ClustersFile(file, tuple(Group(tag, tuple(members[tag]), places[tag]) for tag in places))


def _lines(text: str, file: str) -> Iterator[_Line]:
    """Give the lines that say something, comments dropped, continuations joined."""
    pieces: list[str] = []
    numbers: list[int] = []
    for number, raw in enumerate(text.split("\n"), 1):
        comment = raw.startswith("#")
        if comment and pieces:
            what = "a comment stands between continued lines, where cssh would drop the rest"
            raise FileError(Place(file, number), what)
        piece = "" if comment else _COMMENT.sub("", raw).rstrip(_BLANK)
        goes_on = piece.endswith("\\")
        pieces.append(piece[:-1] if goes_on else piece)
        numbers.append(number)
        if goes_on:
            continue
        yield from _joined(pieces, numbers)
        pieces, numbers = [], []
    yield from _joined(pieces, numbers)


def _joined(pieces: Sequence[str], numbers: Sequence[int]) -> Iterator[_Line]:
    text = "".join(pieces)
    if not text.strip(_BLANK):
        return
    starts = [0]
    for piece in pieces[:-1]:
        starts.append(starts[-1] + len(piece))
    yield _Line(text, tuple(starts), tuple(numbers))


def _words(line: _Line, file: str, most: int) -> list[Member]:
    places = {number: Place(file, number) for number in line.numbers}
    found: list[Member] = []
    for match in _WORD.finditer(line.text):
        place = places[line.number(match.start())]
        if len(found) > most:
            raise FileError(place, f"more than {MOST:,} members in one file")
        found.append(Member(match[0], place))
    return found


def _check(tag: Member, words: Sequence[Member]) -> None:
    """Refuse a tag or a member that cannot be meant, at the line where it stands."""
    if not names.is_host_name(tag.text):
        hint = "letters, digits, `.`, `_` and `-`, and none of the last two in front"
        raise FileError(tag.place, f"{names.shown(tag.text)} cannot be the name of a group; it takes {hint}")
    for word in words:
        try:
            names.check(word.text)
        except NameRefused as error:
            raise FileError(word.place, str(error)) from None
