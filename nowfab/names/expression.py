"""Read expressions such as `red!red[01-02],~^blue` into their pieces, without asking who is meant.

The operators are ClusterShell's: `,` union, `!` difference, `&` intersection, `^` either of both;
they are applied from left to right, none binds closer than another.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from enum import Enum

from nowfab.errors import NameRefused
from nowfab.names.checked import shown

LONGEST_REGEX = 500
"""Characters of a regular expression; a name has 253 at most."""

_MARKS = re.compile(r"[]\[{},!&^]")
_OPERATOR = re.compile(r"[,!&^]")
_IN_REGEX = re.compile(r"\\.|\[\^?\]?(?:\\.|[^]\\])*\]|\{[0-9]*,?[0-9]*\}|[(),!&^]", re.DOTALL)
_FOREIGN = re.compile(r"[|+;*?]")


class Kind(Enum):
    """What one piece is, by the mark in front of it."""

    WORDS = ""
    GROUP = "@"
    REGEX = "~"
    FILE = "^"
    ALL = "@*"
    INPUT = "-"


@dataclass(frozen=True, slots=True)
class Term:
    """One piece, and the operator that joins it to those before; `text` is without the mark."""

    operator: str
    kind: Kind
    text: str

    @property
    def typed(self) -> str:
        """The piece as it was typed."""
        return self.kind.value + self.text


def terms(text: str) -> tuple[Term, ...]:
    """Cut an expression into its pieces; what is empty between commas is dropped. Raises NameRefused."""
    found: list[Term] = []
    operator, at = ",", 0
    while True:
        at += len(text[at:]) - len(text[at:].lstrip()) if text[at : at + 1].isspace() else 0
        end = _end(text, at)
        piece, following = text[at:end].strip(), text[end : end + 1]
        if piece:
            found.append(_term(operator, piece))
        elif operator != "," or following not in ("", ","):
            raise _missing(text, at, operator, following)
        if not following:
            return tuple(found)
        operator, at = following, end + 1


def regex(text: str) -> re.Pattern[str]:
    """Compile a regular expression; NameRefused where it is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what Python may read otherwise one day
        try:
            return re.compile(text)
        except (re.error, RecursionError, OverflowError) as error:
            why = f"{shown('~' + text)} is no regular expression: {error}"
            raise NameRefused(f"{why}; such as `~^red0[1-3]$`") from None


def _term(operator: str, piece: str) -> Term:
    if piece == "-":
        return Term(operator, Kind.INPUT, "")
    if piece == "@*":
        return Term(operator, Kind.ALL, "")
    kind = next((kind for kind in (Kind.GROUP, Kind.REGEX, Kind.FILE) if piece[0] == kind.value), Kind.WORDS)
    text = piece.removeprefix(kind.value)
    if not text:
        raise NameRefused(f"nothing stands behind {shown(piece)}; {_WANTED[kind]}")
    if kind is Kind.REGEX:
        regex(text)
    elif kind is not Kind.FILE and (strange := _FOREIGN.search(text)):
        raise NameRefused(f"{shown(piece)}: `{strange[0]}` is not allowed; {_meant(strange[0], piece)}")
    return Term(operator, kind, text)


_WANTED = {
    Kind.GROUP: "`@red` is the group `red`, `@*` everybody",
    Kind.REGEX: "`~^red` is every name that begins with red",
    Kind.FILE: "`^FILE` is a file of names",
}


def _meant(strange: str, piece: str) -> str:
    if strange in "*?":
        begin = re.split(r"[*?]", piece)[0].removeprefix("@")
        wild = f", names are found by a regular expression, as in `~^{begin}`" if begin.isalnum() else ""
        return f"everybody is `@*`{wild}"
    return "between names stand `,` (and), `!` (but not), `&` (both) or `^` (either)"


def _end(text: str, at: int) -> int:
    """Find where the piece that begins at `at` ends: at an operator, or with the text."""
    if text[at : at + 1] == Kind.FILE.value:
        match = _OPERATOR.search(text, at + 1)
        return match.start() if match else len(text)
    if text[at : at + 1] == Kind.REGEX.value:
        return _regex_end(text, at)
    depth = 0
    for match in _MARKS.finditer(text, at):
        if match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth = max(0, depth - 1)
        elif depth == 0:
            return match.start()
    if depth:
        raise NameRefused(f"{shown(text[at:])}: a bracket is not closed, or stands inside another")
    return len(text)


def _regex_end(text: str, at: int) -> int:
    """Find the operator behind a regular expression: outside of its brackets, and no anchor `^`."""
    depth, limit = 0, at + 1 + LONGEST_REGEX
    for match in _IN_REGEX.finditer(text, at + 1, limit + 1):
        anchor = match[0] == "^" and text[match.start() - 1] in "~|"
        if match[0] == "(":
            depth += 1
        elif match[0] == ")":
            depth = max(0, depth - 1)
        elif depth == 0 and match[0] in ",!&^" and not anchor:
            return match.start()
    if len(text) > limit:
        raise NameRefused(f"{shown(text[at:])} is longer than {LONGEST_REGEX} characters")
    return len(text)


def _missing(text: str, at: int, operator: str, following: str) -> NameRefused:
    """Say between which operators a name is missing."""
    where = shown(text)
    if operator == following:
        return NameRefused(f"{where}: `{operator}` is written once")
    if following and not text[:at].strip():
        hint = f"; everybody else is `@*{text.strip()}`" if following == "!" else ""
        return NameRefused(f"{where}: nothing stands before `{following}`{hint}")
    if following:
        return NameRefused(f"{where}: nothing stands between `{operator}` and `{following}`")
    return NameRefused(f"{where}: nothing stands behind `{operator}`")
