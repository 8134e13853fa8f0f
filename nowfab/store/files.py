"""Find the files that describe the nodes, so that they are read whole or refused at once."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from nowfab import names
from nowfab.errors import FileError, Place

LARGEST = 16 * 1024 * 1024
"""Bytes of one file."""

_ETC = Path("/etc")
_KINDS = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


@dataclass(frozen=True, slots=True)
class Found:
    """Where our files are; `clusters` in the order in which later ones replace earlier ones.

    `project` is the folder that holds the nearest groups/, None when there is none.
    """

    clusters: tuple[Path, ...]
    nodes: Path | None
    project: Path | None


def find(folder: Path, home: Path, etc: Path = _ETC) -> Found:
    """Look for clusters files as ClusterSSH does, then for the nearest groups/ upwards of `folder`."""
    shared = (etc / "clusters", home / ".clusterssh" / "clusters")
    for project in (folder, *folder.parents):
        own, nodes = project / "groups" / "clusters", project / "groups" / "nodes.yaml"
        if _exists(own) or _exists(nodes):
            clusters = tuple(filter(_exists, (*shared, own)))
            return Found(clusters, nodes if _exists(nodes) else None, project)
    return Found(tuple(filter(_exists, shared)), None, None)


def read(path: Path) -> str:
    """Read a text whole, without its byte order mark and with plain line ends.

    FileError for anything but a regular file of UTF-8 text of at most LARGEST bytes; nothing else
    is opened, so that a pipe or a device neither blocks nor notices.
    """
    shown = str(path)
    try:
        _acceptable(shown, path.stat())
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            _acceptable(shown, os.fstat(descriptor))
            data = file.read(LARGEST + 1)
    except OSError as error:
        raise FileError(shown, f"cannot be read: {_reason(path, error)}") from None
    return text(shown, data)


_TOO_LARGE = f"it is larger than {LARGEST // 1024 // 1024} MiB"


def _exists(path: Path) -> bool:
    """Tell whether anything stands there; what cannot be looked at is for `read` to complain of."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def _acceptable(shown: str, found: os.stat_result) -> None:
    """Refuse what is no regular file, too large, or anybody's to write while we are root."""
    if not stat.S_ISREG(found.st_mode):
        kind = next((what for is_kind, what in _KINDS if is_kind(found.st_mode)), "no regular file")
        raise FileError(shown, f"it is {kind}, not a file")
    if found.st_size > LARGEST:
        raise FileError(shown, _TOO_LARGE)
    if os.geteuid() == 0 and found.st_mode & stat.S_IWOTH:
        what = f"anybody may write it, and you are root; `chmod o-w {shown}` if its content is yours"
        raise FileError(shown, what)


def _reason(path: Path, error: OSError) -> str:
    if isinstance(error, FileNotFoundError) and path.is_symlink():
        return "it is a link to nothing"
    return (error.strerror or str(error)).lower()


def text(shown: str, data: bytes) -> str:
    """Decode what was read of a text, at most one byte more than LARGEST; FileError."""
    if len(data) > LARGEST:
        raise FileError(shown, _TOO_LARGE)
    nul = data.find(b"\0")
    if nul >= 0:
        raise FileError(_line(shown, data, nul), "there is a NUL byte; this is not a text")
    try:
        decoded = data.decode("utf-8")
    except UnicodeDecodeError as error:
        what = f"byte {names.shown(f'0x{data[error.start]:02x}')} is not UTF-8; save the file as UTF-8"
        raise FileError(_line(shown, data, error.start), what) from None
    return decoded.removeprefix("\ufeff").replace("\r\n", "\n")


def _line(shown: str, data: bytes, at: int) -> Place:
    return Place(shown, data.count(b"\n", 0, at) + 1)
