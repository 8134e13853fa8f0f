"""Have a symbolic link."""

from __future__ import annotations

from nowfab.plan.changes import Change, MakeLink
from nowfab.plan.questions import Absent, Link, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View


def link(path: str, to: str) -> Step:
    """Make the link, or have it point elsewhere; anything else in its place is left and refused."""

    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path, content=False)
        if isinstance(was, Link) and was.target == to:
            return ()
        if not isinstance(was, Absent | Link):
            raise Refused(
                f"{path} is there already, and is no link; a step `remove` before this one takes it away"
            )
        return (MakeLink(path, to, was),)

    return Step(f"link {path}", (PathAt(path, content=False),), decide)
