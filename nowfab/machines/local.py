"""Be this computer: the same lines, the same rows, no SSH."""

from __future__ import annotations

import os
import signal
import subprocess
import time

from nowfab.blobs import Collector, Spool
from nowfab.inventory.node import Node
from nowfab.machines.answering import Answering, Stream, Take
from nowfab.machines.feed import Feed
from nowfab.machines.follow import Follower
from nowfab.machines.watch import Watch
from nowfab.remote import GRACE
from nowfab.talk import Emit, Ending, Exec, Outcome, Output, Reply, Sent, Until


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
        follower = Follower(program, Feed(exec.stdin))
        forget = limit.call(lambda: self._stop(program, follower))

        def keep(stream: Stream, data: bytes) -> None:
            collectors[stream].add(data)
            if self._live:
                emit(Output(self._node.name, stream, data))

        code = _run(follower, exec.reply, keep)
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

    def _stop(self, program: subprocess.Popen[bytes], follower: Follower) -> None:
        """Let go of the leash; where that is not enough, end the whole process group."""
        follower.let_go()
        self._watch.after(GRACE + 1.0, lambda: _kill(program))


def _kill(program: subprocess.Popen[bytes]) -> None:
    if program.returncode is None:
        os.killpg(program.pid, signal.SIGKILL)


def _run(follower: Follower, reply: Reply | None, keep: Take) -> int:
    """Follow a program to its end, answering its one prompt where there is a reply."""
    if reply is None:
        follower.go()
        return follower.run(keep)
    answering = Answering(reply, keep, follower.answer, follower.end_input, follower.go)
    try:
        return follower.run(answering.feed)
    finally:
        answering.end()
