"""Show a report as JSON, schema 1, piece by piece: no output is ever whole in memory."""

from __future__ import annotations

import base64
import codecs
import json
from collections.abc import Callable, Iterator, Mapping

from nowfab.blobs import Blob
from nowfab.results import Report, Result

SCHEMA = 1
_PIECE = 192 * 1024  # bytes; a multiple of 3, so that base64 needs no padding between two pieces
_CONTROLS = bytes({*range(32), 127} - set(b"\n\t"))
_ESCAPES = ((b"\\", rb"\\"), (b'"', rb"\""), (b"\n", rb"\n"), (b"\t", rb"\t"))  # RFC 8259 section 7


Own = Callable[[Result], Mapping[str, object]]


def pieces(report: Report, own: Own = lambda result: {}) -> Iterator[str]:
    """Give the document in pieces of plain ASCII, which every terminal and encoding can carry.

    `own` gives what a kind of report has in its rows besides what all have.
    """
    head = _members(schema=SCHEMA, title=report.title, exit_code=report.exit_code)
    yield f'{head}, "results": ['
    for index, result in enumerate(report.results):
        yield ",\n  " if index else "\n  "
        yield from _result(result, own)
    yield "\n]}\n"


def _result(result: Result, own: Own) -> Iterator[str]:
    yield _members(
        node=result.node, status=str(result.status), exit_code=result.exit_code, signal=result.signal
    )
    yield ', "stdout": '
    yield from _stream(result.stdout)
    yield ', "stderr": '
    yield from _stream(result.stderr)
    rest = _members(
        seconds=round(result.seconds, 3),
        changes=[{"what": change.what, "diff": change.diff} for change in result.changes],
        reason=result.reason,
        attempts=result.attempts,
        **own(result),
    )
    yield f", {rest[1:]}}}"


def _members(**members: object) -> str:
    """Give an object that is still open at its end."""
    return json.dumps(members)[:-1]


def _stream(blob: Blob) -> Iterator[str]:
    if _is_utf8(blob):
        yield '"'
        decode = codecs.getincrementaldecoder("utf-8")().decode
        yield from (_plain(data) or json.dumps(decode(data))[1:-1] for data in _read(blob))
        yield '"'
    else:
        yield '{"base64": "'
        yield from (base64.b64encode(data).decode("ascii") for data in _read(blob))
        yield '"}'


def _plain(data: bytes) -> str:
    """Escape plain text, which nearly all output is, five times faster than json does; "" for other bytes."""
    if not data.isascii() or len(data.translate(None, _CONTROLS)) != len(data):
        return ""
    for byte, escape in _ESCAPES:
        data = data.replace(byte, escape)
    return data.decode("ascii")


def _is_utf8(blob: Blob) -> bool:
    decode = codecs.getincrementaldecoder("utf-8")().decode
    try:
        for data in _read(blob):
            decode(data)
        decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _read(blob: Blob) -> Iterator[bytes]:
    """Read in whole pieces; only the last may be shorter."""
    with blob.open() as file:
        while data := file.read(_PIECE):
            yield data
