"""Run an asyncio loop in a thread of its own, for servers that a test starts."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

SECONDS = 10.0
"""That anything which a test asks of the loop may take."""

SETTLE = 0.03
"""Seconds in which connections that end just now are closed: each takes the loop some turns."""

T = TypeVar("T")


class Loop:
    """A loop that works while the test waits elsewhere; `close` ends whatever still runs on it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._listeners: list[asyncio.AbstractServer] = []
        self._thread = threading.Thread(target=self._loop.run_forever, name="faults", daemon=True)
        self._thread.start()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Have the loop do this and wait for what it gives."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    def listens(self, listener: asyncio.AbstractServer) -> int:
        """Have a listener closed at the end; give its port."""
        self._listeners.append(listener)
        port: int = listener.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        return port

    def soon(self, call: Any, *words: Any) -> None:
        """Have the loop call this at its next turn."""
        self._loop.call_soon_threadsafe(call, *words)

    def close(self) -> None:
        """Cancel what runs and end the thread."""
        with contextlib.suppress(TimeoutError):
            self.do(_end(self._listeners))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()


async def _end(listeners: list[asyncio.AbstractServer]) -> None:
    for listener in listeners:
        listener.close()
    others = asyncio.all_tasks() - {asyncio.current_task()}
    for task in others:
        task.cancel()
    await asyncio.wait_for(asyncio.gather(*others, return_exceptions=True), SECONDS / 2)
    await asyncio.sleep(SETTLE)
