"""Have a file say exactly this."""

from __future__ import annotations

from nowfab.blobs import Blob
from nowfab.plan.changes import Change, WriteFile
from nowfab.plan.questions import File, Folder, Other, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.rights import ANY, Rights

NEW = 0o644
"""The mode of a new file where nobody says one."""


def file(
    path: str,
    content: Blob,
    rights: Rights = ANY,
    secret: bool = False,
    check: tuple[str, ...] = (),
    verify: tuple[str, ...] = (),
) -> Step:
    """Write the file where its content or a right that is named differs; a link there is replaced."""

    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path, content=not secret)
        if isinstance(was, Folder | Other):
            raise Refused(f"{path} is {was.what if isinstance(was, Other) else 'a folder'}, not a file")
        if isinstance(was, File) and was.sha256 == content.sha256 and rights.hold(was):
            return ()
        mode, owner, group = rights.over(was if isinstance(was, File) else None, NEW)
        return (WriteFile(path, content, mode, owner, group, was, secret, check, verify),)

    return Step(f"file {path}", (PathAt(path, content=not secret),), decide)
