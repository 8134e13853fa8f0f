"""Run one exec on an open connection and say truthfully how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import paramiko

from nowfab.blobs import Collector, Spool
from nowfab.machines.answering import Answering, Stream
from nowfab.machines.ssh.sending import Sending
from nowfab.machines.ssh.session import Session
from nowfab.machines.ssh.transport import Hangup, NodeTransport
from nowfab.machines.watch import Timer, Watch
from nowfab.remote import GRACE
from nowfab.talk import Emit, Ending, Exec, Leash, Outcome, Output, Sent, Until

BROKEN = (EOFError, OSError, paramiko.SSHException, Hangup, ValueError, KeyError)
"""What a connection that ends, or a server that talks nonsense, raises."""

DRAIN = 2.0
"""Seconds without a byte after the program's end, while something else still holds its output."""

FLOWING = 0.5
"""The same after SHORT seconds: what the program left in buffers flows without such gaps."""

SHORT = 5.0
LONG = 60.0
"""Seconds after the program's end at which nothing is waited for any more."""

MARGIN = 2.0
"""Seconds beyond the leash's own grace that a node is given to confirm a stop."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a node is waited for: `answer` seconds for a channel and for the start of a command.

    After `silence` seconds without a message the connection counts as gone; after a third of them
    the node is asked for a sign of life.
    """

    answer: float = 10.0
    silence: float = 45.0


