"""Write data to standard output and the rest to standard error, whatever the two are."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TextIO

from nowfab.errors import OutputError
from nowfab.report.fit import cut

_CLEAR = "\r\x1b[K"
_USUAL_WIDTH = 80


class Screen:
    """The two streams, and a line on the second that the next write takes away.

    A stream is None where the caller closed it. Safe to use from more than one thread.
    """

    def __init__(self, out: TextIO | None, err: TextIO | None, environ: Mapping[str, str]) -> None:
        self._out = out
        self._err = err
        self._environ = environ
        self._lock = RLock()
        self._passing = False
        self._held = False

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Let no passing line come while somebody types behind a question."""
        self._held = True
        try:
            yield
        finally:
            self._held = False

    def columns(self) -> int | None:
        """Give the width of standard output, None where it is no terminal."""
        return self._width(self._out)

    @property
    def lively(self) -> bool:
        """Tell whether standard error is a terminal that can take a line back."""
        return self._width(self._err) is not None and self._environ.get("TERM", "dumb") != "dumb"

    def check(self) -> None:
        """Raise OutputError while nothing is lost yet when there is nowhere to write to."""
        if self._out is None or self._out.closed:
            raise OutputError("standard output is closed; results have nowhere to go")

    def data(self, pieces: Iterable[str]) -> None:
        """Write results; BrokenPipeError when their reader has left, OutputError when they do not fit."""
        with self.lent() as out:
            for piece in pieces:
                _write(out, piece)

    @contextmanager
    def lent(self) -> Iterator[TextIO]:
        """Let somebody print to standard output; what does not arrive is raised as `data` says."""
        self.check()
        assert self._out is not None
        with self._lock:
            self._pass()
            try:
                try:
                    yield self._out
                finally:
                    self._out.flush()
            except BrokenPipeError:
                _abandon(self._out)
                raise
            except (OSError, ValueError) as error:
                _abandon(self._out)
                raise OutputError(f"cannot write the results: {_why(error)}") from error

    def say(self, text: str, end: str = "\n") -> None:
        """Write a line to standard error; where that cannot be, nobody is there to be told."""
        with self._lock:
            self._pass()
            self._murmur(text + end)

    def passing(self, text: str) -> None:
        """Show a line until the next write; nothing where the terminal cannot take it back."""
        columns = self._width(self._err)
        if not self.lively or columns is None:
            return
        with self._lock:
            if self._held:
                return
            self._murmur(_CLEAR + cut(text, columns - 1))
            self._passing = bool(text)

    def urgent(self, text: str) -> None:
        """Write a line at once from inside a signal handler, where buffers may be half written."""
        if self._err is not None and self.lively:
            line = f"{_CLEAR}{text}\n".encode("ascii", "backslashreplace")
            try:
                os.write(self._err.fileno(), line)
            except OSError:
                return

    def _pass(self) -> None:
        if self._passing:
            self._passing = False
            self._murmur(_CLEAR)

    def _murmur(self, text: str) -> None:
        if self._err is None or self._err.closed:
            return
        try:
            _write(self._err, text)
            self._err.flush()
        except (OSError, ValueError):
            _abandon(self._err)

    def _width(self, stream: TextIO | None) -> int | None:
        if stream is None or stream.closed or not stream.isatty():
            return None
        said = self._environ.get("COLUMNS", "")
        if said.isdecimal() and int(said):
            return int(said)
        try:
            return os.get_terminal_size(stream.fileno()).columns or _USUAL_WIDTH
        except (OSError, ValueError):
            return _USUAL_WIDTH


def standard() -> Screen:
    """Make the screen of this process."""
    return Screen(sys.stdout, sys.stderr, os.environ)


def _write(stream: TextIO, text: str) -> None:
    """Write what the stream's encoding can carry; the rest comes out as backslashed numbers."""
    encoding = stream.encoding or "utf-8"
    if not text.isascii():
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    stream.write(text)


def _abandon(stream: TextIO) -> None:
    """Send what is still in the stream's buffer nowhere, so that Python's own last flush is quiet."""
    try:
        with Path(os.devnull).open("wb") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    except (OSError, ValueError):
        return


def _why(error: Exception) -> str:
    return (isinstance(error, OSError) and error.strerror) or str(error)
