"""Split a line of ssh_config into its keyword and its words."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nowfab.errors import FileError, Place

_KEYWORD = re.compile(r'[ \t]*(?:"([^"]*)"|([^\s="#][^\s="]*))[ \t]*=?[ \t]*')

_PIECE = re.compile(
    r"""\\(?P<escaped>["'\\ ])"""
    r"""|"(?P<double>(?:\\["'\\]|[^"])*)"|'(?P<single>(?:\\["'\\]|[^'])*)'"""
    r"""|(?P<open>["'])|(?P<plain>[^ \t])"""
)
"""A piece of a word, as OpenSSH's argv_split (misc.c) takes it apart."""

_SPECIAL = re.compile(r"""[#"'\\]""")

_ESCAPE = re.compile(r"""\\(["'\\])""")


@dataclass(frozen=True, slots=True)
class Directive:
    """One line that says something: the keyword as OpenSSH knows it, and as it was typed."""

    keyword: str
    typed: str
    words: tuple[str, ...]
    place: Place


def split(line: str, place: Place) -> tuple[str, str] | None:
    """Give a line's keyword and what follows it; None for an empty line or a comment."""
    line = line.rstrip(" \t\r\f\v")
    if not line.lstrip(" \t") or line.lstrip(" \t")[0] == "#":
        return None
    found = _KEYWORD.match(line)
    if found is None:
        raise FileError(place, f"no keyword in `{shown(line)}`")
    rest = line[found.end() :]
    if not rest:
        raise FileError(place, f"a value is missing behind `{shown(found[1] or found[2] or line)}`")
    return found[1] or found[2] or "", rest


def words(rest: str, place: Place) -> tuple[str, ...]:
    """Split what follows a keyword into words: quotes keep blanks, `#` begins a comment."""
    if _SPECIAL.search(rest) is None:
        return tuple(word for word in rest.replace("\t", " ").split(" ") if word)
    found: list[str] = []
    at = 0
    while at < len(rest):
        if rest[at] in " \t":
            at += 1
        elif rest[at] == "#":
            break
        else:
            word, at = _word(rest, at, place)
            found.append(word)
    return tuple(found)


def shown(text: str) -> str:
    """Quote a piece of the file for a message: short, nothing invisible in it."""
    short = text if len(text) <= 60 else f"{text[:57]}…"
    return short if short.isprintable() else ascii(short)[1:-1]


def _word(rest: str, at: int, place: Place) -> tuple[str, int]:
    pieces = []
    while piece := _PIECE.match(rest, at):
        if piece["open"]:
            raise FileError(place, f"a quote is not closed in `{shown(rest)}`")
        quoted = piece["double"] if piece["double"] is not None else piece["single"]
        pieces.append(piece["escaped"] or piece["plain"] or _ESCAPE.sub(r"\1", quoted or ""))
        at = piece.end()
    return "".join(pieces), at
