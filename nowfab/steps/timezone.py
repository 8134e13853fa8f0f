"""Have a node live in a time zone."""

from __future__ import annotations

import posixpath

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import Change, MakeLink
from nowfab.plan.questions import Absent, File, Link, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.file import write
from nowfab.steps.rights import ANY

ZONES = "/usr/share/zoneinfo"
LINK = "/etc/localtime"
NAME = "/etc/timezone"
"""What Debian up to 12 names the zone in besides; later ones have the link alone (localtime(5))."""


def timezone(name: str) -> Step:
    """Have /etc/localtime point to the zone; a zone that the node does not know is refused."""
    zone = f"{ZONES}/{name}"

    def decide(view: View) -> tuple[Change, ...]:
        if isinstance(view.at(zone, content=False), Absent):
            raise Refused(f"the node knows no time zone `{name}`; `timedatectl list-timezones` has them")
        was, named = view.at(LINK, content=False), view.at(NAME)
        target = posixpath.normpath(posixpath.join("/etc", was.target)) if isinstance(was, Link) else ""
        changes: list[Change] = [] if target == zone else [MakeLink(LINK, zone, was)]
        if isinstance(named, File):
            changes += write(NAME, MemoryBlob(f"{name}\n".encode()), ANY, named, False, (), ())
        return tuple(changes)

    questions = (PathAt(zone, content=False), PathAt(LINK, content=False), PathAt(NAME))
    return Step(f"time zone {name}", questions, decide)