class Pump:
    """One exec under way on one connection."""

    def __init__(
        self,
        transport: NodeTransport,
        watch: Watch,
        spool: Spool,
        node: str,
        emit: Emit,
        live: bool,
        patience: Patience,
    ) -> None:
        self._transport = transport
        self._watch = watch
        self._node = node
        self._emit = emit
        self._live = live
        self._patience = patience
        self._collectors = {"stdout": Collector(spool), "stderr": Collector(spool)}
        self._session = Session(transport, self._take)
        self._timers: dict[str, Timer] = {}
        self._sent = False
        self._stopping = ""
        self._why = ""
        self._over = False
        self._filter: Answering | None = None
        self._sending = Sending(self._session, ())

    def run(self, exec: Exec, until: Until) -> Outcome:
        """Carry it out; the connection may be used again when the outcome is EXITED or SIGNALED."""
        forget = until.call(lambda: self._stop(until.reason, exec.leash))
        limit = until
        self._look_alive()
        try:
            self._open()
            if self._session.refused is None and not self._stopping:
                late = f"timed out after {exec.timeout:g} s" if exec.timeout else ""
                limit = until.sooner(exec.timeout, late)
                forget()
                forget = limit.call(lambda: self._stop(limit.reason, exec.leash))
                self._start(exec)
                self._follow()
        except BROKEN as error:
            self._why = self._why or words(error)
            if not self._sent:  # the end may have cut the connection before it came round to `_stop`
                self._stopping = self._stopping or until.reason
        finally:
            self._over = True
            if self._filter is not None:
                self._filter.end()
            self._sending.close()
            forget()
            if limit is not until:
                limit.close()
            for timer in list(self._timers.values()):
                timer.forget()
        return self._outcome(bool(limit.reason) and not until.reason)

    def _open(self) -> None:
        session = self._session
        session.ask()
        self._await(lambda: session.open or session.refused is not None, "the request for a channel")

    def _start(self, exec: Exec) -> None:
        session = self._session
        self._sending = sending = Sending(session, exec.stdin)
        if exec.reply is None:
            sending.go()
        else:
            self._filter = Answering(exec.reply, self._keep, session.send, session.end_input, sending.go)
        self._sent = True
        self._emit(Sent(self._node))
        session.start(exec.line)
        self._await(lambda: session.started is not None or session.closed, "the command")

    def _await(self, answered: Callable[[], bool], what: str) -> None:
        """Step until the server has answered, or has not for too long."""
        seconds = self._patience.answer
        timer = self._watch.after(seconds, lambda: self._cut(f"no answer to {what} within {seconds:g} s"))
        try:
            self._transport.step_until(answered)
        finally:
            timer.forget()

    def _follow(self) -> None:
        """Take what comes until the channel closes, or until nothing of the program's can come any more."""
        session, wire = self._session, self._transport.wire
        ended: float | None = None
        while not session.closed and session.started:
            if session.ended:
                ended = ended or time.monotonic()
                if not wire.ready(_gap(time.monotonic() - ended)):
                    break
            elif self._sending.some() and not wire.ready(0):
                continue
            self._transport.step()
        session.close()

    def _take(self, stream: Stream, data: bytes) -> None:
        if self._filter is not None:
            self._filter.feed(stream, data)
        else:
            self._keep(stream, data)

    def _keep(self, stream: Stream, data: bytes) -> None:
        self._collectors[stream].add(data)
        if self._live:
            self._emit(Output(self._node, stream, data))

    def _stop(self, reason: str, leash: Leash) -> None:
        """Called by the watch: let go of the leash, and of the connection if that does not help."""
        self._stopping = reason
        if not self._sent or leash is Leash.NONE:
            self._cut("nothing can stop it from here" if self._sent else "")
            return
        wait = GRACE + MARGIN
        self._timers["grace"] = self._watch.after(wait, lambda: self._cut(f"not confirmed within {wait:g} s"))
        self._sending.stop()

    def _cut(self, why: str) -> None:
        if self._over:
            return
        self._why = why
        self._transport.wire.cut()

    def _look_alive(self) -> None:
        """Called by the watch now and then: a link that is gone says nothing by itself."""
        if self._over:
            return
        silence, quiet = self._patience.silence, self._patience.silence / 3
        silent = time.monotonic() - self._transport.last
        if silent >= silence:
            self._cut(f"no sign of life for {silence:g} s")
            return
        if silent >= quiet * 0.99:
            try:
                self._sending.beside(self._transport.ping)
            except BROKEN:
                return
        self._timers["alive"] = self._watch.after(quiet, self._look_alive)

    def _outcome(self, late: bool) -> Outcome:
        session = self._session
        ending, reason = self._ending()
        return Outcome(
            ending,
            session.exit_code,
            session.signal,
            self._collectors["stdout"].blob(),
            self._collectors["stderr"].blob(),
            reason=reason,
            late=late,
        )

    def _ending(self) -> tuple[Ending, str]:
        session = self._session
        if session.refused is not None:
            return Ending.UNREACHABLE, f"the server opened no channel: {session.refused}"
        if not self._sent:
            if self._stopping:
                return Ending.CANCELLED, self._stopping
            return Ending.UNREACHABLE, f"{self._why}, before the command was sent"
        if session.started is False:
            return Ending.REFUSED, "the server refuses to run commands"
        if session.ended:
            if self._stopping:
                return Ending.STOPPED, self._stopping
            return (Ending.EXITED if session.signal is None else Ending.SIGNALED), ""
        if self._stopping:
            return Ending.LOST, f"{self._stopping}; the stop was {self._why or 'not confirmed'}"
        why = self._why or "the channel was closed without an exit code"
        return Ending.LOST, f"{why}, after the command was sent"


def _gap(since: float) -> float:
    """Say how long a gap may be, `since` seconds after the program's end, before it is the end of all."""
    if since > LONG:
        return 0.0
    return DRAIN if since < SHORT else FLOWING


def words(error: Exception) -> str:
    """Say in our words what broke."""
    if isinstance(error, Hangup):
        return f"the server hung up: {error}" if str(error) else "the server hung up"
    if isinstance(error, ConnectionResetError):
        return "connection reset"
    if isinstance(error, EOFError):
        return "connection closed"
    if isinstance(error, OSError):
        return (error.strerror or str(error) or type(error).__name__).lower()
    return f"protocol error: {error}"
