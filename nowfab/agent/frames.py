"""Read the counted frames of a request, and write those of the reply."""

from nowfab.agent.notation import format_json, parse_json
from nowfab.agent.words import Trouble, new_sha256

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable
    from typing import IO

HEADER_LIMIT = 64 * 1024 * 1024
"""Bytes of a request's header; what is longer is no request."""

PIECE = 65536
"""Bytes that are held at once of what may be large."""

NOBODY = "unknown"
"""The RUN of a reply to something that named none."""


def read_header(source: "IO[bytes]") -> dict:
    """Read the header off the beginning of the input."""
    head = read_exactly(source, 11)
    if not (head[:10].isdigit() and head[10:] == b"\n") or int(head[:10]) > HEADER_LIMIT:
        raise Trouble("the request is not understood: it does not begin with its length")
    text = read_exactly(source, int(head[:10]))
    try:
        header = parse_json(text.decode("ascii"))
    except (ValueError, RecursionError):
        raise Trouble("the request is not understood: its header is no JSON") from None
    if not isinstance(header, dict):
        raise Trouble("the request is not understood: its header is no JSON object")
    return header


def read_exactly(source: "IO[bytes]", size: int) -> bytes:
    """Read so many bytes, not fewer."""
    raw = source.read(size)
    if len(raw) < size:
        raise Trouble("the request ended in the middle of its header, nothing was changed")
    return raw


class Counted:
    """The blobs that come behind the header: once all of them were read, `then` is called."""

    def __init__(self, source: "IO[bytes]", size: int, then: "Callable[[], None]") -> None:
        self.source = source
        self.left = size
        self.then = then
        if not size:
            then()

    def read(self, size: int) -> bytes:
        """Read up to so many bytes."""
        piece = self.source.read(min(size, self.left))
        self.left -= len(piece)
        if piece and not self.left:
            self.then()
        return piece


def take_blob(source: Counted, blob: dict, sink: "IO[bytes]") -> None:
    """Copy one blob off the input, piece by piece, and see that it is what was sent."""
    found, left = new_sha256(), blob["size"]
    while left:
        piece = source.read(min(left, PIECE))
        if not piece:
            raise Trouble("the input ended before all of it had come, nothing was changed")
        found.update(piece)
        sink.write(piece)
        left -= len(piece)
    if found.hexdigest() != blob["sha256"]:
        raise Trouble("what came is not what was sent (another sha256), nothing was changed")


def write_reply(sink: "IO[bytes]", run: str, header: dict, blobs: "list[bytes]") -> None:
    """Write a reply: the magic line with length and sha256 of what follows, then header and blobs."""
    text = format_json(dict(header, nowfab=1, run=run, blobs=[len(blob) for blob in blobs])).encode("ascii")
    parts = [b"%010d\n" % len(text), text] + blobs
    digest = new_sha256()
    for part in parts:
        digest.update(part)
    length = sum(len(part) for part in parts)
    sink.write(b"\0nowfab1 %s %d %s\n" % (run.encode(), length, digest.hexdigest().encode()))
    for part in parts:
        sink.write(part)
    sink.flush()
