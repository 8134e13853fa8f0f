"""Keep the large outputs of one run in a folder of its own, which goes when the run ends."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
import threading
from pathlib import Path
from typing import IO


class Spool:
    """Makes files on demand in a folder (0700) of the system's place for temporary files.

    Called, it gives a new file open for writing; OSError when there is no room. Safe to call from
    many threads. As a context manager it removes the folder at the end.
    """

    def __init__(self, parent: Path | None = None) -> None:
        self._parent = parent
        self._folder: Path | None = None
        self._count = itertools.count(1)
        self._lock = threading.Lock()

    def __call__(self) -> IO[bytes]:
        """Make one more file."""
        with self._lock:
            if self._folder is None:
                self._folder = Path(tempfile.mkdtemp(prefix="nowfab-", dir=self._parent))
            path = self._folder / f"{next(self._count)}"
        return open(path, "xb", opener=_private)

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, 0o600)
