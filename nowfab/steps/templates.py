"""Put the text of a template that stands beside a plan in the place of its name."""

from __future__ import annotations

from dataclasses import replace

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.inventory.strict_yaml import Text, Value
from nowfab.steps import fields
from nowfab.steps.entry import Entry, Fill, Source, filled

FIELD, INSTEAD = "template", "content"


def opened(entry: Entry, fill: Fill, source: Source) -> Entry:
    """Give the step as if the text of its template stood in the plan; FileError for one that cannot be read.

    What is wrong in the text has its place in the template.
    """
    if all(key.value != FIELD for key, _ in entry.fields):
        return entry
    return replace(entry, fields=tuple(_content(key, value, fill, source) for key, value in entry.fields))


def _content(key: Text, value: Value, fill: Fill, source: Source) -> tuple[Text, Value]:
    if key.value != FIELD:
        return key, value
    name = fields.text(filled(value, fill))
    blob = source(name, value.place)
    try:
        text = blob.head(blob.size).decode()
    except UnicodeDecodeError:
        raise FileError(value.place, f"template {names.shown(name)} is no text in UTF-8") from None
    return replace(key, value=INSTEAD), Text(text, Place(name, 1), plain=False, whole=True)
