"""Keep bytes in a file without a name: however this process ends, nothing of them stays."""

from __future__ import annotations

import hashlib
import io
import os
import tempfile
from typing import IO, BinaryIO, cast


class NamelessFile:
    """Bytes that are written once and then read by many, each from the first byte; it is their blob."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the blob
        self.size = 0

    def add(self, data: bytes) -> None:
        """Append; OSError when the disk is full."""
        rest = memoryview(data)
        while rest:
            rest = rest[os.write(self._file.fileno(), rest) :]
        self.size += len(data)

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
