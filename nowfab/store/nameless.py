"""Keep bytes in a file without a name: however this process ends, nothing of them stays."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from typing import IO, BinaryIO, cast

from nowfab.blobs import Collector


def collector() -> Collector:
    """Collect what may be secret: in memory up to its limit, then in a nameless file."""
    return Collector(tempfile.TemporaryFile, rest=NamelessFile)


class NamelessFile:
    """The bytes of a file that is open and has no name, for many readers, each from the first byte."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        file.flush()
        self._file = file
        self.size = size

    @property
    def sha256(self) -> bytes:
        """The 32 bytes of the hash."""
        with io.BufferedReader(_Reader(self._file)) as file:
            return hashlib.file_digest(file, "sha256").digest()

    def head(self, limit: int) -> bytes:
        """Give at most the first `limit` bytes."""
        return os.pread(self._file.fileno(), limit, 0)

    def tail(self, limit: int) -> bytes:
        """Give at most the last `limit` bytes."""
        return os.pread(self._file.fileno(), limit, max(0, self.size - limit))

    def open(self) -> BinaryIO:
        """Open for reading from the first byte; costs no descriptor."""
        return cast(BinaryIO, io.BufferedReader(_Reader(self._file)))


class _Reader(io.RawIOBase):
    """A place in the file that is nobody else's."""

    def __init__(self, file: IO[bytes]) -> None:
        super().__init__()
        self._kept = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        data = os.pread(self._kept.fileno(), len(buffer), self._at)
        buffer[: len(data)] = data
        self._at += len(data)
        return len(data)
