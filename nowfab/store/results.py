"""Put texts into files that nobody reads half, and that replace nothing unasked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nowfab.errors import OutputError, UsageError
from nowfab.store.replace import replace


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
            replace(path, text.encode())
    except OSError as error:
        raise OutputError(f"`{place}` cannot be written: {(error.strerror or str(error)).lower()}") from None
    return f"written: {place}" + (f" ({len(paths)} files)" if len(paths) > 1 else "")
