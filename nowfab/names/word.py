"""Read words such as `pi@red[01-03]:2222`: who logs in, where, at which port."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nowfab.names import checked, patterns

_PLAIN = re.compile(
    r"(?:(?P<user>[A-Za-z0-9_][A-Za-z0-9._-]{0,31})@)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]{0,252})"
)
_IPV6 = re.compile(r"(?P<name>[^]\[]*:[^]\[]*)|\[(?P<inner>[^]\[]*:[^]\[]*)](?::(?P<port>.*))?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Word:
    """One node as somebody wrote it: its name, what stood before `@` and behind `:`."""

    name: str
    user: str | None = None
    port: int | None = None


def words(text: str) -> tuple[Word, ...]:
    """Read words with commas between them, and unfold them in order; duplicates are kept."""
    plain = _PLAIN.fullmatch(text)
    if plain:  # most are; with 100,000 of them the long way takes seconds
        return (Word(plain["name"], plain["user"]),)
    found: list[Word] = []
    for piece in patterns.split(text):
        address = _ipv6(piece)
        if address:
            found.append(address)
            continue
        pattern = patterns.read(piece)
        if len(found) + pattern.count > patterns.LIMIT:
            raise patterns.too_many(text)
        found += map(_plain, pattern)
    return tuple(found)


def written(word: Word) -> str:
    """Write a word so that `words` reads it; brackets keep the colons of an IPv6 address from its port."""
    name = f"[{word.name}]" if ":" in word.name and word.port else word.name
    return (f"{word.user}@" if word.user else "") + name + (f":{word.port}" if word.port else "")


def check(text: str) -> None:
    """Refuse one bad word without unfolding it: its form, its number, its first and last name."""
    if not _PLAIN.fullmatch(text) and not _ipv6(text):
        for end in patterns.read(text).ends:
            _plain(end)


def _plain(text: str) -> Word:
    plain = _PLAIN.fullmatch(text)
    if plain:
        return Word(plain["name"], plain["user"])
    login, at, rest = text.rpartition("@")
    name, colon, number = rest.partition(":")
    return Word(
        checked.node(name), checked.user(login) if at else None, checked.port(number) if colon else None
    )


def _ipv6(text: str) -> Word | None:
    """Give the word when its name is an IPv6 address; those hold colons and brackets of their own."""
    login, at, rest = text.rpartition("@")
    match = _IPV6.fullmatch(rest)
    if match is None or not (match["inner"] or checked.is_ipv6(rest)):
        return None
    number = match["port"]
    return Word(
        checked.node(match["inner"] or rest),
        checked.user(login) if at else None,
        None if number is None else checked.port(number),
    )
