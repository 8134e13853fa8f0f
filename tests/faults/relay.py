"""Stand between a client and a server, with toxics named as Toxiproxy names them."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from dataclasses import dataclass
from typing import Literal

from tests.faults.loop import Loop

SECONDS = 60.0
"""That one relayed connection may last."""

PIECE = 64 * 1024

Way = Literal["up", "down"]
"""up: from the client to the server; down: the other way."""


@dataclass(frozen=True, slots=True)
class Toxics:
    """What happens to the bytes of one direction. Counts of bytes are from the connection's start.

    latency     seconds that every piece is held back
    slicer      bytes that a piece has at most
    limit_data  both sides are closed after so many bytes
    reset_peer  both sides get a reset after so many bytes
    blackhole   what comes after so many bytes is swallowed, and nothing is closed
    bitflip     the number of the bit that arrives wrong
    """

    latency: float = 0.0
    slicer: int = PIECE
    limit_data: int | None = None
    reset_peer: int | None = None
    blackhole: int | None = None
    bitflip: int | None = None


CLEAN = Toxics()
TIMEOUT = Toxics(blackhole=0)
"""Toxiproxy's `timeout` with 0: nothing passes, nothing closes."""


class Cut(Exception):
    """A toxic ends the connection; `reset` says how."""

    def __init__(self, reset: bool) -> None:
        super().__init__("cut")
        self.reset = reset


class Relay:
    """One port on loopback that leads to a server; toxics may change while it relays.

    `sick` is how many connections get the toxics, all by default; the others are left clean.
    `connects` counts them, `passed` the bytes of the last one that ended or goes on.
    """

    def __init__(self, loop: Loop, host: str, port: int, sick: int | None = None) -> None:
        self._loop = loop
        self._target = (host, port)
        self._sick = sick
        self._held: dict[Way, asyncio.Event] = {}
        self.toxics: dict[Way, Toxics] = {"up": CLEAN, "down": CLEAN}
        self.passed: dict[Way, int] = {"up": 0, "down": 0}
        self.connects = 0
        self.port = loop.do(self._listen())

    def hold(self) -> None:
        """Let nothing pass, lose nothing: a network that is away for a while."""
        for event in self._held.values():
            self._loop.soon(event.clear)

    def release(self) -> None:
        """Let pass what was held."""
        for event in self._held.values():
            self._loop.soon(event.set)

    async def _listen(self) -> int:
        for way in ("up", "down"):
            self._held[way] = asyncio.Event()
            self._held[way].set()
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self._loop.listens(server)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connects += 1
        sick = self._sick is None or self.connects <= self._sick
        self.passed = {"up": 0, "down": 0}
        reset = False
        writers = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            writers.append(far_writer)
            flows: list[asyncio.Future[None]] = [
                asyncio.ensure_future(self._flow("up", reader, far_writer, sick)),
                asyncio.ensure_future(self._flow("down", far_reader, writer, sick)),
            ]
            async with asyncio.timeout(SECONDS):
                await _first_failure(flows)
        except Cut as cut:
            reset = cut.reset
        except (OSError, TimeoutError, asyncio.CancelledError):
            reset = True
        finally:
            for each in writers:
                _end(each, reset)

    async def _flow(
        self, way: Way, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sick: bool
    ) -> None:
        """Move one direction until its end, which is passed on as an end."""
        count, passed = self.passed, 0
        while data := await reader.read(PIECE):
            while data:
                toxics = self.toxics[way] if sick else CLEAN
                piece, data = data[: toxics.slicer], data[toxics.slicer :]
                await asyncio.sleep(toxics.latency)
                await self._held[way].wait()
                kept, end = _harm(piece, passed, toxics)
                passed += len(kept)
                count[way] = passed
                writer.write(kept)
                await writer.drain()
                if end:
                    raise end
        with contextlib.suppress(OSError):
            writer.write_eof()


def _harm(piece: bytes, passed: int, toxics: Toxics) -> tuple[bytes, Cut | None]:
    """Give what goes on of a piece before which `passed` bytes went, and whether that is the end."""
    if toxics.bitflip is not None and passed <= toxics.bitflip // 8 < passed + len(piece):
        place = toxics.bitflip // 8 - passed
        flipped = piece[place] ^ (1 << toxics.bitflip % 8)
        piece = piece[:place] + bytes([flipped]) + piece[place + 1 :]
    for limit, end in (
        (toxics.limit_data, Cut(reset=False)),
        (toxics.reset_peer, Cut(reset=True)),
        (toxics.blackhole, None),
    ):
        if limit is not None and passed + len(piece) >= limit:
            return piece[: limit - passed], end
    return piece, None


async def _first_failure(flows: list[asyncio.Future[None]]) -> None:
    """Wait for all; the first that fails ends the others."""
    try:
        await asyncio.gather(*flows)
    finally:
        for flow in flows:
            flow.cancel()
        await asyncio.gather(*flows, return_exceptions=True)


def _end(writer: asyncio.StreamWriter, reset: bool) -> None:
    sock = writer.get_extra_info("socket")
    if reset and sock is not None:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
    else:
        writer.close()
