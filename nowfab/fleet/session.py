"""Run one command of a practice node as sshd would: bytes through pipes, then its exit.

What sshd does and clients lean on: the exit status goes out when the program ends, even while a
child of it holds the outputs open; the channel closes when the outputs end too; a channel that
the client closes kills nobody, it only closes the pipes.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import asyncssh
from asyncssh.constants import MSG_CHANNEL_REQUEST
from asyncssh.packet import Boolean, String, UInt32

from nowfab.fleet.children import Children

_PIECE = 65536
"""Bytes read at once: what a pipe holds."""

_NAMED = frozenset(
    ("ABRT", "ALRM", "FPE", "HUP", "ILL", "INT", "KILL", "PIPE", "QUIT", "SEGV", "TERM", "USR1", "USR2")
)
"""The signals that RFC 4254, 6.10 names; others get a name in the manner of OpenSSH."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a node's commands run."""

    home: Path
    env: dict[str, str]


class Session(asyncssh.SSHServerSession[bytes]):
    """One session channel: at most one program."""

    def __init__(self, place: Place, children: Children) -> None:
        self._place = place
        self._children = children
        self._loop = asyncio.get_running_loop()
        self._chan: asyncssh.SSHServerChannel[bytes] | None = None
        self._stdin: IO[bytes] | None = None
        self._outputs: dict[IO[bytes], Callable[[bytes], None]] = {}
        self._input = bytearray()
        self._input_ended = False
        self._exited = False

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        """Keep the channel."""
        self._chan = chan

    def connection_lost(self, exc: Exception | None) -> None:
        """Close the pipes, whoever closed the channel; the program is left alone."""
        self._chan = None
        for pipe in list(self._outputs):
            self._close_output(pipe)
        self._close_input()

    def shell_requested(self) -> bool:
        """Run a shell that reads its commands from the channel."""
        return self._start(["/bin/sh"])

    def exec_requested(self, command: str) -> bool:
        """Run a command through the shell."""
        return self._start(["/bin/sh", "-c", command])

    def _start(self, argv: list[str]) -> bool:
        assert self._chan is not None
        here, there = self._chan.get_extra_info("peername"), self._chan.get_extra_info("sockname")
        env = self._place.env | {"SSH_CONNECTION": f"{here[0]} {here[1]} {there[0]} {there[1]}"}
        try:
            child = self._children.start(argv, self._place.home, env, self._ended)
        except (OSError, ValueError):  # no process, no descriptor, no folder; a NUL in the command
            return False
        self._stdin = child.stdin
        self._outputs = {child.stdout: self._chan.write, child.stderr: self._chan.write_stderr}
        for pipe in (child.stdin, child.stdout, child.stderr):
            os.set_blocking(pipe.fileno(), False)
        self.resume_writing()
        return True

    # outputs: from the program to the channel

    def resume_writing(self) -> None:
        """Read on: the client has taken what we had."""
        for pipe in self._outputs:
            self._loop.add_reader(pipe.fileno(), self._readable, pipe)

    def pause_writing(self) -> None:
        """Let the program wait: the client does not keep up."""
        for pipe in self._outputs:
            self._loop.remove_reader(pipe.fileno())

    def _readable(self, pipe: IO[bytes]) -> None:
        try:
            data = os.read(pipe.fileno(), _PIECE)
        except BlockingIOError:
            return
        if data:
            self._outputs[pipe](data)
            return
        self._close_output(pipe)
        self._close_when_done()

    def _close_output(self, pipe: IO[bytes]) -> None:
        self._loop.remove_reader(pipe.fileno())
        del self._outputs[pipe]
        pipe.close()

    # input: from the channel to the program

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Pass bytes on; when the program does not take them the client has to wait."""
        if self._stdin is None:
            return
        waiting = bool(self._input)
        self._input += data
        if not waiting:
            self._writable()

    def eof_received(self) -> bool:
        """Pass the end on, and keep the other direction open."""
        self._input_ended = True
        if not self._input:
            self._close_input()
        return True

    def _writable(self) -> None:
        assert self._stdin is not None
        assert self._chan is not None
        pipe = self._stdin.fileno()
        try:
            del self._input[: os.write(pipe, self._input)]
        except BlockingIOError:
            pass
        except OSError:  # the program has closed its input
            self._close_input()
            return
        if self._input:
            self._chan.pause_reading()
            self._loop.add_writer(pipe, self._writable)
            return
        self._loop.remove_writer(pipe)
        self._chan.resume_reading()  # may come back here with more
        if self._input_ended and not self._input:
            self._close_input()

    def _close_input(self) -> None:
        self._input.clear()
        if self._stdin is None:
            return
        self._loop.remove_writer(self._stdin.fileno())
        self._stdin.close()
        self._stdin = None
        if self._chan is not None:
            self._chan.resume_reading()

    # the end

    def _ended(self, status: int) -> None:
        self._exited = True
        self._close_input()
        if self._chan is not None:
            self._chan.send_packet(MSG_CHANNEL_REQUEST, *exit_request(status))
            self._close_when_done()

    def _close_when_done(self) -> None:
        if self._chan is None or self._outputs:
            return
        self._chan.write_eof()
        if self._exited:
            self._chan.close()


def exit_request(status: int) -> tuple[bytes, ...]:
    """Build the fields that tell what waitpid said, as in RFC 4254, 6.10."""
    if os.WIFSIGNALED(status):
        core = Boolean(os.WCOREDUMP(status))
        name = _name(os.WTERMSIG(status))
        return String("exit-signal"), Boolean(False), String(name), core, String(""), String("")
    return String("exit-status"), Boolean(False), UInt32(os.WEXITSTATUS(status))


def _name(number: int) -> str:
    try:
        name = signal.Signals(number).name.removeprefix("SIG")
    except ValueError:
        name = str(number)
    return name if name in _NAMED else f"{name}@openssh.com"
