"""Read the input that all nodes are to get: a file's, or this program's own."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol, TextIO, cast

from nowfab import names
from nowfab.blobs import EMPTY, Blob
from nowfab.errors import UsageError
from nowfab.store import nameless
from nowfab.terminal.screen import Screen

PIECE = 64 * 1024


class _Source(Protocol):
    def read1(self, size: int, /) -> bytes: ...


def file(name: str, look: bool = False) -> Blob:
    """Read a file as it is now, or only `look` whether it can be read; UsageError where it cannot."""
    try:
        with Path(name).open("rb") as source:
            return EMPTY if look else _read(source)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"`--stdin {names.shown(name).strip('`')}` cannot be read: {why.lower()}") from None


def own(source: TextIO | None, screen: Screen) -> Blob:
    """Read our own standard input to its end; who sits at a terminal is told so."""
    if source is None or source.closed:
        raise UsageError("`--stdin -` has nothing to read: standard input is closed")
    if source.isatty():
        screen.say("nowfab: reading the nodes' input from here; Ctrl-D ends it, Ctrl-C leaves")
    try:
        os.set_blocking(source.fileno(), True)  # else "nothing yet" would look like the end
        return _read(cast(_Source, source.buffer))
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise UsageError(f"`--stdin -` cannot be read: {why}") from None


def _read(source: _Source) -> Blob:
    """Read to the end; what memory should not hold gets no name, so that no signal can leave it behind."""
    collector = nameless.collector()
    while data := source.read1(PIECE):  # `read` would want Ctrl-D twice
        collector.add(data)
    return collector.blob()
