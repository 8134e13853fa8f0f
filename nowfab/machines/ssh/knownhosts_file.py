"""Write host keys down: one locked append, and nothing else in the file is touched."""

from __future__ import annotations

import base64
import contextlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from nowfab.errors import FileError

Line = tuple[str, str, bytes]
"""The name as known_hosts writes it, the kind of key, the key."""


def append(file: Path, lines: Sequence[Line]) -> None:
    """Add what the file does not have yet; makes it (0600), and its folder (0700), when missing.

    Many processes may do so at once. FileError when it cannot be written.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            with _locked(descriptor):
                _append(descriptor, lines)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise FileError(
            str(file), f"known hosts cannot be written: {(error.strerror or '').lower()}"
        ) from error


def _append(descriptor: int, lines: Sequence[Line]) -> None:
    with os.fdopen(os.dup(descriptor), "rb") as reader:
        reader.seek(0)
        old = reader.read()
    have = set(old.split(b"\n"))
    texts = [f"{name} {kind} {base64.b64encode(blob).decode()}".encode() for name, kind, blob in lines]
    new = [text for text in dict.fromkeys(texts) if text not in have]
    if not new:
        return
    data = b"".join(text + b"\n" for text in new)
    if old and not old.endswith(b"\n"):
        data = b"\n" + data
    written = os.write(descriptor, data)
    if written != len(data):
        raise OSError(28, "no space left on device")
    os.fsync(descriptor)


@contextlib.contextmanager
def _locked(descriptor: int) -> Iterator[None]:
    """Hold the file's lock where the system has one."""
    try:
        import fcntl
    except ImportError:
        yield
        return
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
