"""Have a file say exactly this."""

from __future__ import annotations

from nowfab.blobs import Blob
from nowfab.plan.changes import Change, WriteFile
from nowfab.plan.questions import File, Folder, Other, PathAt, Standing
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.rights import ANY, Rights

NEW = 0o644
"""The mode of a new file where nobody says one."""


def write(
    path: str,
    content: Blob,
    rights: Rights,
    was: Standing,
    secret: bool,
    check: tuple[str, ...],
    verify: tuple[str, ...],
) -> tuple[WriteFile, ...]:
    """Want what is missing: nothing where content and rights are so."""
    known = was if isinstance(was, File) else None
    if known and known.sha256 == content.sha256 and rights.hold(known):
        return ()
    return (WriteFile(path, content, *rights.over(known, NEW), was, secret, check, verify),)


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
        return write(path, content, rights, was, secret, check, verify)

    return Step(f"file {path}", (PathAt(path, content=not secret),), decide)
