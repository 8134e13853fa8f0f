"""Show a change so that a person sees what it will do: one line, and for files the lines that differ."""

from __future__ import annotations

import difflib
import shlex

from nowfab.blobs import EMPTY, Blob
from nowfab.plan.changes import (
    Change,
    FetchLists,
    MakeFolder,
    MakeLink,
    Packages,
    RemovePath,
    RunArgv,
    SetSysctl,
    SetUnit,
    Upgrade,
    WriteFile,
)
from nowfab.plan.questions import Absent, File, Folder, Link, Other, Standing

SHOWN = 256 * 1024
"""Bytes of a file that are compared line by line; difflib takes seconds for more."""


def headline(change: Change) -> str:
    """Say in one line what a change does, without a secret in it."""
    match change:
        case WriteFile():
            return _file(change)
        case MakeLink():
            return f"link {change.path} → {change.target}{_instead(change.was)}"
        case MakeFolder():
            what = "make" if isinstance(change.was, Absent) else "set"
            return f"{what} folder {change.path} {_rights(change.mode, change.owner, change.group)}"
        case RemovePath():
            return f"remove {_kind(change.was)} {change.path}"
        case Packages():
            parts = (("install", change.install), ("remove", change.remove))
            return "; ".join(f"{verb} {' '.join(some)}" for verb, some in parts if some)
        case FetchLists():
            return "fetch the lists of packages"
        case Upgrade():
            names = " ".join(name for name, _ in change.to)
            held = f"; held back: {' '.join(change.held)}" if change.held else ""
            return f"upgrade {names}{held}"
        case SetUnit():
            return f"{', '.join(_verbs(change))} {change.name}"
        case SetSysctl():
            was = "nothing" if change.was.value is None else change.was.value
            return f"set {change.key} to {change.value} (was {was})"
        case RunArgv():
            return change.shown or f"run {shlex.join(change.argv)}"


def lines(change: Change) -> tuple[str, ...]:
    """Give a unified diff of what a file says, empty where there is nothing to compare."""
    if not isinstance(change, WriteFile) or change.secret:
        return ()
    old, new = _text(_content(change.was)), _text(change.content)
    return () if old is None or new is None else texts(change.path, old, new)


def texts(path: str, old: str, new: str) -> tuple[str, ...]:
    """Give a unified diff of two texts, empty where they are equal."""
    found = difflib.unified_diff(_whole(old), _whole(new), path, path)
    return tuple(part for line in found for part in line.removesuffix("\n").split("\n"))


def _file(change: WriteFile) -> str:
    was, rights = change.was, _rights(change.mode, change.owner, change.group)
    what = "a secret file" if change.secret else f"{change.content.size:,} bytes"
    if not isinstance(was, File):
        return f"write {change.path} {rights}, {what}{_instead(was)}{_note(change)}"
    changed = []
    if was.sha256 != change.content.sha256:
        changed.append("its content" if change.secret else what)
    old = _rights(was.mode, was.owner, was.group)
    if old != rights:
        changed.append(f"{old} → {rights}")
    kept = "; edited by hand, so the old one is kept" if change.edited else ""
    return f"change {change.path}: {', '.join(changed) or 'nothing'}{kept}{_note(change)}"


def _note(change: WriteFile) -> str:
    return f"; {change.note}" if change.note else ""


def _verbs(change: SetUnit) -> list[str]:
    verbs = []
    if change.enabled is not None:
        verbs.append("enable" if change.enabled else "disable")
    if change.restart:
        verbs.append("restart")
    elif change.running is not None:
        verbs.append("start" if change.running else "stop")
    return verbs


def _rights(mode: int, owner: str, group: str) -> str:
    """Say who may do what; an owner that is left to the system is nobody's news."""
    return f"{mode:04o} {owner}:{group}" if owner or group else f"{mode:04o}"


def _kind(was: Standing) -> str:
    match was:
        case File():
            return "file"
        case Link():
            return "link"
        case Folder():
            return "folder"
        case Other():
            return was.what
        case Absent():
            return "nothing"


def _instead(was: Standing) -> str:
    return "" if isinstance(was, Absent) else f", instead of a {_kind(was)}"


def _content(was: Standing) -> Blob | None:
    if isinstance(was, File):
        return was.content
    return EMPTY if isinstance(was, Absent) else None


def _text(blob: Blob | None) -> str | None:
    """Give the text of a blob, None where it is none or too long to be compared."""
    if blob is None or blob.size > SHOWN:
        return None
    try:
        text = blob.head(SHOWN).decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _whole(text: str) -> list[str]:
    """Split into lines; the last one without an end is told apart, as diff does it."""
    found = text.splitlines(keepends=True)
    if found and not found[-1].endswith("\n"):
        found[-1] += "\n\\ No newline at end of file\n"
    return found
