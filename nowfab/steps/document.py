"""Read a person's plan from YAML, and make it the plan of one node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches

from nowfab import names
from nowfab.blobs import Blob
from nowfab.errors import FileError, Place
from nowfab.inventory import strict_yaml
from nowfab.inventory.strict_yaml import Items, Table, Text, Value
from nowfab.plan.steps import Plan, Step
from nowfab.steps.kinds import KINDS, Kind

Fill = Callable[[Text], str]
"""Fills the variables of one node into a text; FileError for one that is not there."""

Source = Callable[[str, Place], Blob]
"""Opens a file that a plan names, beside the plan; FileError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One step as it is written."""

    kind: str
    fields: tuple[tuple[Text, Value], ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Document:
    """A plan as it is written, for any node."""

    title: str
    entries: tuple[Entry, ...]


def read(text: str, file: str) -> Document:
    """Read a plan; FileError with the line of what cannot be meant."""
    value = strict_yaml.read(text, file)
    if not isinstance(value, Table):
        raise FileError(Place(file, 1), "a plan is a mapping with `title` and `steps`")
    parts = {key.value: part for key, part in value.entries}
    for key, _ in value.entries:
        if key.value not in ("title", "steps"):
            raise FileError(key.place, f"no key {names.shown(key.value)}; a plan has `title` and `steps`")
    steps = parts.get("steps")
    if not isinstance(steps, Items) or not steps.items:
        raise FileError(steps.place if steps else Place(file, 1), "`steps` is a list of at least one step")
    title = parts.get("title")
    if not isinstance(title, Text) or title.is_nothing:
        raise FileError(title.place if title else Place(file, 1), "`title` says what the plan is for")
    return Document(title.value, tuple(map(_entry, steps.items)))


def build(document: Document, fill: Fill, source: Source) -> Plan:
    """Make the plan of one node; FileError with the line of what cannot be meant."""
    return Plan(document.title, tuple(_step(entry, fill, source) for entry in document.entries))


def _entry(value: Value) -> Entry:
    if not isinstance(value, Table) or len(value.entries) != 1:
        raise FileError(value.place, f"a step has one key, its kind: {', '.join(KINDS)}")
    key, said = value.entries[0]
    if key.value not in KINDS:
        raise FileError(key.place, f"no step {names.shown(key.value)}{_hint(key.value, KINDS)}")
    if not isinstance(said, Table):
        fields = ", ".join(KINDS[key.value].fields)
        raise FileError(said.place, f"`{key.value}` is followed by its fields, a mapping of {fields}")
    entry = Entry(key.value, said.entries, key.place)
    _complete(entry, KINDS[key.value])
    return entry


def _complete(entry: Entry, kind: Kind) -> None:
    given = {key.value for key, _ in entry.fields}
    for key, _ in entry.fields:
        if key.value not in kind.fields:
            raise FileError(
                key.place,
                f"`{entry.kind}` has no field {names.shown(key.value)}{_hint(key.value, kind.fields)}",
            )
    for name in kind.needed:
        if name not in given:
            raise FileError(entry.place, f"`{entry.kind}` needs the field `{name}`")
    if kind.either and len(given.intersection(kind.either)) != 1:
        raise FileError(entry.place, f"`{entry.kind}` needs exactly one of {', '.join(kind.either)}")


def _step(entry: Entry, fill: Fill, source: Source) -> Step:
    kind = KINDS[entry.kind]
    values = {}
    for key, value in entry.fields:
        read = kind.fields[key.value](_filled(value, fill))
        values[key.value.replace("-", "_")] = source(read, value.place) if key.value == "source" else read
    return kind.make(**values)


def _filled(value: Value, fill: Fill) -> Value:
    """Fill the variables into every text of a value."""
    if isinstance(value, Text):
        return replace(value, value=fill(value))
    if isinstance(value, Items):
        return replace(value, items=tuple(_filled(item, fill) for item in value.items))
    return value


def _hint(typed: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(typed[:64], tuple(known), 1)
    return f"; did you mean `{close[0]}`?" if close else f"; there are {', '.join(known)}"
