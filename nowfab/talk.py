"""Hold the waist: everything that ever happens on a node is one Exec and its Outcome."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Literal, Protocol

from nowfab.blobs import EMPTY, Blob, Secret
from nowfab.inventory.node import Node
from nowfab.results import Result


class Leash(Enum):
    """How a program is tied to the channel that started it."""

    STDIN = "it ends when its channel's standard input ends"
    NONE = "nothing can stop it from here"


class Ending(Enum):
    """How an exec ended; the groups say whether the program was started."""

    EXITED = "exited"  # was sent
    SIGNALED = "signaled"
    STOPPED = "stopped"
    LOST = "lost"  # may have been sent
    UNREACHABLE = "unreachable"  # was not sent
    REFUSED = "refused"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Reply:
    """A secret for whoever asks with exactly this prompt on standard error; given once, on standard input.

    The prompt is random for each exec, so that nobody else can ask. Neither it nor the secret is
    let through in the output. `ready`, as random, is what the line says on standard error when the
    asking is over; the exec's own input waits for it.
    """

    prompt: str
    secret: Secret
    ready: str


@dataclass(frozen=True, slots=True)
class Exec:
    """One program to start on a node, as data; `line` is what the login shell gets.

    `timeout` is in seconds from Sent, None for no limit. `stdin` is sent first on the channel's
    standard input, which then stays open as the leash; the line knows how many bytes are its own.
    A `fresh` exec goes over a new connection, to the same host key as the one before; for `patience`
    seconds it is tried again while the node cannot be reached or lets nobody in. `by_key` says that only
    a public key of ours may let us in over a new connection, no password.
    """

    line: str
    stdin: tuple[Blob, ...] = ()
    timeout: float | None = None
    leash: Leash = Leash.STDIN
    reply: Reply | None = None
    fresh: bool = False
    patience: float = 0.0
    by_key: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an exec: always returned, never raised.

    `late` says that a STOPPED or LOST exec was stopped by its own time limit; `host_key` whether the
    key that the node showed was "known" or "new" and has been written down ("" without one).
    """

    ending: Ending
    code: int | None = None
    signal: str | None = None
    stdout: Blob = EMPTY
    stderr: Blob = EMPTY
    seconds: float = 0.0
    reason: str = ""
    attempts: int = 1
    late: bool = False
    host_key: str = ""


Talk = Generator[Exec, Outcome, Result]
Work = Callable[[Node], Talk]


@dataclass(frozen=True, slots=True)
class Sent:
    """The point of no return: the node may have started the program from here on."""

    node: str


@dataclass(frozen=True, slots=True)
class Output:
    """Some bytes as they came; not lines, not characters."""

    node: str
    stream: Literal["stdout", "stderr"]
    data: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth showing while it happens, such as `connecting`."""

    node: str
    text: str


@dataclass(frozen=True, slots=True)
class Finished:
    """The node's row; the last event of a node, exactly one each."""

    node: str
    result: Result


Event = Sent | Output | Note | Finished
Emit = Callable[[Event], None]


class Until(Protocol):
    """When to stop and why; a child ends no later than its parent."""

    @property
    def reason(self) -> str:
        """Why it ended; "" while it has not."""

    def left(self) -> float | None:
        """Seconds that are left, at least 0; None for no limit."""

    def sooner(self, seconds: float | None, reason: str = "") -> Until:
        """Make a child that ends after `seconds` at the latest, for `reason`."""

    def cancel(self, reason: str) -> None:
        """End now; the first reason counts. May be called from a signal handler."""

    def call(self, action: Callable[[], None]) -> Callable[[], None]:
        """Have `action` called once at the end, in another thread; returns a function to forget it."""

    def close(self) -> None:
        """Forget everything without ending."""


class Machine(Protocol):
    """One node, connected or not."""

    def exec(self, exec: Exec, until: Until, emit: Emit) -> Outcome:
        """Carry out one exec; connects first where needed."""

    def close(self) -> None:
        """Let go of the connection and of what hangs on it."""


class Crew(Protocol):
    """Whoever can hold talks with many nodes at once."""

    def each(self, nodes: Sequence[Node], work: Work, until: Until) -> Iterator[Event]:
        """Give the events of all nodes in any order, exactly one Finished per node."""

    def close(self) -> None:
        """Let go of every connection."""


def converse(talk: Talk, machine: Machine, until: Until, emit: Emit) -> Result:
    """Drive a talk over a machine to its result."""
    try:
        ask = next(talk)
        while True:
            ask = talk.send(machine.exec(ask, until, emit))
    except StopIteration as end:
        result: Result = end.value
        return result
