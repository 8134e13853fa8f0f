"""Have a folder."""

from __future__ import annotations

from nowfab.plan.changes import Change, MakeFolder
from nowfab.plan.questions import Absent, Folder, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.rights import ANY, Rights

NEW = 0o755
"""The mode of a new folder where nobody says one."""


def folder(path: str, rights: Rights = ANY) -> Step:
    """Make the folder, or give it the rights that are named; what is in it stays as it is."""

    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path, content=False)
        if not isinstance(was, Absent | Folder):
            raise Refused(f"{path} is there already, and is no folder")
        known = was if isinstance(was, Folder) else None
        if known and rights.hold(known):
            return ()
        return (MakeFolder(path, *rights.over(known, NEW), was),)

    return Step(f"folder {path}", (PathAt(path, content=False),), decide)
