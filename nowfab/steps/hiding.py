"""Keep what one step of a plan hides out of the diffs of the others."""

from __future__ import annotations

from collections.abc import Sequence

from nowfab import names
from nowfab.errors import FileError
from nowfab.steps import fields
from nowfab.steps.entry import Entry, Fill, filled, holds_secret

SHOWING = ("file", "block", "line")
"""Kinds of steps that show what stands in a file around what they change."""


def keep_apart(entries: Sequence[Entry], fill: Fill, blind: Fill) -> None:
    """Refuse a step that would show what another one keeps secret in the same file; FileError."""
    hidden = {_path(entry, fill) for entry in entries if _is_secret(entry, fill, blind)}
    for entry in entries if hidden else ():
        if entry.kind in SHOWING and not _is_secret(entry, fill, blind) and _path(entry, fill) in hidden:
            what = f"{names.shown(_path(entry, fill))} holds what another step keeps secret"
            raise FileError(entry.place, f"{what}, and this one would show it; write all of it in one `file`")


def _is_secret(entry: Entry, fill: Fill, blind: Fill) -> bool:
    if entry.kind != "file":
        return False
    said = {key.value: value for key, value in entry.fields}
    if "secret" in said and fields.boolean(filled(said["secret"], fill)):
        return True
    content = said.get("content")
    return content is not None and holds_secret(content, filled(content, fill), fill, blind)


def _path(entry: Entry, fill: Fill) -> str:
    return next(fields.path(filled(value, fill)) for key, value in entry.fields if key.value == "path")
