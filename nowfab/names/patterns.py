"""Unfold patterns such as `red[01-05,7]` or `red{01..05}`, knowing how many names come of it.

This is our own and not ClusterShell's: NodeSet sorts names that must keep their order, unfolds
before it counts, and takes `red{01..05}` for one name. It is the oracle of the tests instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, product
from math import prod

from nowfab.errors import NameRefused
from nowfab.names import checked

LIMIT = 100_000
"""Names that one pattern, one group or one selection may mean."""

LONGEST = 320
"""Characters of one unfolded word: a user, a name and a port need no more."""

_BRACKETS = re.compile(r"[]\[{},]")
_PIECE = re.compile(r"\[(?P<list>[^]\[{}]*)]|\{(?P<brace>[^]\[{}]*)}|(?P<text>[^]\[{}]+)")
_STRANGE = re.compile(r"[^A-Za-z0-9._@:%/,\[\]{}-]")
_IN_LIST = re.compile(r"(?P<low>[0-9]{1,18})(?:-(?P<high>[0-9]{1,18})(?:/(?P<step>[0-9]{1,18}))?)?")
_NUMBERS = re.compile(r"(?P<low>[0-9]{1,18})\.\.(?P<high>[0-9]{1,18})")
_LETTERS = re.compile(r"(?=.{1,26}\Z)(?P<low>[a-zA-Z]+[0-9]*)\.\.(?P<high>[a-zA-Z]+[0-9]*)")
_ALPHABETS = ("0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True, slots=True)
class _Run:
    """The texts that a range stands for, made one by one when asked for.

    A `shape` is a text of the range: each character counts within its own alphabet.
    """

    values: range
    width: int = 0
    shape: str = ""

    def __len__(self) -> int:
        return len(self.values)

    def __iter__(self) -> Iterator[str]:
        return map(self.at, self.values)

    def at(self, value: int) -> str:
        """Write one value of the range."""
        if not self.shape:
            return f"{value:0{self.width}}"
        found = ""
        for alphabet in reversed(_alphabets(self.shape)):
            value, place = divmod(value, len(alphabet))
            found = alphabet[place] + found
        return found


_Choice = tuple[_Run | tuple[str], ...]
"""What may stand at one place of a pattern, in order."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern that was read and counted, but not unfolded."""

    choices: tuple[_Choice, ...]

    def __iter__(self) -> Iterator[str]:
        return map("".join, product(*(chain.from_iterable(choice) for choice in self.choices)))

    @property
    def count(self) -> int:
        """How many words it means."""
        return prod(sum(map(len, choice)) for choice in self.choices)

    @property
    def ends(self) -> tuple[str, str]:
        """The first word and the last one."""
        first = "".join(_end(choice[0], 0) for choice in self.choices)
        return first, "".join(_end(choice[-1], -1) for choice in self.choices)


def split(text: str) -> tuple[str, ...]:
    """Split at the commas that stand outside of brackets; empty pieces are dropped."""
    pieces, start, depth = [], 0, 0
    for match in _BRACKETS.finditer(text):
        if match[0] in "[{":
            depth += 1
        elif match[0] in "]}":
            depth = max(0, depth - 1)
        elif depth == 0:
            pieces.append(text[start : match.start()])
            start = match.end()
    pieces.append(text[start:])
    return tuple(piece.strip() for piece in pieces if piece.strip())


def expand(text: str) -> tuple[str, ...]:
    """Unfold one pattern of node names; the order is kept, duplicates too."""
    if checked.is_ipv6(text):
        return (text,)
    return tuple(map(checked.node, read(text)))


def read(text: str) -> Pattern:
    """Read a pattern; time and memory do not depend on how many words it means."""
    _plausible(text)
    choices: list[_Choice] = []
    at, longest = 0, 0
    while at < len(text):
        match = _PIECE.match(text, at)
        if match is None:
            raise NameRefused(f"{checked.shown(text)}: a bracket is not closed, or stands inside another")
        choices.append(_choice(match, text))
        at = match.end()
        longest += max(len(_end(run, -1)) for run in choices[-1])
        if longest > LONGEST:
            raise NameRefused(f"{checked.shown(text)} means words of more than {LONGEST} characters")
    pattern = Pattern(tuple(choices))
    if pattern.count > LIMIT:
        raise too_many(text)
    return pattern


