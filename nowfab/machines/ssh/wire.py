"""Read a socket in large pieces, without a limit, until somebody cuts it."""

from __future__ import annotations

import contextlib
import selectors
import socket
from typing import Protocol

PIECE = 64 * 1024
"""Bytes asked of the socket at a time."""

_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Linux alone has it (tcp(7)); sending switches it off again."""

TALK = 256 * 1024
"""Bytes after which it is no talk to and fro any more but a stream, where acknowledgements only cost."""


class Stream(Protocol):
    """What a wire is laid over: a socket, or a channel through a gateway."""

    def recv(self, size: int, /) -> bytes:
        """Wait for bytes; b"" at the end."""

    def send(self, data: bytes, /) -> int:
        """Send some of `data`."""

    def close(self) -> None:
        """Let go."""

    def fileno(self) -> int:
        """Give what a selector takes."""

    def shutdown(self, how: int, /) -> None:
        """End one or both directions."""


class Wire:
    """The socket that paramiko's Packetizer is given: blocking, buffered, ended by `cut`."""

    def __init__(self, stream: Stream, rest: bytes = b"") -> None:
        self._stream = stream
        self._buffer = memoryview(rest)
        self._closed = False
        self._came = 0

    def recv(self, size: int) -> bytes:
        """Give at most `size` bytes, b"" at the end; waits without a limit."""
        if not self._buffer:
            data = self._stream.recv(max(size, PIECE))
            self._came += len(data)
            if len(data) <= size:
                return data
            self._buffer = memoryview(data)
        piece = bytes(self._buffer[:size])
        self._buffer = self._buffer[size:]
        return piece

    def send(self, data: bytes) -> int:
        """Send some of `data` and say how much."""
        size = self._stream.send(data)
        self._hurry()
        return size

    def _hurry(self) -> None:
        """Have what comes next acknowledged at once.

        A server that answers with two small messages holds the second until we have acknowledged
        the first (Nagle), and we would do that 40 ms later: sshd opens its channel so.
        """
        if _QUICKACK is not None and self._came < TALK and isinstance(self._stream, socket.socket):
            with contextlib.suppress(OSError):
                self._stream.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)

    def ready(self, seconds: float) -> bool:
        """Say whether bytes, or the end, come within `seconds`."""
        if self._buffer:
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self._stream.fileno(), selectors.EVENT_READ)
            return bool(selector.select(seconds))

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: limits end a wire by `cut`, nobody polls."""

    def getpeername(self) -> object:
        """Give the other side's address, as paramiko's log wants it."""
        return getattr(self._stream, "getpeername", lambda: ("unknown", 0))()

    def cut(self) -> None:
        """End it from any thread: whoever waits in `recv` gets b""."""
        with contextlib.suppress(OSError, EOFError):
            self._stream.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Let go of the socket."""
        self._closed = True
        with contextlib.suppress(OSError, EOFError):
            self._stream.close()
