"""Dial many nodes from one thread: who has not answered holds a socket, not a worker."""

from __future__ import annotations

import heapq
import itertools
import queue
import random
import selectors
import socket
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from typing import Any

from nowfab.machines.ssh.attempt import Attempt
from nowfab.machines.ssh.dial import Dial, Failed, Hop, Opened
from nowfab.machines.ssh.resolver import Answer, Resolver
from nowfab.machines.ssh.window import YOUNG, Window

GATE = 8
"""Unauthenticated connections to one hop at a time: sshd's MaxStartups begins to drop at 10."""

PARKED = 1000
"""Attempts under way at most, answered or not."""

AHEAD = 4
"""Connections that may wait for a worker beyond the fan-out."""

Deliver = Callable[[Opened | Failed], None]


class Front:
    """A thread that turns dials into Opened or Failed, exactly one each, given to `deliver`.

    `width` is how many nodes may be worked on at once, `room` how many sockets there may be.
    """

    def __init__(self, deliver: Deliver, width: int, room: int = PARKED) -> None:
        self._deliver = deliver
        self._width = width
        self._room = min(room, PARKED)
        self._selector = selectors.DefaultSelector()
        self._ears, self._mouth = socket.socketpair()
        self._ears.setblocking(False)
        self._selector.register(self._ears, selectors.EVENT_READ)
        self._calls: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._heap: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._waiting: deque[Dial] = deque()
        self._attempts: dict[Attempt, None] = {}
        self._asking: dict[Hop, list[Attempt]] = {}
        self._young = 0
        self._busy = 0
        self._unsettled: Counter[Hop] = Counter()
        self._window = Window()
        self._ended = ""
        self._closed = False
        self._resolver = Resolver(
            lambda host, port, answer: self._call(lambda: self._resolved(host, port, answer))
        )
        self._thread = threading.Thread(target=self._run, name="nowfab-front", daemon=True)
        self._thread.start()

    def add(self, dials: Iterable[Dial]) -> None:
        """Have these dialled, in order."""
        more = list(dials)

        def extend() -> None:
            self._ended = ""
            self._waiting.extend(more)

        self._call(extend)

    def now(self, dial: Dial) -> None:
        """Dial for a worker that waits for it: neither width nor gate may hold it up.

        The workers who would make room may all be waiting here.
        """
        self._call(lambda: self._begin_or_fail(dial))

    def settled(self, dial: Dial) -> None:
        """Say that an opened connection is authenticated or gone: the gate lets another in."""
        self._call(lambda: self._settle(dial))

    def freed(self) -> None:
        """Say that the worker of an opened connection has ended."""
        self._call(self._free)

    def cancel(self, reason: str) -> None:
        """Fail whatever is not open yet."""
        self._call(lambda: self._cancel(reason))

    def close(self) -> None:
        """End the thread; undelivered dials are forgotten."""
        self._call(self._close)

    def _call(self, function: Callable[[], None]) -> None:
        self._calls.put(function)
        if threading.current_thread() is not self._thread:
            try:
                self._mouth.send(b"!")
            except OSError:
                return

    def _run(self) -> None:
        try:
            self._serve()
        except Exception as error:  # a run that hangs would be worse than rows that name a bug of ours
            self._cancel(f"nowfab's own trouble, {type(error).__name__}: {error}")
        self._selector.close()
        self._ears.close()
        self._mouth.close()

    def _serve(self) -> None:
        while not self._closed:
            self._start()
            for key, _ in self._selector.select(self._pause()):
                if key.data is None:
                    self._ears.recv(4096)
                else:
                    self._guard(key.data, key.fileobj)
            while self._heap and self._heap[0][0] <= time.monotonic():
                heapq.heappop(self._heap)[2]()
            while not self._calls.empty():
                self._calls.get()()

    def _guard(self, attempt: Attempt, sock: Any) -> None:
        """Have an attempt look at its socket; its trouble, even our own, is nobody else's."""
        try:
            attempt.ready(sock)
        except Exception as error:
            attempt.cancel(f"{type(error).__name__}: {error}")

    def _pause(self) -> float | None:
        if not self._calls.empty():
            return 0.0
        return max(0.0, self._heap[0][0] - time.monotonic()) if self._heap else None

    def _after(self, seconds: float, function: Callable[[], None]) -> None:
        heapq.heappush(self._heap, (time.monotonic() + seconds, next(self._count), function))

    def _start(self) -> None:
        """Begin as many attempts as width, room, window and gates allow."""
        held: list[Dial] = []
        while self._waiting and self._may() and len(held) < self._width:
            dial = self._waiting.popleft()
            if self._unsettled[dial.hop] >= GATE:
                held.append(dial)
                continue
            self._begin(dial)
        self._waiting.extendleft(reversed(held))

    def _may(self) -> bool:
        width = self._young + self._busy < self._width + AHEAD
        return width and len(self._attempts) < self._room and self._window.free

    def _begin_or_fail(self, dial: Dial) -> None:
        if self._ended:
            self._deliver(Failed(dial, self._ended, 0.0))
        else:
            self._begin(dial)

    def _begin(self, dial: Dial) -> None:
        self._unsettled[dial.hop] += 1
        self._young += 1
        attempt = Attempt(dial, self._selector, self._after, random.random, self._done)
        self._attempts[attempt] = None
        self._window.begin(dial.number, time.monotonic(), dial.seconds)
        self._after(YOUNG, lambda: self._park(attempt))
        asked = self._asking.setdefault(dial.hop, [])
        asked.append(attempt)
        if len(asked) == 1:
            self._resolver.ask(*dial.hop)

    def _resolved(self, host: str, port: int, answer: Answer) -> None:
        for attempt in self._asking.pop((host, port), []):
            attempt.resolved(answer)

    def _park(self, attempt: Attempt) -> None:
        waits = attempt in self._attempts
        if waits:
            attempt.parked = True
            self._young -= 1
        if waits and not attempt.answered:
            self._window.leave(attempt.dial.number)
        else:
            self._lose_patience(attempt.dial.number)

    def _lose_patience(self, number: int) -> None:
        """Have one that was answered, and takes unusually long, hold up nobody any more."""
        left = self._window.patience(number, time.monotonic())
        if left:
            self._after(left, lambda: self._lose_patience(number))
        else:
            self._window.leave(number)

    def _done(self, attempt: Attempt, end: Opened | Failed) -> None:
        del self._attempts[attempt]
        self._young -= not attempt.parked
        if isinstance(end, Opened):
            self._busy += 1
        else:
            self._unsettled[attempt.dial.hop] -= 1
            self._window.failed(attempt.dial.number)
        self._deliver(end)

    def _settle(self, dial: Dial) -> None:
        self._unsettled[dial.hop] -= 1
        self._window.settled(dial.number, time.monotonic())

    def _free(self) -> None:
        self._busy -= 1

    def _cancel(self, reason: str) -> None:
        self._ended = reason
        for attempt in list(self._attempts):
            attempt.cancel(reason)
        while self._waiting:
            self._deliver(Failed(self._waiting.popleft(), reason, 0.0))

    def _close(self) -> None:
        self._cancel("closed")
        self._closed = True
