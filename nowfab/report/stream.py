"""Turn events into whole lines, `red01: text`, as they come."""

from __future__ import annotations

from codecs import IncrementalDecoder
from dataclasses import dataclass, field
from typing import Literal

from nowfab.report.visible import decoder, visible
from nowfab.results import GOOD, Result
from nowfab.talk import Event, Finished, Output

Stream = Literal["stdout", "stderr"]
LONGEST = 64 * 1024
"""Characters of a line that are held back; a longer one is shown in several lines."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line to show, without its newline, and the stream that it belongs to."""

    stream: Stream
    text: str


@dataclass(slots=True)
class _Tail:
    """The part of a stream that has no end of line yet."""

    decoder: IncrementalDecoder = field(default_factory=decoder)
    parts: list[str] = field(default_factory=list)
    size: int = 0


class Lines:
    """Hold what is not yet a whole line, per node and stream."""

    def __init__(self) -> None:
        self._tails: dict[tuple[str, Stream], _Tail] = {}

    def take(self, event: Event) -> list[Line]:
        """Give the lines that an event completes; after Finished nothing of its node is held."""
        if isinstance(event, Output):
            return self._add(event.node, event.stream, event.data)
        if isinstance(event, Finished):
            return [
                *self._rest(event.node, "stdout"),
                *self._rest(event.node, "stderr"),
                *_ending(event.result),
            ]
        return []

    def _add(self, node: str, stream: Stream, data: bytes) -> list[Line]:
        tail = self._tails.setdefault((node, stream), _Tail())
        return _feed(tail, node, stream, tail.decoder.decode(data))

    def _rest(self, node: str, stream: Stream) -> list[Line]:
        tail = self._tails.pop((node, stream), None)
        if tail is None:
            return []
        lines = _feed(tail, node, stream, tail.decoder.decode(b"", final=True))
        return [*lines, _line(node, stream, "".join(tail.parts))] if tail.size else lines


def _feed(tail: _Tail, node: str, stream: Stream, text: str) -> list[Line]:
    *whole, rest = text.split("\n")
    lines = []
    for part in whole:
        lines.append(_line(node, stream, "".join((*tail.parts, part))))
        tail.parts.clear()
        tail.size = 0
    tail.parts.append(rest)
    tail.size += len(rest)
    if tail.size > LONGEST:
        lines.append(_line(node, stream, "".join(tail.parts)))
        tail.parts.clear()
        tail.size = 0
    return lines


def _line(node: str, stream: Stream, text: str) -> Line:
    mark = "" if stream == "stdout" else " stderr"
    return Line(stream, f"{visible(node)}{mark}: {visible(text.removesuffix(chr(13)), keep=chr(9))}")


def _ending(result: Result) -> list[Line]:
    """Say what became of a node that is not well."""
    if result.status in GOOD:
        return []
    how = result.signal or ("" if result.exit_code is None else f"exit {result.exit_code}")
    said = " ".join(filter(None, (str(result.status), how)))
    why = f": {visible(result.reason)}" if result.reason else ""
    return [Line("stderr", f"{visible(result.node)} {said}{why}")]
