"""Send an exec's input while there is room, never holding up the watch.

A send may hang where the watch must not: the watch never waits for the lock, and who lets go of it
looks whether the leash was to be let go meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from nowfab.blobs import Blob
from nowfab.machines.feed import Feed
from nowfab.machines.ssh.session import Session


class Sending:
    """The input of one exec; `going` says that the node is ready for it."""

    def __init__(self, session: Session, blobs: tuple[Blob, ...]) -> None:
        self._session = session
        self._feed = Feed(blobs)
        self._lock = threading.Lock()
        self._stopping = False
        self.going = False

    def go(self) -> None:
        """Begin."""
        self.going = True

    def some(self) -> bool:
        """Send one piece if there is one and the node has room; say whether."""
        if not self.going or self._feed.over:
            return False
        with self._lock:
            size = self._session.offer(self._feed.piece)
        self._feed.took(size)
        if self._stopping:
            self.close()
            self._session.end_input()
        return size > 0

    def stop(self) -> None:
        """Let go of the leash, now or as soon as the send that is under way has ended; from any thread."""
        self._stopping = True
        self.beside(self._session.end_input)

    def beside(self, send: Callable[[], None]) -> None:
        """Send something else from another thread, unless a send is under way, which may hang."""
        if self._lock.acquire(blocking=False):
            try:
                send()
            finally:
                self._lock.release()

    def close(self) -> None:
        """Send no more."""
        self._feed.close()
