"""Start, find and end the one process that plays all nodes of an embedded fleet."""

from __future__ import annotations

import importlib.util
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import nowfab
from nowfab.errors import FleetError
from nowfab.fleet import lock, state
from nowfab.inventory.node import Node

_PATIENCE = 15.0
"""Seconds to start in, plus _MORE for each node."""
_MORE = 0.05
_GRACE = 5.0
"""Seconds to end in after TERM, and after KILL."""
_READY = b"ready\n"
_TAIL = 2000
"""Bytes of the log that an error shows."""
_INHERITED = frozenset(
    ("HOME", "LANG", "LC_ALL", "PATH", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "PYTHONHOME")
)
"""What the server needs of our environment; its commands get nothing of it."""


def up(folder: Path, names: Sequence[str]) -> tuple[Node, ...]:
    """Start nodes of these names, in a process that outlives ours; FleetError says what is in the way."""
    if importlib.util.find_spec("asyncssh") is None:
        raise FleetError('the practice fleet needs asyncssh: pip install "nowfab[fleet]"')
    if ":" in str(folder):
        raise FleetError(f"the practice fleet's folder `{folder}` cannot stand in PATH: its name has a `:`")
    state.make(folder)
    if lock.holder(folder) is not None:
        raise FleetError("this practice fleet is up already: end it with `inv fleet.down`")
    until = time.monotonic() + _PATIENCE + _MORE * len(names)
    try:
        _launch(folder, names, until)
        nodes = tuple(node for node in state.load(folder) if node.name in set(names))
        for node in nodes:
            _greet(node, until)
    except BaseException:
        down(folder)
        raise
    return nodes


def ps(folder: Path) -> tuple[Node, ...]:
    """Give all nodes of the fleet, those that are down too."""
    return state.load(folder)


def down(folder: Path) -> None:
    """End the server, and no other process; its names stay taken."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + _GRACE
        _signal(folder, number)
        while lock.holder(folder) is not None:
            if time.monotonic() > until:
                break
            time.sleep(0.01)
        else:
            return
    raise FleetError(f"the practice fleet's process {lock.holder(folder)} does not end")


def _signal(folder: Path, number: signal.Signals) -> None:
    """Signal the holder of the lock: by a handle where there is one, so that it cannot be another."""
    pid = lock.holder(folder)
    if not pid:
        return
    try:
        if not hasattr(os, "pidfd_open"):
            os.kill(pid, number)
            return
        handle = os.pidfd_open(pid)
        try:
            if lock.holder(folder) == pid:
                signal.pidfd_send_signal(handle, number)
        finally:
            os.close(handle)
    except ProcessLookupError:
        return


def _launch(folder: Path, names: Sequence[str], until: float) -> None:
    """Start the server and wait until it says that it is ready."""
    log = os.open(folder / "log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_NOFOLLOW, 0o600)
    try:
        process = subprocess.Popen(  # noqa: S603 # our own interpreter and module
            [sys.executable, "-P", "-m", "nowfab.fleet.server", str(folder), *names],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            cwd=folder,
            env=dict(_environment()),
            start_new_session=True,
        )
    except OSError as wrong:
        raise FleetError(f"the practice fleet cannot be started: {wrong.strerror}") from wrong
    finally:
        os.close(log)
    with process:
        assert process.stdout is not None
        said = _first_line(process.stdout, until)
        if said != _READY:
            process.kill()
    if said != _READY:
        what = "did not start in time" if time.monotonic() > until else "did not start"
        raise FleetError(f"the practice fleet {what}; its log ends with: {_tail(folder / 'log')}")


def _environment() -> Iterator[tuple[str, str]]:
    for name in _INHERITED & os.environ.keys():
        yield name, os.environ[name]
    here = str(Path(nowfab.__file__).parent.parent)
    yield "PYTHONPATH", os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH", ""))))


def _first_line(pipe: IO[bytes], until: float) -> bytes:
    """Read what fits one line, or less when the time or the pipe ends."""
    line = b""
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        data = os.read(pipe.fileno(), 100) if ready else b""
        if not data:
            break
        line += data
    return line


def _greet(node: Node, until: float) -> None:
    """Wait until the node's port speaks SSH."""
    left = max(0.1, until - time.monotonic())
    try:
        with socket.create_connection((node.address or "", node.port or 0), timeout=left) as connection:
            said = connection.recv(4)
    except OSError as wrong:
        raise FleetError(f"practice node `{node.name}` does not answer: {wrong}") from wrong
    if said != b"SSH-":
        raise FleetError(f"practice node `{node.name}` does not speak SSH")


def _tail(log: Path) -> str:
    """Give the end of the log on one line."""
    data = log.read_bytes()[-_TAIL:].decode(errors="replace")
    return " | ".join(line.strip() for line in data.splitlines()[-5:]) or "nothing"
