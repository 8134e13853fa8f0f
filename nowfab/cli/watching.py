"""Show a run while it goes: its lines or its progress; a screen that fails stops the run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from nowfab.cli import show
from nowfab.errors import OutputError
from nowfab.settings import Format
from nowfab.talk import Event
from nowfab.terminal.progress import Progress
from nowfab.terminal.screen import Screen

Watcher = Callable[[Event], None]


@contextmanager
def watching(count: int, format: Format, screen: Screen, stop: Callable[[str], None]) -> Iterator[Watcher]:
    """Give a watcher for `count` nodes; an error of the screen calls `stop` and is raised at the end."""
    with closing(Progress(screen, count, time.monotonic)) as progress:
        guard = _Guard(show.lines(screen) if format == "stream" else progress, stop)
        yield guard
    if guard.error is not None:
        raise guard.error


class _Guard:
    """Pass events on until that fails; the engine must not be stopped by an error in its middle."""

    def __init__(self, inner: Watcher, stop: Callable[[str], None]) -> None:
        self._inner = inner
        self._stop = stop
        self.error: OutputError | BrokenPipeError | None = None

    def __call__(self, event: Event) -> None:
        if self.error is not None:
            return
        try:
            self._inner(event)
        except (OutputError, BrokenPipeError) as error:
            self.error = error
            self._stop("nobody reads the output any more")
