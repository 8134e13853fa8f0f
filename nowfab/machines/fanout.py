"""Hold many talks at once with few threads: a worker per running node, events to one queue."""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from nowfab.inventory.node import Node
from nowfab.machines.local import LocalMachine
from nowfab.machines.ssh.dial import Dial, Failed, Opened
from nowfab.machines.ssh.front import Front
from nowfab.machines.ssh.machine import SshMachine
from nowfab.results import Result, Status
from nowfab.talk import Event, Finished, Sent, Until, Work, converse

EVENTS = 256
"""Events that may wait for the main thread; the bound is the back-pressure on the nodes."""


Ready = queue.SimpleQueue[tuple[int, Opened | Failed | None] | None]


@dataclass(frozen=True, slots=True)
class Member:
    """One node of a run with its machine; `dial` is None where no socket is needed."""

    node: Node
    machine: SshMachine | LocalMachine
    dial: Dial | None


class Exchange:
    """The front's other end: who waits for which socket."""

    def __init__(self, width: int, room: int) -> None:
        self._ready: Ready = queue.SimpleQueue()
        self._private: dict[int, queue.SimpleQueue[Opened | Failed]] = {}
        self._numbers = itertools.count(-1, -1)
        self.front = Front(self._deliver, width, room)

    def _deliver(self, end: Opened | Failed) -> None:
        waiter = self._private.get(end.dial.number)
        if waiter is not None:
            waiter.put(end)
        else:
            self._ready.put((end.dial.number, end))

    def put(self, number: int) -> None:
        """Have a worker take a member that needs no socket first."""
        self._ready.put((number, None))

    def begin(self) -> Ready:
        """Begin a fan-out: give the queue of members that a worker can begin with, None ending the worker.

        A worker that is slow to leave keeps its own queue, and takes nothing of the next fan-out.
        """
        self._ready = queue.SimpleQueue()
        return self._ready

    def dial(self, dial: Dial, until: Until) -> Opened | Failed:
        """Open one more connection for a worker, which waits."""
        number = next(self._numbers)
        answer: queue.SimpleQueue[Opened | Failed] = queue.SimpleQueue()
        self._private[number] = answer
        self.front.now(replace(dial, number=number))
        end = answer.get()
        del self._private[number]
        if isinstance(end, Opened):
            self.front.freed()
        return end

    def settled(self, dial: Dial) -> None:
        """Pass on that a connection is authenticated or gone."""
        self.front.settled(dial)

    def revive(self) -> None:
        """Nothing lies between."""


class Spread:
    """One fan-out under way."""

    def __init__(
        self, members: Sequence[Member], work: Work, until: Until, exchange: Exchange, width: int
    ) -> None:
        self._members = members
        self._work = work
        self._until = until
        self._exchange = exchange
        self._events: queue.Queue[Event] = queue.Queue(EVENTS)
        self._width = min(width, len(members))
        self._ready = exchange.begin()

    def events(self) -> Iterator[Event]:
        """Begin, and give the events until every member has finished."""
        workers, trouble = self._start()
        if not workers:
            for member in self._members:
                reason = f"this computer has no thread for it: {trouble}"
                yield Finished(member.node.name, Result(member.node.name, Status.CANCELLED, reason=reason))
            return
        dials = [member.dial for member in self._members if member.dial is not None]
        self._exchange.front.add(dials)
        for number, member in enumerate(self._members):
            if member.dial is None:
                self._exchange.put(number)
        forget = self._until.call(lambda: self._exchange.front.cancel(self._until.reason))
        left = len(self._members)
        try:
            while left:
                event = self._events.get()
                left -= isinstance(event, Finished)
                yield event
        finally:
            forget()
            for _ in range(workers):
                self._ready.put(None)

    def _start(self) -> tuple[int, str]:
        """Start the workers; give how many there are, and why there are not more."""
        for number in range(self._width):
            try:
                threading.Thread(target=self._serve, name=f"nowfab-{number}", daemon=True).start()
            except RuntimeError as error:
                return number, str(error)
        return self._width, ""

    def _serve(self) -> None:
        while (item := self._ready.get()) is not None:
            number, end = item
            member = self._members[number]
            self._events.put(Finished(member.node.name, self._talk(member, end)))
            if isinstance(end, Opened):
                self._exchange.front.freed()

    def _talk(self, member: Member, end: Opened | Failed | None) -> Result:
        """Hold one talk; whatever goes wrong becomes this node's row and nobody else's."""
        sent = False

        def emit(event: Event) -> None:
            nonlocal sent
            sent = sent or isinstance(event, Sent)
            self._events.put(event)

        try:
            if end is not None and isinstance(member.machine, SshMachine):
                member.machine.take(end)
            return converse(self._work(member.node), member.machine, self._until, emit)
        except Exception as error:
            status = Status.LOST if sent else Status.CANCELLED
            return Result(member.node.name, status, reason=f"{type(error).__name__}: {error}")
        finally:
            member.machine.close()
