"""Read YAML as texts with their places, refusing all of YAML that surprises.

Only the parser's events are used, never a constructor: no tag makes an object, no alias
multiplies, and `no`, `0777` or `12:30:45` stay the texts that they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml import events as ev

from nowfab import names
from nowfab.errors import FileError, Place

DEEPEST = 32
"""Collections within collections."""

LARGEST = 16 * 1024 * 1024
"""Characters of one file."""

MOST = 1_000_000
"""Values, keys and collections of one file; 100,000 nodes with three keys each stay below."""

_STRANGE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_NOTHING = frozenset({"", "~", "null", "Null", "NULL"})


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar exactly as it was written: `plain` without quotes, `whole` where it is a file of its own."""

    value: str
    place: Place
    plain: bool = True
    whole: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether YAML means `null` by it."""
        return self.plain and self.value in _NOTHING


@dataclass(frozen=True, slots=True)
class Items:
    """A list in the order of the file."""

    items: tuple[Value, ...]
    place: Place


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping in the order of the file; every key once."""

    entries: tuple[tuple[Text, Value], ...]
    place: Place


Value = Text | Items | Table


def read(text: str, file: str) -> Value | None:
    """Read one document; None when nothing is in it. Raises FileError with the line."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    if len(text) > LARGEST:
        raise FileError(file, f"more than {LARGEST:,} characters")
    strange = _STRANGE.search(text)
    if strange:
        place = Place(file, text.count("\n", 0, strange.start()) + 1)
        raise FileError(place, f"the character {names.shown(strange[0])} cannot stand in YAML")
    value: Value | None = None
    events = _events(text, file)
    for event in events:
        if isinstance(event, ev.DocumentStartEvent):
            if value is not None:
                raise FileError(_place(event, file), "a second document begins; one file holds one")
            value = _value(next(events), events, file, 0)
    return None if isinstance(value, Text) and value.is_nothing else value


def _events(text: str, file: str) -> Iterator[ev.Event]:
    """Give the events of the parser, its errors translated."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            if count > MOST:
                raise FileError(_place(event, file), f"more than {MOST:,} values in one file")
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1) if mark else file
        raise FileError(place, f"this is not YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise FileError(file, f"this is not YAML: {error}") from None


def _place(event: ev.Event, file: str) -> Place:
    return Place(file, event.start_mark.line + 1 if event.start_mark else 1)


def _value(event: ev.Event, events: Iterator[ev.Event], file: str, depth: int) -> Value:
    """Read what begins with this event."""
    place = _place(event, file)
    if isinstance(event, ev.AliasEvent):
        raise FileError(place, f"{names.shown(f'*{event.anchor}')}: aliases are not read; write it out")
    assert isinstance(event, ev.ScalarEvent | ev.CollectionStartEvent)
    if event.anchor is not None:
        raise FileError(place, f"{names.shown(f'&{event.anchor}')}: anchors are not read; write it out")
    if event.tag is not None:
        raise FileError(place, f"{names.shown(event.tag)}: tags are not read; values are plain texts")
    if isinstance(event, ev.ScalarEvent):
        return Text(event.value, place, plain=not event.style)
    if depth == DEEPEST:
        raise FileError(place, f"nested more than {DEEPEST} deep")
    if isinstance(event, ev.MappingStartEvent):
        return Table(tuple(_entries(events, file, depth + 1)), place)
    return Items(tuple(_items(events, file, depth + 1)), place)


def _items(events: Iterator[ev.Event], file: str, depth: int) -> Iterator[Value]:
    """Read values up to the end of a list."""
    for event in events:
        if isinstance(event, ev.SequenceEndEvent):
            return
        yield _value(event, events, file, depth)


def _entries(events: Iterator[ev.Event], file: str, depth: int) -> Iterator[tuple[Text, Value]]:
    """Read keys with their values up to the end of a mapping."""
    seen: dict[str, Place] = {}
    for event in events:
        if isinstance(event, ev.MappingEndEvent):
            return
        key = _value(event, events, file, depth)
        if not isinstance(key, Text):
            raise FileError(key.place, "a key is a text, not a list or a mapping")
        if key.value in seen:
            first = seen[key.value].line
            raise FileError(key.place, f"{names.shown(key.value)} stands here again, first in line {first}")
        seen[key.value] = key.place
        yield key, _value(next(events), events, file, depth)
