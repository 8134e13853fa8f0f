"""Keep bytes at rest: in memory up to a limit, beyond it in a file."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import IO, BinaryIO, NoReturn, Protocol

MEMORY_LIMIT = 1024 * 1024
"""Bytes of one stream that stay in memory."""


class Blob(Protocol):
    """Bytes that do not change any more; two are equal when their size and sha256 are."""

    @property
    def size(self) -> int:
        """The length in bytes."""

    @property
    def sha256(self) -> bytes:
        """The 32 bytes of the hash."""

    def head(self, limit: int) -> bytes:
        """Give at most the first `limit` bytes."""

    def tail(self, limit: int) -> bytes:
        """Give at most the last `limit` bytes."""

    def open(self) -> BinaryIO:
        """Open for reading from the first byte; the caller closes."""


class MemoryBlob:
    """A blob that is held in memory."""

    def __init__(self, data: bytes = b"") -> None:
        self._data = data

    @property
    def size(self) -> int:
        """The length in bytes."""
        return len(self._data)

    @cached_property
    def sha256(self) -> bytes:
        """The 32 bytes of the hash."""
        return hashlib.sha256(self._data).digest()

    def head(self, limit: int) -> bytes:
        """Give at most the first `limit` bytes."""
        return self._data[:limit]

    def tail(self, limit: int) -> bytes:
        """Give at most the last `limit` bytes."""
        return self._data[-limit:] if limit else b""

    def open(self) -> BinaryIO:
        """Open for reading from the first byte."""
        return io.BytesIO(self._data)


class FileBlob:
    """A blob that lies in a file of the run's spool; hashed when somebody asks, while the spool is there."""

    def __init__(self, path: Path, size: int) -> None:
        self._path = path
        self._size = size

    @property
    def size(self) -> int:
        """The length in bytes."""
        return self._size

    @cached_property
    def sha256(self) -> bytes:
        """The 32 bytes of the hash."""
        with self._path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").digest()

    def head(self, limit: int) -> bytes:
        """Give at most the first `limit` bytes."""
        with self.open() as file:
            return file.read(limit)

    def tail(self, limit: int) -> bytes:
        """Give at most the last `limit` bytes."""
        with self.open() as file:
            file.seek(max(0, self._size - limit))
            return file.read(limit)

    def open(self) -> BinaryIO:
        """Open for reading from the first byte."""
        return self._path.open("rb")


EMPTY = MemoryBlob()


class Secret:
    """A password: never shown, never stored; only `reveal` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the password to whoever sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


Spool = Callable[[], IO[bytes]]
"""Makes a new file for bytes that memory should not hold; its `name` is the path."""


def _named(file: IO[bytes], size: int) -> Blob:
    file.close()
    return FileBlob(Path(str(file.name)), size)


class Collector:
    """Take bytes as they come and become a blob; one writer, no lock.

    `rest` makes a blob of a file of the spool that holds so many bytes.
    """

    def __init__(
        self,
        spool: Spool,
        limit: int = MEMORY_LIMIT,
        rest: Callable[[IO[bytes], int], Blob] = _named,
    ) -> None:
        self._spool = spool
        self._limit = limit
        self._rest = rest
        self._parts: list[bytes] = []
        self._size = 0
        self._file: IO[bytes] | None = None

    def add(self, data: bytes) -> None:
        """Append; OSError when the spool's disk is full."""
        self._size += len(data)
        if self._file is None and self._size <= self._limit:
            self._parts.append(data)
            return
        if self._file is None:
            self._file = self._spool()
            self._file.writelines(self._parts)
            self._parts.clear()
        self._file.write(data)

    def blob(self) -> Blob:
        """Give what was collected; nothing more is taken."""
        if self._file is None:
            return MemoryBlob(b"".join(self._parts)) if self._parts else EMPTY
        return self._rest(self._file, self._size)
