"""Expand a member as ClusterSSH 4.16 itself does, its mistakes included.

First its own ranges (App::ClusterSSH::Range), which perl counts out, and then File::Glob, which
expands the braces that are left and takes `*`, `?` and `[…]` for file names.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST = 20_000
"""Words that are counted out; perl goes on until memory is gone."""

_HAS_RANGE = re.compile(r"[\w-]*:?\{[\w.,]+\}", re.ASCII)
_FIRST = re.compile(r"\{(.*?)\}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_COUNTABLE = re.compile(r"[a-zA-Z]*[0-9]*")
_BEYOND = re.compile(r"[\"'\\~/]")
_MAGIC = re.compile(r"[*?]|\[.[^\]]*\]", re.DOTALL)


class Untold(Exception):
    """What cssh makes of it depends on files, homes or quotes, or is too much to be counted out."""


def expand(word: str) -> tuple[str, ...]:
    """Give what cssh makes of one member, nothing where it vanishes; Untold."""
    if _BEYOND.search(word):
        raise Untold(word)
    found: list[str] = []
    for text in _counted(word):
        found += filter(None, _globbed(text))
        if len(found) > MOST:
            raise Untold(word)
    return tuple(found)


def _counted(word: str) -> Iterator[str]:
    """Count out the first braces, as Range.pm does."""
    if not _HAS_RANGE.search(word):
        yield word
        return
    first = _FIRST.search(word)
    if first is None:
        return
    try:
        place = re.compile(rf"\{{{first[1]}\}}", re.ASCII)  # perl reads it as a pattern too
    except re.error:
        raise Untold(word) from None
    for section in _split(first[1]):
        low, dots, high = section.partition("..")
        for number in _range(low, high if dots else low):
            found = place.search(word)
            yield word if found is None else word[: found.start()] + number + word[found.end() :]


def _split(spec: str) -> list[str]:
    """Split at commas as perl does: empty pieces at the end are dropped."""
    pieces = spec.split(",")
    while pieces and not pieces[-1]:
        pieces.pop()
    return pieces


def _range(low: str, high: str) -> Iterator[str]:
    """Count as perl's `..` does (perlop): numbers where both look so and the left has no zero in front."""
    counted = low == "0" or not low.startswith("0")
    if counted and _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high):
        first, last = int(float(low)), int(float(high))
        if last - first > MOST:
            raise Untold(low)
        yield from map(str, range(first, last + 1))
        return
    if not _COUNTABLE.fullmatch(low) or not low:
        yield from [low] if len(low) <= len(high) else []
        return
    for _ in range(MOST):
        if len(low) > len(high):
            return
        yield low
        if low == high:
            return
        low = _next(low)
    raise Untold(high)


def _next(text: str) -> str:
    """Add one to letters with digits behind them (perlop, auto-increment)."""
    letters = list(text)
    for at in reversed(range(len(letters))):
        wraps = {"9": "0", "z": "a", "Z": "A"}.get(letters[at])
        if wraps is None:
            letters[at] = chr(ord(letters[at]) + 1)
            return "".join(letters)
        letters[at] = wraps
    first = text[0]
    return ("1" if first.isdigit() else letters[0]) + "".join(letters)


def _globbed(text: str) -> list[str]:
    """Expand braces, and drop what is a pattern of files that are not there."""
    if text == "{}":
        return [text]
    opened = text.find("{")
    if opened < 0 and _MAGIC.search(text):
        if text.startswith("."):
            raise Untold(text)  # `.` and `..` are files of every folder
        return []
    if opened < 0:
        return [text]
    pieces, closed = _alternatives(text, opened)
    if closed < 0:
        return _globbed(text[:opened])
    return [word for piece in pieces for word in _globbed(text[:opened] + piece + text[closed + 1 :])]


def _alternatives(text: str, opened: int) -> tuple[list[str], int]:
    """Split what is between a brace and its end, braces and brackets within left alone; -1 without an end."""
    pieces, start, depth, at = [], opened + 1, 0, opened + 1
    while at < len(text):
        character = text[at]
        if character == "[" and "]" in text[at + 2 :]:
            at = text.index("]", at + 1)
        elif character == "{":
            depth += 1
        elif character == "}" and depth:
            depth -= 1
        elif character == "}" or (character == "," and not depth):
            pieces.append(text[start:at])
            start = at + 1
            if character == "}":
                return pieces, at
        at += 1
    return [], -1
