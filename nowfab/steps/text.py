"""Change a part of a text file, and leave every other byte of it alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import Change
from nowfab.plan.questions import Absent, File, PathAt, Standing
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps import file
from nowfab.steps.rights import ANY, Rights

Render = Callable[[str], str]
"""Makes the text that should be of the text that is; Refused where it cannot."""


def text(
    title: str,
    path: str,
    render: Render,
    rights: Rights = ANY,
    check: tuple[str, ...] = (),
    verify: tuple[str, ...] = (),
    edited: Callable[[str], bool] = lambda old: False,
) -> Step:
    """Write the file as `render` makes it; a file that is not there counts as empty.

    `edited` says whether somebody else has edited what `render` replaces.
    """

    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path)
        old = text_at(path, was)
        new = render(old)
        if isinstance(was, Absent) and not new:
            return ()
        content = MemoryBlob(new.encode("utf-8", "surrogateescape"))
        changes = file.write(path, content, rights, was, False, check, verify)
        return tuple(replace(change, edited=edited(old)) for change in changes)

    return Step(title, (PathAt(path),), decide)


def text_at(path: str, was: Standing) -> str:
    """Give the text that stands at a path, "" for nothing; bytes that are no UTF-8 stay as they are."""
    if isinstance(was, Absent):
        return ""
    if not isinstance(was, File):
        raise Refused(f"{path} is no regular file, so no part of it is changed")
    if was.content is None:
        raise Refused(f"{path} is secret or too large, so no part of it is changed")
    data = was.content.head(was.content.size)
    if b"\0" in data:
        raise Refused(f"{path} is no text: there is a NUL byte in it")
    return data.decode("utf-8", "surrogateescape")
