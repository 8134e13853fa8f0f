"""Split a file into lines as ClusterSSH's files are written: comments, blanks, continuations.

The rules are those of ClusterSSH 4.16 (App::ClusterSSH::Base, load_file): a line whose first
column is `#` is skipped, a `#` anywhere ends a line, a backslash at the end continues it. Where
ClusterSSH would lose the rest of a line without a word, this is an error.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nowfab.errors import FileError, Place

MOST = 500_000
"""Lines of one file, and words of one file; people have a thousandth of it."""

_COMMENT = re.compile(r"\s*#.*", re.ASCII | re.DOTALL)
_WORD = re.compile(r"\S+", re.ASCII)
BLANK = " \t\r\n\f\v"


@dataclass(frozen=True, slots=True)
class Member:
    """One word of a line as it was written, and where it stands.

    With `host` it is a host even where there is a group of that name.
    """

    text: str
    place: Place
    host: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line with its continuations joined: where each piece begins, here and in the file, and its number."""

    text: str
    starts: tuple[int, ...]
    numbers: tuple[int, ...]
    offsets: tuple[int, ...]

    def number(self, at: int) -> int:
        """Tell in which line of the file a character stands."""
        return self.numbers[self._piece(at)]

    def offset(self, at: int) -> int:
        """Tell at which character of the whole file a character stands."""
        piece = self._piece(at)
        return self.offsets[piece] + at - self.starts[piece]

    def _piece(self, at: int) -> int:
        return bisect_right(self.starts, at) - 1


def read(text: str, file: str) -> Iterator[list[Member]]:
    """Give the words of each line that says something, at least one. Raises FileError."""
    left = MOST
    for line in logical(text, file):
        words = _words(line, file, left)
        left -= len(words)
        yield words


def logical(text: str, file: str) -> Iterator[Line]:
    """Give the lines that say something, comments dropped, continuations joined. Raises FileError."""
    if text.count("\n") > MOST:
        raise FileError(Place(file, MOST), f"more than {MOST:,} lines in one file")
    offset = len(text) - len(text := text.removeprefix("\ufeff"))
    pieces: list[str] = []
    numbers: list[int] = []
    offsets: list[int] = []
    for number, raw in enumerate(text.split("\n"), 1):
        comment = raw.startswith("#")
        if comment and pieces:
            what = "a comment stands between continued lines, where cssh would drop the rest"
            raise FileError(Place(file, number), what)
        piece = "" if comment else _COMMENT.sub("", raw).rstrip(BLANK)
        goes_on = piece.endswith("\\")
        pieces.append(piece[:-1] if goes_on else piece)
        numbers.append(number)
        offsets.append(offset)
        offset += len(raw) + 1
        if goes_on:
            continue
        yield from _joined(pieces, numbers, offsets)
        pieces, numbers, offsets = [], [], []
    yield from _joined(pieces, numbers, offsets)


def _joined(pieces: Sequence[str], numbers: Sequence[int], offsets: Sequence[int]) -> Iterator[Line]:
    text = "".join(pieces)
    if not text.strip(BLANK):
        return
    starts = [0]
    for piece in pieces[:-1]:
        starts.append(starts[-1] + len(piece))
    yield Line(text, tuple(starts), tuple(numbers), tuple(offsets))


def _words(line: Line, file: str, most: int) -> list[Member]:
    if len(line.numbers) == 1:  # most are; with 100,000 words the long way takes a second
        place = Place(file, line.numbers[0])
        texts = _WORD.findall(line.text)
        if len(texts) > most + 1:
            raise _too_many(place)
        return [Member(text, place) for text in texts]
    places = {number: Place(file, number) for number in line.numbers}
    found: list[Member] = []
    for match in _WORD.finditer(line.text):
        place = places[line.number(match.start())]
        if len(found) > most:
            raise _too_many(place)
        found.append(Member(match[0], place))
    return found


def _too_many(place: Place) -> FileError:
    return FileError(place, f"more than {MOST:,} members in one file")
