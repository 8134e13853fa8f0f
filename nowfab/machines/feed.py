"""Give an exec's input piece by piece; never more than one piece is in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from nowfab.blobs import Blob

PIECE = 32 * 1024
"""Bytes of a piece at most."""


class Feed:
    """The bytes of some blobs, one after the other; `over` says that all were given and taken."""

    def __init__(self, blobs: tuple[Blob, ...]) -> None:
        self._files: Iterator[BinaryIO] = (blob.open() for blob in blobs)
        self._file: BinaryIO | None = None
        self._piece = b""
        self.over = False
        self._next()

    @property
    def piece(self) -> bytes:
        """What is to be sent next; b"" when it is over."""
        return self._piece

    def took(self, size: int) -> None:
        """Drop what was sent of the piece."""
        self._piece = self._piece[size:]
        if not self._piece:
            self._next()

    def close(self) -> None:
        """Give no more."""
        self.over, self._piece = True, b""
        if self._file is not None:
            self._file.close()

    def _next(self) -> None:
        while not self._piece:
            if self._file is None:
                self._file = next(self._files, None)
            if self._file is None:
                self.over = True
                return
            self._piece = self._file.read(PIECE)
            if not self._piece:
                self._file.close()
                self._file = None
