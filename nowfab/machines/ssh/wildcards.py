"""Match names against the patterns of ssh_config and known_hosts."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pattern:
    """One pattern (ssh_config(5), PATTERNS): `*` for any text, `?` for one character, `!` to negate.

    `test` is None for a pattern that is plain text.
    """

    text: str
    negated: bool
    test: re.Pattern[str] | None

    def fits(self, name: str) -> bool:
        """Tell whether the pattern, without its `!`, is met by `name`."""
        return self.text == name if self.test is None else self.test.fullmatch(name) is not None


def pattern(word: str) -> Pattern:
    """Read one pattern."""
    text = word.removeprefix("!")
    wild = "*" in text or "?" in text
    return Pattern(text, word != text, _expression(text) if wild else None)


def patterns(words: Iterable[str]) -> tuple[Pattern, ...]:
    """Read several patterns; empty words are none."""
    return tuple(pattern(word) for word in words if word)


def fits(name: str, several: Iterable[Pattern]) -> bool:
    """Tell whether one pattern fits and no negated one does, as OpenSSH does it."""
    positive = False
    for each in several:
        if each.fits(name):
            if each.negated:
                return False
            positive = True
    return positive


def literals(several: tuple[Pattern, ...]) -> tuple[str, ...] | None:
    """Give the only names that can fit; None when patterns are wild, so that anything may.

    A negated pattern only takes names away, so it needs no place in an index.
    """
    positive = [each for each in several if not each.negated]
    if any(each.test is not None for each in positive):
        return None
    return tuple(each.text for each in positive)


def _expression(text: str) -> re.Pattern[str]:
    """Turn a pattern into an expression that never goes back: each piece is taken where it first fits."""
    pieces = [_piece(piece) for piece in text.split("*")]
    if len(pieces) == 1:
        return re.compile(pieces[0], re.DOTALL)
    between = "".join(f"(?>.*?{piece})" for piece in pieces[1:-1] if piece)
    return re.compile(f"{pieces[0]}{between}.*{pieces[-1]}", re.DOTALL)


def _piece(text: str) -> str:
    return "".join("." if char == "?" else re.escape(char) for char in text)
