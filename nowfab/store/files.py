"""Find the files that describe the nodes, so that they are read whole or refused at once."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
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
    tags: tuple[Path, ...]
    nodes: Path | None
    project: Path | None


@dataclass(frozen=True, slots=True)
class Extra:
    """Further files that ClusterSSH's settings name, as they are written there."""

    clusters: Sequence[str] = ()
    tags: Sequence[str] = ()


def settings(home: Path, etc: Path = _ETC) -> tuple[Path, ...]:
    """Find ClusterSSH's own settings, in the order in which it reads them."""
    return tuple(filter(exists, (etc / "csshrc", home / ".csshrc", home / ".clusterssh" / "config")))


def find(folder: Path, home: Path, extra: Extra = Extra(), etc: Path = _ETC) -> Found:
    """Look for files where ClusterSSH does, then for the nearest groups/ upwards of `folder`.

    As with ClusterSSH, a further file that is not there is nobody's mistake.
    """
    project = next((place for place in (folder, *folder.parents) if _holds_groups(place)), None)
    own = [] if project is None else [project / "groups"]
    return Found(
        _all(etc, home, extra.clusters, own, "clusters"),
        _all(etc, home, extra.tags, own, "tags"),
        next((place / "nodes.yaml" for place in own if exists(place / "nodes.yaml")), None),
        project,
    )


def _all(etc: Path, home: Path, extra: Sequence[str], own: Sequence[Path], name: str) -> tuple[Path, ...]:
    further = [_expanded(path, home) for path in extra]
    candidates = (etc / name, home / ".clusterssh" / name, *further, *(place / name for place in own))
    return tuple(dict.fromkeys(filter(exists, candidates)))


def _expanded(path: str, home: Path) -> Path:
    """Replace `~/` and `$HOME/` in front, and nothing else, as ClusterSSH does."""
    mark = next((mark for mark in ("~/", "$HOME/") if path.startswith(mark)), None)
    return Path(path) if mark is None else home / path.removeprefix(mark)


def _holds_groups(folder: Path) -> bool:
    return any(exists(folder / "groups" / name) for name in ("clusters", "tags", "nodes.yaml"))


def read(path: Path, exact: bool = False) -> str:
    """Read a text whole; unless `exact`, without its byte order mark and with plain line ends.

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
    return text(shown, data, exact)


_TOO_LARGE = f"it is larger than {LARGEST // 1024 // 1024} MiB"


def exists(path: Path) -> bool:
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


def text(shown: str, data: bytes, exact: bool = False) -> str:
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
    return decoded if exact else decoded.removeprefix("\ufeff").replace("\r\n", "\n")


def _line(shown: str, data: bytes, at: int) -> Place:
    return Place(shown, data.count(b"\n", 0, at) + 1)
