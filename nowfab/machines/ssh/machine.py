"""Be one SSH node: connect when the first exec comes, with retries before anything is sent."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, replace
from typing import Protocol

from nowfab.blobs import Secret, Spool
from nowfab.errors import NowfabError
from nowfab.inventory.node import Node
from nowfab.machines.ssh import link
from nowfab.machines.ssh.attempt import RETRIES, pause
from nowfab.machines.ssh.dial import Dial, Failed, Opened
from nowfab.machines.ssh.endpoint import Endpoint
from nowfab.machines.ssh.keys import Ring
from nowfab.machines.ssh.link import Hosts, KeyRefused, Refused, Unreached
from nowfab.machines.ssh.pump import Patience, Pump
from nowfab.machines.ssh.transport import NodeTransport
from nowfab.machines.ssh.wire import Wire
from nowfab.machines.watch import Watch
from nowfab.talk import Emit, Ending, Exec, Outcome, Until

_AGAIN = 1.0
"""Seconds between two tries of an exec that is patient."""


class Dialler(Protocol):
    """Whoever opens sockets for a machine."""

    def dial(self, dial: Dial, until: Until) -> Opened | Failed:
        """Open a connection, or say why there is none; waits."""

    def settled(self, dial: Dial) -> None:
        """Learn that an opened connection is authenticated or gone."""

    def revive(self) -> None:
        """Have a way that is dead tried anew, for somebody who has patience."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What the machines of one run share."""

    watch: Watch
    hosts: Hosts
    ring: Ring
    spool: Spool
    live: bool
    password: Secret | None
    patience: Patience


class SshMachine:
    """One node over SSH; used by one thread at a time."""

    def __init__(self, node: Node, endpoint: Endpoint, dial: Dial, tools: Tools, dialler: Dialler) -> None:
        self._node = node
        self.endpoint = endpoint
        self.dial = dial
        self._tools = tools
        self.dialler = dialler
        self._first: Opened | Failed | None = None
        self._attempts = 0
        self._pinned: bytes | None = None
        self._by_key = False
        self.transport: NodeTransport | None = None

    def take(self, end: Opened | Failed) -> None:
        """Take the connection that was opened ahead of the first exec."""
        self._first = end

    def exec(self, exec: Exec, until: Until, emit: Emit) -> Outcome:
        """Carry out one exec; connects first where needed."""
        began = time.monotonic() - (self._first.spent if self._first else 0.0)
        if exec.fresh:
            self.close()
        self._by_key = exec.by_key
        outcome = self._exec(exec, until, emit)
        return replace(outcome, seconds=time.monotonic() - began, attempts=self._attempts)

    def _exec(self, exec: Exec, until: Until, emit: Emit) -> Outcome:
        try:
            transport = self._patiently(exec.patience, until)
        except (Refused, NowfabError) as error:
            return Outcome(Ending.REFUSED, reason=str(error))
        except Unreached as error:
            ending = Ending.CANCELLED if until.reason else Ending.UNREACHABLE
            return Outcome(ending, reason=until.reason or str(error))
        tools = self._tools
        pump = Pump(transport, tools.watch, tools.spool, self._node.name, emit, tools.live, tools.patience)
        outcome = replace(pump.run(exec, until), host_key=transport.host_key_state)
        if outcome.ending not in (Ending.EXITED, Ending.SIGNALED):
            self.close()
        return outcome

    def _patiently(self, patience: float, until: Until) -> NodeTransport:
        """Give the open connection, or open one, again for as long as patience lasts.

        A host key that is not the node's on file will not become it by waiting.
        """
        ends = time.monotonic() + patience
        while True:
            try:
                return self.reach(until)
            except (Refused, Unreached) as error:
                stranger = isinstance(error, KeyRefused) and self._pinned is None
                if stranger or until.reason or time.monotonic() + _AGAIN > ends:
                    raise
            time.sleep(_AGAIN)
            self.dialler.revive()

    def reach(self, until: Until) -> NodeTransport:
        """Give the open connection, or open one: within one deadline, again where that may help."""
        if self.transport is not None:
            return self.transport
        if self.endpoint.refusal:
            raise (Unreached(self._node.down, False) if self._node.down else Refused(self.endpoint.refusal))
        dial = self.dial
        while True:
            end, self._first = self._first or self.dialler.dial(dial, until), None
            self._attempts = end.dial.attempts
            if isinstance(end, Failed):
                raise Unreached(end.reason, False)
            taken = time.monotonic()
            try:
                self.transport = self._connect(end, until)
                self._pinned = self.transport.get_remote_server_key().asbytes()
                return self.transport
            except Unreached as error:
                if not error.again or self._attempts > RETRIES or until.reason:
                    raise
            time.sleep(pause(self._attempts - 1, random.random()))  # noqa: S311 - not a secret
            dial = replace(end.dial, seconds=max(0.0, end.dial.seconds - (time.monotonic() - taken)))

    def _connect(self, opened: Opened, until: Until) -> NodeTransport:
        """Go from an opened socket to an authenticated connection before the deadline is over."""
        wire = Wire(opened.sock, opened.rest)
        limit = until.sooner(opened.dial.seconds, f"within {self.dial.seconds:g} s")
        forget = limit.call(wire.cut)
        tools = self._tools
        try:
            return link.connect(
                wire,
                opened.version,
                self._node.name,
                self.endpoint,
                tools.hosts,
                tools.ring,
                None if self._by_key else tools.password,
                self._pinned,
                self._by_key,
            )
        except Unreached as error:
            if limit.reason:
                raise Unreached(f"no end of the {error.phase} {limit.reason}", False) from error
            raise
        finally:
            forget()
            limit.close()
            self.dialler.settled(opened.dial)

    def close(self) -> None:
        """Let go of the connection."""
        if self.transport is not None:
            self.transport.close()
            self.transport = None
        if isinstance(self._first, Opened):
            self._first.sock.close()
            self.dialler.settled(self._first.dial)
            self._first = None