def too_many(text: str) -> NameRefused:
    """Make the error for a pattern that means more than anybody has."""
    return NameRefused(f"{checked.shown(text)} means more than {LIMIT:,} names")


def _plausible(text: str) -> None:
    """Refuse what cannot be a pattern at a glance, before memory is spent on its pieces."""
    strange = _STRANGE.search(text)
    if not text or text[0] in "-.":
        checked.node(text)
    if strange:
        raise NameRefused(f"{checked.shown(text)}: {checked.strange_char(strange[0])}")
    if text.count(",") > LIMIT:
        raise too_many(text)


def _end(run: _Run | Sequence[str], which: int) -> str:
    return run.at(run.values[which]) if isinstance(run, _Run) else run[which]


def _choice(match: re.Match[str], text: str) -> _Choice:
    if match["text"] is not None:
        return ((match["text"],),)
    try:
        if match["list"] is not None:
            return tuple(map(_list_item, match["list"].split(",")))
        items = match["brace"].split(",")
        if not items[-1]:
            raise NameRefused("nothing stands in front of `}`, which cssh would leave out")
        return tuple(map(_brace_item, items))
    except NameRefused as error:
        raise NameRefused(f"{checked.shown(text)}: {error}") from None


def _list_item(item: str) -> _Run:
    """Read what stands between the commas of `[01-05,7,10-20/5]`; ClusterShell's rules."""
    match = _IN_LIST.fullmatch(item)
    if match is None:
        raise NameRefused(f"{checked.shown(item)} is neither a number nor a range such as `01-05`")
    low, high, step = match["low"], match["high"] or match["low"], int(match["step"] or 1)
    padded = any(len(end) > 1 and end.startswith("0") for end in (low, high))
    if padded and len(low) != len(high):
        raise NameRefused(f"{checked.shown(item)}: write both ends with the same number of digits")
    return _numbers(item, low, high, step)


def _brace_item(item: str) -> _Run | tuple[str]:
    """Read what stands between the commas of `{01..05,7,a..c,x}`; ClusterSSH's rules.

    The left end decides about leading zeros, so `{1..03}` is 1, 2, 3. Nothing is a text too, as in
    `red{,-old}`.
    """
    numbers = _NUMBERS.fullmatch(item)
    if numbers:
        low, high = numbers["low"], numbers["high"]
        if low.startswith("0") and len(high) < len(low):
            raise NameRefused(f"{checked.shown(item)}: write both ends with the same number of digits")
        return _numbers(item, low, high, 1)
    letters = _LETTERS.fullmatch(item)
    if letters and _alphabets(letters["low"]) == _alphabets(letters["high"]):
        low, high = _value(letters["low"]), _value(letters["high"])
        return _counting_up(item, _Run(range(low, high + 1), shape=letters["low"]))
    if ".." in item:
        raise NameRefused(f"{checked.shown(item)} is neither a text nor a range such as `01..05` or `a..c`")
    return (item,)


def _alphabets(shape: str) -> list[str]:
    return [next(alphabet for alphabet in _ALPHABETS if character in alphabet) for character in shape]


def _value(text: str) -> int:
    """Count how many texts of the same shape come before this one."""
    value = 0
    for character, alphabet in zip(text, _alphabets(text), strict=True):
        value = value * len(alphabet) + alphabet.index(character)
    return value


def _numbers(item: str, low: str, high: str, step: int) -> _Run:
    if step == 0:
        raise NameRefused(f"{checked.shown(item)}: a step is at least 1")
    width = len(low) if low.startswith("0") else 0
    return _counting_up(item, _Run(range(int(low), int(high) + 1, step), width))


def _counting_up(item: str, run: _Run) -> _Run:
    if not run.values:
        raise NameRefused(f"{checked.shown(item)} counts down; the smaller end stands first")
    return run
