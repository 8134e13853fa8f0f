"""Find where each word of a groups file stands in its text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nowfab.errors import Place
from nowfab.groups import csshrc, lines
from nowfab.groups.lines import Line
from nowfab.groups.sources import Source

_WORD = re.compile(r"\S+", re.ASCII)
_ENTRY = re.compile(r"(?P<head>\s*(?P<key>\S+))(?P<value>.*)", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Span:
    """A word of a line, and the characters of the file from `start` to before `end` that it takes."""

    text: str
    start: int
    end: int
    place: Place


@dataclass(frozen=True, slots=True)
class Row:
    """What one line says, its continuations joined: a first word and those behind it.

    The first one is a group in a clusters file, a host in a tags file, a key in settings, with `=`
    behind it. `begin` is where that ends, `end` is where one more word would go.
    """

    first: Span
    rest: tuple[Span, ...]
    begin: int
    end: int


def rows(source: Source) -> Iterator[Row]:
    """Give the lines of a file that say something, in its order. Raises FileError."""
    form = csshrc.SETTING if source.kind == "settings" else _ENTRY
    for line in lines.logical(source.text, source.file):
        match = form.fullmatch(line.text)
        if match is not None:
            (first,) = _spans(line, *match.span("key"), source.file)
            rest = tuple(_spans(line, *match.span("value"), source.file))
            last = len(line.text.rstrip(lines.BLANK))
            yield Row(first, rest, line.offset(match.end("head") - 1) + 1, line.offset(last - 1) + 1)


def _spans(line: Line, start: int, end: int, file: str) -> list[Span]:
    return [
        Span(
            match[0],
            line.offset(match.start()),
            line.offset(match.end() - 1) + 1,
            Place(file, line.number(match.start())),
        )
        for match in _WORD.finditer(line.text, start, end)
    ]
