"""Start programs in sessions of their own and hear of their ends without a thread."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

Ended = Callable[[int], None]
"""Takes what waitpid says of an ended child."""


@dataclass(frozen=True, slots=True)
class Pipes:
    """Our ends of a child's three streams."""

    stdin: IO[bytes]
    stdout: IO[bytes]
    stderr: IO[bytes]


class Children:
    """All children of this process; nobody else may wait for one."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._running: dict[int, tuple[subprocess.Popen[bytes], Ended]] = {}
        loop.add_signal_handler(signal.SIGCHLD, self._reap)

    def start(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], ended: Ended) -> Pipes:
        """Start one; OSError when the system does not let us."""
        child = subprocess.Popen(  # noqa: S603 # running what it is told is a server's job
            argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            cwd=cwd,
            env=env,
            start_new_session=True,
        )
        self._running[child.pid] = (child, ended)
        assert child.stdin is not None
        assert child.stdout is not None
        assert child.stderr is not None
        return Pipes(child.stdin, child.stdout, child.stderr)

    def _reap(self) -> None:
        """Take the ends of all that ended; signals may be merged, so one call stands for many."""
        while self._running:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                return
            child, ended = self._running.pop(pid)
            child.returncode = os.waitstatus_to_exitcode(status)
            ended(status)

    def terminate(self) -> None:
        """Tell the process groups of all that run to end; their leaders are not reaped, so it is they."""
        for pid in self._running:
            with contextlib.suppress(OSError):
                os.killpg(pid, signal.SIGTERM)
