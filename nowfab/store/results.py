"""Put texts into files that nobody reads half, and that replace nothing unasked."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from nowfab.errors import OutputError, UsageError


def write(place: Path, files: Mapping[str, str], overwrite: bool) -> str:
    """Write the text named "" into `place`, others into files of that folder; say what was written.

    UsageError for what is there already, unless `overwrite`; OutputError where it cannot be written.
    """
    paths = {place / name if name else place: text for name, text in files.items()}
    there = [path for path in paths if path.exists()]
    if there and not overwrite:
        raise UsageError(f"`{there[0]}` is there already; `--overwrite` replaces it")
    try:
        for path, text in paths.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, text.encode())
    except OSError as error:
        raise OutputError(f"`{place}` cannot be written: {(error.strerror or str(error)).lower()}") from None
    return f"written: {place}" + (f" ({len(paths)} files)" if len(paths) > 1 else "")


def _replace(path: Path, data: bytes) -> None:
    """Have the file be wholly the old or the new one; a link stays one, mode and owner stay too."""
    path = path.resolve()
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
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
