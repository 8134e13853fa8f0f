"""Hold one step of a plan as it is written, and fill its texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from nowfab.blobs import Blob
from nowfab.errors import Place
from nowfab.inventory.strict_yaml import Items, Table, Text, Value

Fill = Callable[[Text], str]
"""Fills the variables of one node into a text; FileError for one that is not there."""

Source = Callable[[str, Place], Blob]
"""Opens a file that a plan names, beside the plan; FileError."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One step as it is written: `when` has the conditions that must hold, `unless` those that must not."""

    kind: str
    fields: tuple[tuple[Text, Value], ...]
    place: Place
    when: tuple[tuple[Text, Value], ...] = ()
    unless: tuple[tuple[Text, Value], ...] = ()


def filled(value: Value, fill: Fill) -> Value:
    """Fill the variables into every text of a value."""
    if isinstance(value, Text):
        return replace(value, value=fill(value))
    if isinstance(value, Items):
        return replace(value, items=tuple(filled(item, fill) for item in value.items))
    if isinstance(value, Table):
        return replace(value, entries=tuple((key, filled(said, fill)) for key, said in value.entries))
    return value


def holds_secret(value: Value, text: Value, fill: Fill, blind: Fill) -> bool:
    """Say whether other values in place of the secret ones make a difference; most plans have none."""
    return blind is not fill and text != filled(value, blind)
