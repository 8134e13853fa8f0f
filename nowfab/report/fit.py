"""Cut text to a number of terminal columns."""

from __future__ import annotations

import unicodedata

ELLIPSIS = "…"


def width(text: str) -> int:
    """Count the columns that visible text takes: 2 for wide characters, 0 for those drawn on others."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def cut(text: str, columns: int) -> str:
    """Shorten text to `columns`, with an ellipsis in the last one where something went."""
    if width(text) <= columns:
        return text
    room, kept = max(columns - 1, 0), 0
    for index, character in enumerate(text):
        kept += _columns(character)
        if kept > room:
            return text[:index] + ELLIPSIS
    return text


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
