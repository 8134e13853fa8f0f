"""Change a part of a text file, and leave every other byte of it alone."""

from __future__ import annotations

from collections.abc import Callable

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
) -> Step:
    """Write the file as `render` makes it; a file that is not there counts as empty."""

    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path)
        new = render(_text(path, was))
        if isinstance(was, Absent) and not new:
            return ()
        content = MemoryBlob(new.encode("utf-8", "surrogateescape"))
        return file.write(path, content, rights, was, False, check, verify)

    return Step(title, (PathAt(path),), decide)


def _text(path: str, was: Standing) -> str:
    """Give the text of a file; bytes that are not UTF-8 are carried through as they are."""
    if isinstance(was, Absent):
        return ""
    if not isinstance(was, File):
        raise Refused(f"{path} is no regular file, so no part of it is changed")
    if was.content is None:
        raise Refused(f"{path} is too large to have a part of it changed")
    data = was.content.head(was.content.size)
    if b"\0" in data:
        raise Refused(f"{path} is no text: there is a NUL byte in it")
    return data.decode("utf-8", "surrogateescape")
