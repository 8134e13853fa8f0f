"""Know the steps of a plan's file, each by the key that begins it."""

from __future__ import annotations

from collections.abc import Mapping

from nowfab.steps.kind import Kind
from nowfab.steps.kinds_files import FILES
from nowfab.steps.kinds_logins import LOGINS
from nowfab.steps.kinds_node import NODE
from nowfab.steps.kinds_programs import PROGRAMS

ROOMS: Mapping[str, Mapping[str, Kind]] = {
    "Files": FILES,
    "Packages, services, programs": PROGRAMS,
    "The node itself": NODE,
    "Who gets in": LOGINS,
}
"""By what they are about, in the order of docs/reference/steps.md."""

KINDS: Mapping[str, Kind] = {name: kind for room in ROOMS.values() for name, kind in room.items()}
"""All of them."""
