"""Parse nodes.yaml: what a clusters file cannot say of a node."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from difflib import get_close_matches

from nowfab import names
from nowfab.errors import FileError, NameRefused
from nowfab.inventory import keys
from nowfab.inventory.facts import Facts, NodesFile
from nowfab.inventory.strict_yaml import Table, Text, Value, read

MOST = 1_000_000
"""Names that all entries of one file may mean together."""


def parse(text: str, file: str) -> NodesFile:
    """Read the text of a nodes.yaml; `file` is its name in messages. Raises FileError."""
    value = read(text, file)
    if value is None:
        return NodesFile()
    _no_others(value, ("defaults", "groups", "nodes"), "the file")
    parts = {key.value: part for key, part in _entries(value, "the file")}
    defaults = _facts(parts["defaults"], keys.DEFAULTS) if "defaults" in parts else Facts()
    nodes = _entries(parts["nodes"], "`nodes`") if "nodes" in parts else ()
    groups = _entries(parts["groups"], "`groups`") if "groups" in parts else ()
    known = _numbered(defaults, [(key, _facts(entry, keys.ALL)) for key, entry in nodes])
    return replace(
        known,
        groups=tuple((key.value, _facts(entry, keys.DEFAULTS), key.place) for key, entry in groups),
    )


def _numbered(defaults: Facts, nodes: Sequence[tuple[Text, Facts]]) -> NodesFile:
    """Note for every name which entries speak of it; the keys of `nodes` are unfolded here."""
    entries: dict[str, list[int]] = {}
    left = MOST
    for number, (key, _) in enumerate(nodes):
        unfolded = _unfold(key)
        left -= len(unfolded)
        for name in unfolded:
            entries.setdefault(name, []).append(number)
        if left < 0 or len(entries) > names.LIMIT:
            what = f"more than {names.LIMIT:,} nodes in one file, or {MOST:,} with repetitions"
            raise FileError(key.place, what)
    places = tuple(key.place for key, _ in nodes)
    return NodesFile(defaults, tuple(facts for _, facts in nodes), entries, places)


def _unfold(key: Text) -> list[str]:
    try:
        return [name for pattern in names.split(key.value) for name in names.expand(pattern)]
    except NameRefused as error:
        raise FileError(key.place, str(error)) from None


def _facts(value: Value, allowed: Collection[str]) -> Facts:
    """Read the keys of one entry; `red01:` with nothing behind it only names the node."""
    facts = Facts()
    _no_others(value, allowed, "an entry")
    for key, said in _entries(value, "an entry"):
        if isinstance(said, Text) and said.is_nothing:
            raise FileError(key.place, f"{names.shown(key.value)} has no value")
        try:
            facts = replace(facts, **{key.value: keys.ALL[key.value](said)})
        except NameRefused as error:
            raise FileError(said.place, f"{key.value}: {error}") from None
    return facts


def _entries(value: Value, what: str) -> tuple[tuple[Text, Value], ...]:
    if isinstance(value, Text) and value.is_nothing:
        return ()
    if not isinstance(value, Table):
        raise FileError(value.place, f"{what} is a mapping, `key: value` line by line")
    return value.entries


def _no_others(value: Value, allowed: Collection[str], what: str) -> None:
    """Refuse a key that nobody knows, with the one that may have been meant."""
    for key, _ in _entries(value, what):
        if key.value in allowed:
            continue
        if key.value in keys.ALL and allowed is keys.DEFAULTS:
            raise FileError(key.place, f"`{key.value}` cannot hold for many; it belongs to one node or range")
        close = get_close_matches(key.value[:64], tuple(allowed), 1)
        hint = f"did you mean `{close[0]}`?" if close else f"there are {', '.join(allowed)}"
        raise FileError(key.place, f"no key {names.shown(key.value)}; {hint}")
