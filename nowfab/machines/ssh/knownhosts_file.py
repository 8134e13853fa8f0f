"""Write new host keys behind what stands in a known_hosts file, and touch nothing else in it.

Several programs may do so at once: who writes holds a lock (flock) and hands its lines to the
system in one write with O_APPEND, so that nothing is lost and nothing is torn, whoever is killed.
"""

from __future__ import annotations

import base64
import contextlib
import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

from nowfab.errors import FileError
from nowfab.machines.ssh import knownhosts_hash, knownhosts_lines
from nowfab.machines.ssh.knownhosts_lines import Marker

try:
    import fcntl
except ImportError:  # no POSIX system: one write with O_APPEND has to do
    fcntl = None  # type: ignore[assignment]

PATIENCE = 10.0
"""Seconds that another program may hold the lock."""

_NAME = re.compile(r"[A-Za-z0-9_\[:][A-Za-z0-9._:%\[\]-]*")
"""Names that mean only themselves in known_hosts."""


def append(file: Path, entries: Sequence[tuple[str, str, bytes]], hash_names: bool = False) -> None:
    """Add keys (name, type, key) that are not there yet; FileError when that cannot be done.

    Makes the file (0600) and its folder (0700) where they are missing.
    """
    for name, kind, _ in entries:
        if not (_NAME.fullmatch(name) and _NAME.fullmatch(kind.replace("@", "_"))):
            raise FileError(str(file), f"no host name for known_hosts: `{ascii(name)[1:-1]}`")
    try:
        descriptor = _locked(file)
        try:
            _append(descriptor, file, entries, hash_names)
        finally:
            os.close(descriptor)  # and with it goes the lock
    except OSError as error:
        raise FileError(str(file), f"cannot be written: {(error.strerror or str(error)).lower()}") from error


def _append(descriptor: int, file: Path, entries: Sequence[tuple[str, str, bytes]], hash_names: bool) -> None:
    if knownhosts_lines.is_null(os.fstat(descriptor)):
        return
    there = knownhosts_lines.contents(descriptor, file)
    lines = b""
    for name, kind, blob in entries:
        key = base64.b64encode(blob)
        if (key in there or key in lines) and _stands(there + b"\n" + lines, name.lower(), blob):
            continue
        shown = knownhosts_hash.hashed(name.lower(), os.urandom(20)) if hash_names else name.lower()
        lines += b"%s %s %s\n" % (shown.encode(), kind.encode(), key)
    if lines:
        _write(descriptor, lines if there[-1:] in (b"", b"\n") else b"\n" + lines)


def _stands(data: bytes, name: str, blob: bytes) -> bool:
    """Tell whether exactly this name has exactly this key."""
    for entry in knownhosts_lines.parse(data, "")[0]:
        if entry.marker is Marker.NONE and entry.blob == blob:
            hashed = knownhosts_hash.unhash(entry.names)
            if hashed.fits(name.encode()) if hashed else name in entry.names.lower().split(","):
                return True
    return False


def _locked(file: Path) -> int:
    """Open the file and wait for its lock; anew when somebody put another file in its place meanwhile."""
    until = time.monotonic() + PATIENCE
    while True:
        descriptor = _opened(file)
        try:
            while not _lock(descriptor):
                if time.monotonic() > until:
                    raise FileError(str(file), f"another program has held it for {PATIENCE:g} s")
                time.sleep(0.01)
            if os.path.samestat(os.fstat(descriptor), file.stat()):
                return descriptor
        except FileNotFoundError:
            pass  # removed since it was opened
        except BaseException:
            os.close(descriptor)
            raise
        os.close(descriptor)


def _opened(file: Path) -> int:
    """Open the file; what has to be made is for its owner alone."""
    flags = os.O_RDWR | os.O_APPEND | os.O_NONBLOCK | os.O_CLOEXEC
    with contextlib.suppress(FileNotFoundError):
        return os.open(file, flags)
    with contextlib.suppress(FileExistsError):
        file.parent.mkdir(mode=0o700)
        _give(file.parent, file.parent.parent)
    with contextlib.suppress(FileExistsError):
        made = os.open(file, flags | os.O_CREAT | os.O_EXCL, 0o600)
        _give(made, file.parent)
        return made
    return os.open(file, flags | os.O_CREAT, 0o600)  # a link to what is not there yet


def _give(made: int | Path, folder: Path) -> None:
    """Let what root makes in somebody's home (`sudo -E`) be theirs: they could not write it later."""
    owner = folder.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        return
    if isinstance(made, int):
        os.fchown(made, owner.st_uid, owner.st_gid)
    else:
        os.chown(made, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _lock(descriptor: int) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _write(descriptor: int, lines: bytes) -> None:
    """Write in one go; what a full disk cut off is a line that every reader passes over."""
    while lines:
        lines = lines[os.write(descriptor, lines) :]
