"""Read clusters and tags files as ClusterSSH 4.16 itself does, its mistakes included.

App::ClusterSSH::Base::load_file, ::Cluster::register_tag and register_host, ::resolve_names. What
cssh makes of a file is held against what we make of it: that is what `groups.lint` tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from nowfab.groups import cssh_words
from nowfab.groups.cssh_words import Untold

_COMMENT = re.compile(r"\s*#.*", re.ASCII)
_GOES_ON = re.compile(r"\\\s*\Z", re.ASCII)
_ENTRY = re.compile(r"\s*(\S+)\s+(.*)", re.ASCII)
_SETTING = re.compile(r"\s*(\S+)\s*=\s*(.*)", re.ASCII)
_BLANKS = re.compile(r"\s+", re.ASCII)
_BAD = re.compile(r"[`!$;]")
"""Characters that empty the whole line (expand_glob)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line as cssh takes it, its continuations joined; `number` is the line of its first word, from 1."""

    key: str
    value: str
    number: int


def settings(text: str) -> Iterator[Entry]:
    """Give the settings that cssh takes out of its own file."""
    return entries(text, _SETTING)


def entries(text: str, form: re.Pattern[str] = _ENTRY) -> Iterator[Entry]:
    """Give the lines that cssh takes for something."""
    raw = [line for line in re.split(r"(?<=\n)", text) if line]
    at = 0
    while at < len(raw):
        number, line = at + 1, raw[at]
        at += 1
        while line.strip(" \t\r\n\f\v") and not line.startswith("#"):
            line = _COMMENT.sub("", line, count=1).rstrip(" \t\r\n\f\v")
            shorter = _GOES_ON.sub("", line, count=1)
            if shorter == line:
                break
            number += not shorter.strip(" \t\r\n\f\v") and number == at  # it begins where something stands
            line = shorter + (raw[at] if at < len(raw) else "")
            at += 1
            if at >= len(raw):
                break  # at the end of the file nothing is looked at again
        else:
            continue
        found = form.search(line)
        if found is not None:
            yield Entry(found[1], found[2], number)


def table(text: str) -> dict[str, tuple[str, ...]]:
    """Give the words of each key; a value of nothing, or `0`, is replaced by the next instead of joined."""
    values: dict[str, str] = {}
    for entry in entries(text):
        known = values.get(entry.key, "")
        values[entry.key] = f"{known} {entry.value}" if known not in ("", "0") else entry.value
    return {key: words(value) for key, value in values.items()}


def words(value: str) -> tuple[str, ...]:
    """Split a value as perl's split does; nothing stands at its end."""
    return tuple(_BLANKS.split(value.rstrip(" \t\r\n\f\v"))) if value.strip(" \t\r\n\f\v") else ()


def spoils(text: str) -> bool:
    """Whether a member has a character that empties the whole line."""
    return bool(_BAD.search(text))


def members(listed: Sequence[str]) -> tuple[str, ...]:
    """Expand the members of one line, none at all where one of them has a bad character; Untold."""
    if any(map(spoils, listed)):
        return ()
    return tuple(word for one in listed for word in cssh_words.expand(one))


def tags(clusters: Sequence[str], tagged: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Give what cssh knows after reading these texts; a later clusters file replaces, tags add. Untold."""
    known: dict[str, tuple[str, ...]] = {}
    for text in clusters:
        known.update({key: members(listed) for key, listed in table(text).items()})
    for text in tagged:
        for host, listed in table(text).items():
            for tag in members(listed):
                known[tag] = (*known.get(tag, ()), host)
    return known


def resolve(known: Mapping[str, Sequence[str]], name: str) -> frozenset[str] | None:
    """Give the hosts that cssh opens for a name, None where it never comes to an end."""
    hosts: set[str] = set()
    seen: set[str] = set()
    queue = [(name, frozenset[str]())]
    while queue:
        word, way = queue.pop()
        user, at, bare = word.rpartition("@")
        inner = known.get(bare, ())
        if not inner:
            hosts.add(word)
            continue
        if bare in way:
            return None
        if word in seen:
            continue
        seen.add(word)
        for member in inner:
            named = f"{user}@{member.rpartition('@')[2]}" if at and user else member
            queue.append((named, way | {bare}))
    return frozenset(filter(None, hosts))


__all__ = ["Entry", "Untold", "entries", "members", "resolve", "table", "tags", "words"]
