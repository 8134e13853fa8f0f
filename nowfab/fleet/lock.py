"""Tell a living server from a dead one by the lock that it holds.

The lock (flock) goes with the process, so neither a crash nor a process id that another program
got since can be mistaken for a living server.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from nowfab.errors import FleetError

_PATIENCE = 5.0
"""Seconds that a server waits for those who only look at its lock."""


def holder(folder: Path) -> int | None:
    """Give the process id of the living server, 0 while it has not signed yet; None: no server."""
    try:
        with (folder / "lock").open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return int(file.read() or b"0")
    except FileNotFoundError:
        pass
    return None


@contextlib.contextmanager
def hold(folder: Path) -> Iterator[int]:
    """Be the fleet's living server as long as the context lasts; gives the lock's descriptor."""
    with _open(folder / "lock") as file:
        until = time.monotonic() + _PATIENCE
        while not _try(file):
            if time.monotonic() > until:
                raise FleetError(f"another server holds `{folder}`")
            time.sleep(0.01)
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), str(os.getpid()).encode(), 0)
        yield file.fileno()


@contextlib.contextmanager
def at_work(folder: Path) -> Iterator[None]:
    """Be the only one who starts or ends this fleet; FleetError when somebody else does."""
    with _open(folder / "work.lock") as file:
        if not _try(file):
            raise FleetError("another `inv fleet.up` or `inv fleet.down` is at work on this fleet")
        yield


def _open(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600), "r+b")


def _try(file: BinaryIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
