"""Be one thing that is wrong in a groups file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nowfab.errors import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: `kind` is its class, `mend` what would be right.

    An error keeps nowfab from reading the file; with a warning nowfab reads what is evidently meant,
    and cssh something else.
    """

    kind: str
    level: Literal["error", "warning"]
    place: Place
    what: str
    mend: str


def error(kind: str, place: Place, what: str, mend: str) -> Finding:
    """Make a finding that keeps nowfab from reading the file."""
    return Finding(kind, "error", place, what, mend)


def warning(kind: str, place: Place, what: str, mend: str) -> Finding:
    """Make a finding that nowfab can do with."""
    return Finding(kind, "warning", place, what, mend)
