"""Open one TCP connection: every address in turn, the first that answers wins."""

from __future__ import annotations

import contextlib
import errno
import os
import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import replace

from nowfab.machines.ssh.dial import VERSION, Dial, Failed, Opened
from nowfab.machines.ssh.greeting import Greeting, NotSsh
from nowfab.machines.ssh.resolver import Address

STAGGER = 0.25
"""Seconds after which the next address is tried beside an unanswered one (RFC 8305 section 8)."""

RETRIES = 3
"""Connections after the first that a node is given in all; only before anything is sent."""

BUSY = "Exceeded MaxStartups"
PENALTY = "Not allowed at this time"
"""What OpenSSH's sshd says before it closes: too many at once, or too many bad ones (9.8 and newer)."""

_LATER = (errno.EINPROGRESS, errno.EWOULDBLOCK, errno.EAGAIN)


def pause(tried: int, jitter: float) -> float:
    """Give the seconds before the next try; `jitter`, from 0 to 1, keeps many from coming at once."""
    return float((0.1 + jitter * 0.2) * 2**tried)


class Attempt:
    """One dial under way; lives in the front's thread. `done` takes its only end."""

    def __init__(
        self,
        dial: Dial,
        selector: selectors.BaseSelector,
        after: Callable[[float, Callable[[], None]], None],
        jitter: Callable[[], float],
        done: Callable[[Attempt, Opened | Failed], None],
    ) -> None:
        self.dial = replace(dial, attempts=dial.attempts + 1)
        self.parked = False
        self._selector = selector
        self._after = after
        self._jitter = jitter
        self._done = done
        self._began = time.monotonic()
        self._allowed = max(0, RETRIES - dial.attempts)
        self._addresses: list[Address] = []
        self._todo: list[Address] = []
        self._connecting: set[socket.socket] = set()
        self._greeting: tuple[socket.socket, Greeting] | None = None
        self._phase = f"no address for `{dial.host}`: the resolver did not answer"
        self._over = False
        after(dial.seconds, self._late)

    def resolved(self, answer: list[Address] | OSError) -> None:
        """Go on with the addresses, or end with why there are none."""
        if self._over:
            return
        if isinstance(answer, OSError):
            self._fail(f"no address for `{self.dial.host}`: {answer.strerror or answer}")
            return
        self._addresses = answer
        self._again()

    @property
    def answered(self) -> bool:
        """Whether somebody has taken the connection."""
        return self._greeting is not None

    def cancel(self, reason: str) -> None:
        """End it now."""
        self._fail(reason)

    def ready(self, sock: socket.socket) -> None:
        """Look at a socket that the selector named."""
        if self._over:
            return
        if sock in self._connecting:
            self._connected(sock)
        elif self._greeting is not None and self._greeting[0] is sock:
            self._heard(*self._greeting)

    def _again(self) -> None:
        if self._over:
            return
        where = f"{self.dial.host} port {self.dial.port}"
        self._phase = f"no answer from {where}"
        self._todo = list(self._addresses)
        self._next("no address")

    def _next(self, reason: str) -> None:
        """Try the next address; without one, wait for those under way or fail for `reason`."""
        if self._over or self._greeting is not None:
            return
        if not self._todo:
            if not self._connecting:
                self._fail(reason)
            return
        family, address = self._todo.pop(0)
        sock = None
        try:
            sock = socket.socket(family, socket.SOCK_STREAM)
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            code = sock.connect_ex(address)
            if code not in (0, *_LATER):
                raise OSError(code, os.strerror(code))
            self._selector.register(sock, selectors.EVENT_WRITE, self)
        except OSError as error:
            if sock is not None:
                sock.close()
            self._next(self._refusal(error))
            return
        self._connecting.add(sock)
        if self._todo:
            self._after(STAGGER, lambda: self._next(""))

    def _connected(self, sock: socket.socket) -> None:
        self._connecting.discard(sock)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self._drop(sock)
            self._next(self._refusal(OSError(code, os.strerror(code))))
            return
        for other in self._connecting:
            self._drop(other)
        self._connecting.clear()
        self._greeting = sock, Greeting()
        self._phase = f"no SSH banner from {self.dial.host} port {self.dial.port}"
        try:
            sock.send(f"{VERSION}\r\n".encode())
        except OSError:
            self._hung_up(sock, Greeting())
            return
        self._selector.modify(sock, selectors.EVENT_READ, self)

    def _heard(self, sock: socket.socket, greeting: Greeting) -> None:
        try:
            data = sock.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._hung_up(sock, greeting)
            return
        try:
            whole = greeting.feed(data)
        except NotSsh as error:
            self._fail(f"{self.dial.host} port {self.dial.port}: {error}")
            return
        if whole is not None:
            self._open(sock, *whole)

    def _open(self, sock: socket.socket, version: str, rest: bytes) -> None:
        self._over = True
        self._selector.unregister(sock)
        self._greeting = None
        sock.setblocking(True)
        spent = time.monotonic() - self._began
        dial = replace(self.dial, seconds=max(0.0, self.dial.seconds - spent))
        self._done(self, Opened(dial, sock, version, rest, spent))

    def _hung_up(self, sock: socket.socket, greeting: Greeting) -> None:
        """The server closed before it said SSH: its MaxStartups does that, so it is asked again."""
        self._greeting = None
        self._drop(sock)
        said = greeting.said()
        where = f"{self.dial.host} port {self.dial.port}"
        if said.startswith(PENALTY):
            self._fail(f"{where} keeps this computer out for a while (PerSourcePenalties): it said `{said}`")
            return
        if not (said.startswith(("SSH-", BUSY)) or "SSH-".startswith(said)):
            self._fail(f"{where} is not an SSH server: it said `{said}`")
            return
        self._phase = f"no SSH banner: {where} closed the connection before it"
        if not self._allowed:
            self._fail(self._phase)
            return
        self._after(pause(RETRIES - self._allowed, self._jitter()), self._again)
        self._allowed -= 1
        self.dial = replace(self.dial, attempts=self.dial.attempts + 1)

    def _refusal(self, error: OSError) -> str:
        words = error.strerror or str(error)
        return f"{words[:1].lower()}{words[1:]}: {self.dial.host} port {self.dial.port}"

    def _late(self) -> None:
        self._fail(f"{self._phase} within {self.dial.seconds:g} s")

    def _fail(self, reason: str) -> None:
        if self._over:
            return
        self._over = True
        for sock in self._connecting:
            self._drop(sock)
        if self._greeting is not None:
            self._drop(self._greeting[0])
        self._done(self, Failed(self.dial, reason, time.monotonic() - self._began))

    def _drop(self, sock: socket.socket) -> None:
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(sock)
        sock.close()
