"""Say whom to dial and what came of it."""

from __future__ import annotations

from dataclasses import dataclass

from nowfab import __version__
from nowfab.machines.ssh.wire import Stream

VERSION = f"SSH-2.0-nowfab_{__version__}"
"""Our identification, RFC 4253 section 4.2."""

Hop = tuple[str, int]
"""An address and a port: what at most GATE unauthenticated connections go to at a time."""


@dataclass(frozen=True, slots=True)
class Dial:
    """One node to connect to: `number` is its place in the run, `seconds` what its deadline leaves.

    `attempts` counts the connections that were tried before.
    """

    number: int
    host: str
    port: int
    seconds: float
    attempts: int = 0

    @property
    def hop(self) -> Hop:
        """Where the connection goes, as the gate counts it."""
        return self.host, self.port


@dataclass(frozen=True, slots=True)
class Opened:
    """A TCP connection on which both sides have said who they are.

    `version` is the server's identification, `rest` what it sent behind it, `spent` the seconds
    that it took.
    """

    dial: Dial
    sock: Stream
    version: str
    rest: bytes
    spent: float


@dataclass(frozen=True, slots=True)
class Failed:
    """Why there is no connection: nothing was sent to the node but our identification."""

    dial: Dial
    reason: str
    spent: float
