"""Name what can be changed on a node; each change says what it was decided on."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from nowfab.blobs import Blob
from nowfab.plan.questions import Absent, File, Folder, Link, Package, Standing, Sysctl, Unit

FIRMWARE = "/boot/"
"""Where a Pi's firmware has its partition, which is vfat: no hard link keeps an old file there."""


@dataclass(frozen=True, slots=True)
class WriteFile:
    """Put a regular file at a path, whole or not at all.

    A `secret` content is shown nowhere, nor is its hash. `check` is a program with `{}` for the staged
    file, `verify` one for the file in its place; either must end with 0, or nothing stays changed.
    `edited` says that somebody else has edited what this replaces: the node keeps the old file. `note` is
    what a person should know of it besides.
    """

    path: str
    content: Blob
    mode: int
    owner: str
    group: str
    was: Standing
    secret: bool = False
    check: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    edited: bool = False
    note: str = ""


@dataclass(frozen=True, slots=True)
class MakeLink:
    """Put a symbolic link at a path."""

    path: str
    target: str
    was: Standing


@dataclass(frozen=True, slots=True)
class MakeFolder:
    """Make a folder, or give one its mode and owner; what is in it stays."""

    path: str
    mode: int
    owner: str
    group: str
    was: Standing


@dataclass(frozen=True, slots=True)
class RemovePath:
    """Remove a file, a link, or an empty folder."""

    path: str
    was: Standing


@dataclass(frozen=True, slots=True)
class Packages:
    """Install these packages and remove those, in one transaction of apt."""

    install: tuple[str, ...]
    remove: tuple[str, ...]
    was: tuple[tuple[str, Package], ...]


@dataclass(frozen=True, slots=True)
class FetchLists:
    """Fetch the lists of packages that there are, as `apt-get update` does."""


@dataclass(frozen=True, slots=True)
class Upgrade:
    """Upgrade all packages, which makes these versions of them; what is new comes along, nothing goes.

    `held` are those that stay behind.
    """

    to: tuple[tuple[str, str], ...]
    was: tuple[tuple[str, Package], ...]
    held: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SetUnit:
    """Enable, disable, start, stop or restart a unit; None leaves as it is."""

    name: str
    was: Unit
    enabled: bool | None = None
    running: bool | None = None
    restart: bool = False


@dataclass(frozen=True, slots=True)
class SetSysctl:
    """Give a kernel parameter a value, until the next boot."""

    key: str
    value: str
    was: Sysctl


@dataclass(frozen=True, slots=True)
class RunArgv:
    """Run a program; `undo` takes back what it does, None where nothing can.

    `stdin` is taken for `secret`, and so is what a program says that has read it. `alters` are the files
    and folders that it may alter, with all below them, None where it may alter anything. `shown` says what
    it does where its words do not.
    """

    argv: tuple[str, ...]
    undo: tuple[str, ...] | None = None
    stdin: Blob | None = None
    alters: tuple[str, ...] | None = None
    shown: str = ""
    secret: bool = True


AptChange = Packages | FetchLists | Upgrade
Change = WriteFile | MakeLink | MakeFolder | RemovePath | AptChange | SetUnit | SetSysctl | RunArgv
PathChange = WriteFile | MakeLink | MakeFolder | RemovePath


def stands_after(change: PathChange, when: float) -> Standing:
    """Give what stands at the path once the change has been made, at second `when`."""
    match change:
        case WriteFile():
            content = None if change.secret else change.content
            return File(change.content.sha256, change.mode, change.owner, change.group, content, when)
        case MakeLink():
            return Link(change.target)
        case MakeFolder():
            return Folder(change.mode, change.owner, change.group)
        case RemovePath():
            return Absent()


ENDS = ("reboot", "shutdown", "poweroff", "halt", "kexec", "rescue", "emergency", "telinit")
"""Programs, and units whose start, end all that runs: also whoever would take something back."""


def ends_all(change: RunArgv | SetUnit) -> bool:
    """Say whether the node goes down with the change."""
    if isinstance(change, RunArgv):
        return any(posixpath.basename(word) in ENDS for word in change.argv[:2])
    return bool(change.running or change.restart) and change.name.partition(".")[0] in ENDS


def undoable(change: Change) -> bool:
    """Say whether a guard can take the change back without anybody's help."""
    match change:
        case RunArgv():
            return change.undo is not None and not ends_all(change)
        case SetUnit():
            return not ends_all(change)
        case WriteFile() | MakeLink() | MakeFolder() | RemovePath():
            return not change.path.startswith(FIRMWARE)
    return not isinstance(change, AptChange)
