"""Turn names into addresses without letting a slow name hold up another."""

from __future__ import annotations

import queue
import socket
import threading
from collections.abc import Callable
from typing import Any

Address = tuple[socket.AddressFamily, Any]
Answer = list[Address] | OSError

THREADS = 64
"""Names that may be waited for at the same time."""


class Resolver:
    """Ask getaddrinfo in threads, which end when nothing is left to ask; answers come by callback."""

    def __init__(self, answered: Callable[[str, int, Answer], None]) -> None:
        self._answered = answered
        self._names: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._threads = 0
        self._open = 0

    def ask(self, host: str, port: int) -> None:
        """Have `answered` called with the addresses, in another thread unless `host` is an address."""
        literal = _literal(host, port)
        if literal is not None:
            self._answered(host, port, literal)
            return
        self._names.put((host, port))
        with self._lock:
            self._open += 1
            grow = self._threads < min(THREADS, self._open)
            self._threads += grow
        if grow:
            threading.Thread(target=self._work, name="nowfab-resolver", daemon=True).start()

    def _work(self) -> None:
        while True:
            try:
                host, port = self._names.get_nowait()
            except queue.Empty:
                with self._lock:
                    if self._names.empty():
                        self._threads -= 1
                        return
                continue
            answer = _look_up(host, port)
            with self._lock:
                self._open -= 1
            self._answered(host, port, answer)


def _literal(host: str, port: int) -> Answer | None:
    try:
        return _look_up_with(host, port, socket.AI_NUMERICHOST)
    except (OSError, UnicodeError):
        return None


def _look_up(host: str, port: int) -> Answer:
    try:
        return alternate(_look_up_with(host, port, 0))
    except OSError as error:
        return error
    except UnicodeError:
        return OSError(f"`{host}` cannot be a host name")


def _look_up_with(host: str, port: int, flags: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    return list(dict.fromkeys((family, address) for family, _, _, _, address in found))


def alternate(addresses: list[Address]) -> list[Address]:
    """Put the families in turn, beginning with the first's (RFC 8305 section 4)."""
    if not addresses:
        return []
    first = [a for a in addresses if a[0] == addresses[0][0]]
    other = [a for a in addresses if a[0] != addresses[0][0]]
    mixed: list[Address] = []
    for place in range(max(len(first), len(other))):
        mixed += first[place : place + 1] + other[place : place + 1]
    return mixed
