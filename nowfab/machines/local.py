"""Be this computer: the same lines, the same rows, no SSH."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import threading
import time
from typing import IO

from nowfab.blobs import Collector, Spool
from nowfab.inventory.node import Node
from nowfab.machines.answering import Answering, Stream, Take
from nowfab.machines.watch import Watch
from nowfab.remote import GRACE
from nowfab.talk import Emit, Ending, Exec, Outcome, Output, Reply, Sent, Until

DRAIN = 2.0
"""Seconds without a byte after the program's end, while something else still holds its output."""


class LocalMachine:
    """This computer; a program is started by the user's shell in a session of its own."""

    def __init__(self, node: Node, watch: Watch, spool: Spool, shell: str, live: bool) -> None:
        self._node = node
        self._watch = watch
        self._spool = spool
        self._shell = shell
        self._live = live

    def exec(self, exec: Exec, until: Until, emit: Emit) -> Outcome:
        """Carry out one exec."""
        began = time.monotonic()
        if until.reason:
            return Outcome(Ending.CANCELLED, reason=until.reason, attempts=0)
        collectors = {"stdout": Collector(self._spool), "stderr": Collector(self._spool)}
        emit(Sent(self._node.name))
        try:
            program = self._start(exec.line)
        except OSError as error:
            return Outcome(Ending.REFUSED, reason=f"`{self._shell}` cannot be started: {error.strerror}")
        limit = until.sooner(exec.timeout, f"timed out after {exec.timeout:g} s" if exec.timeout else "")
        forget = limit.call(lambda: self._stop(program))

        def keep(stream: Stream, data: bytes) -> None:
            collectors[stream].add(data)
            if self._live:
                emit(Output(self._node.name, stream, data))

        code = _run(program, exec.reply, keep)
        stopped = limit.reason
        forget()
        limit.close()
        ending = Ending.STOPPED if stopped else Ending.EXITED if code >= 0 else Ending.SIGNALED
        return Outcome(
            ending,
            code if code >= 0 else None,
            signal.Signals(-code).name.removeprefix("SIG") if code < 0 else None,
            collectors["stdout"].blob(),
            collectors["stderr"].blob(),
            time.monotonic() - began,
            stopped,
            late=bool(stopped) and not until.reason,
        )

    def close(self) -> None:
        """Nothing is held."""

    def _start(self, line: str) -> subprocess.Popen[bytes]:
        pipe = subprocess.PIPE
        return subprocess.Popen(  # noqa: S603 - running what the user typed is the job
            [self._shell, "-c", line],
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            start_new_session=True,
            bufsize=0,
        )

    def _stop(self, program: subprocess.Popen[bytes]) -> None:
        """Let go of the leash; where that is not enough, end the whole process group."""
        assert program.stdin is not None
        program.stdin.close()
        self._watch.after(GRACE + 1.0, lambda: _kill(program))


def _kill(program: subprocess.Popen[bytes]) -> None:
    if program.returncode is None:
        os.killpg(program.pid, signal.SIGKILL)


def _run(program: subprocess.Popen[bytes], reply: Reply | None, keep: Take) -> int:
    """Follow a program to its end, answering its one prompt where there is a reply."""
    stdin = program.stdin
    if reply is None or stdin is None:
        return _follow(program, keep)
    answering = Answering(reply, keep, lambda data: _write(stdin, data), stdin.close)
    try:
        return _follow(program, answering.feed)
    finally:
        answering.end()


def _write(pipe: IO[bytes], data: bytes) -> None:
    with contextlib.suppress(OSError, ValueError):
        pipe.write(data)


def _follow(program: subprocess.Popen[bytes], take: Take) -> int:
    """Take the output until it ends, or until DRAIN seconds after the program's own end; give its code."""
    ears, mouth = socket.socketpair()
    waiter = threading.Thread(target=lambda: (program.wait(), mouth.send(b"!")), daemon=True)
    waiter.start()
    with selectors.DefaultSelector() as selector:
        selector.register(ears, selectors.EVENT_READ, None)
        for name, pipe in (("stdout", program.stdout), ("stderr", program.stderr)):
            assert pipe is not None
            selector.register(pipe, selectors.EVENT_READ, name)
        ended = False
        while not ended or len(selector.get_map()) > 0:
            ready = selector.select(DRAIN if ended else None)
            if not ready:
                break
            for key, _ in ready:
                data = os.read(key.fd, 65536)
                if key.data is None:
                    ended = True
                elif data:
                    take(key.data, data)
                if not data or key.data is None:
                    selector.unregister(key.fileobj)
    waiter.join()
    for end in (ears, mouth, program.stdin, program.stdout, program.stderr):
        if end is not None:
            end.close()
    return program.returncode
