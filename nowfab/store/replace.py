"""Replace files so that each is wholly the old or the new one, and nobody else's change is lost."""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from nowfab.errors import OutputError

PATIENCE = 10.0
"""Seconds for somebody else who writes in the same folder; it takes milliseconds."""


@dataclass(frozen=True, slots=True)
class New:
    """What a file should say, and what it said when that was decided; None for no file."""

    path: Path
    text: str
    was: str | None


def replace(path: Path, data: bytes) -> None:
    """Replace one file, or make it; a link stays one, mode and owner stay too. Raises OSError."""
    path = path.resolve()
    with _staged(path, data) as temporary:
        temporary.replace(path)
    _sync(path.parent)


def change(files: Sequence[New]) -> bool:
    """Replace all these files, or none; say whether they still said what they did. Raises OutputError.

    What cannot be written is found out before the first one is replaced.
    """
    at = files[0].path if files else Path()
    try:
        with ExitStack() as held:
            found = [(file.path.resolve(), file) for file in files]
            for path, file in found:
                at = file.path
                path.parent.mkdir(parents=True, exist_ok=True)
            for folder in sorted({path.parent for path, _ in found}):
                held.enter_context(_alone(folder))
            if any(_said(path) != file.was for path, file in found):
                return False
            staged = []
            for path, file in found:
                at = file.path
                staged.append((held.enter_context(_staged(path, file.text.encode())), path))
            for temporary, path in staged:
                temporary.replace(path)
            for folder in {path.parent for path, _ in found}:
                _sync(folder)
    except OSError as error:
        raise OutputError(f"`{at}` cannot be written: {(error.strerror or str(error)).lower()}") from None
    return True


def _said(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None


@contextmanager
def _staged(path: Path, data: bytes) -> Iterator[Path]:
    """Write the new file beside the old one; it is gone afterwards unless it took its place."""
    known = path.stat() if path.exists() else None
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            if known is not None:
                os.fchown(file.fileno(), known.st_uid, known.st_gid)
                os.fchmod(file.fileno(), known.st_mode & 0o7777)
            os.fsync(file.fileno())
        yield temporary
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only nowfab that replaces files in a folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    until = time.monotonic() + PATIENCE
    try:
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > until:
                    raise OSError(0, f"another program holds the folder {folder}") from None
                time.sleep(0.05)
        yield
    finally:
        os.close(descriptor)


def _sync(folder: Path) -> None:
    """Have the folder's new entries survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
