"""Have nothing stand at a path."""

from __future__ import annotations

from nowfab.plan.changes import Change, RemovePath
from nowfab.plan.questions import Absent, Other, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View


def remove(path: str) -> Step:
    """Remove a file or a link; a folder goes only when it is empty."""

    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path, content=False)
        if isinstance(was, Absent):
            return ()
        if isinstance(was, Other):
            raise Refused(f"{path} is {was.what}; nowfab does not remove that")
        return (RemovePath(path, was),)

    return Step(f"remove {path}", (PathAt(path, content=False),), decide)
