"""Follow a program of this computer: hand it its input, take its output, until it ends or must stop."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import subprocess
import threading
from typing import IO

from nowfab.machines.answering import Take
from nowfab.machines.feed import Feed

DRAIN = 2.0
"""Seconds without a byte after the program's end, while something else still holds its output."""


class Follower:
    """One program under way; only `run`'s thread touches its pipes."""

    def __init__(self, program: subprocess.Popen[bytes], feed: Feed) -> None:
        self._program = program
        self._feed = feed
        self._ears, self._mouth = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        self._ended = False

    def let_go(self) -> None:
        """Have the leash let go; may be called from another thread, and at any time."""
        with contextlib.suppress(OSError):
            self._mouth.send(b"s")

    def answer(self, data: bytes) -> None:
        """Write a few bytes that somebody waits for."""
        with contextlib.suppress(OSError, ValueError):
            self._stdin.write(data)

    def go(self) -> None:
        """Begin with the input."""
        if not self._feed.over and not self._stdin.closed:
            os.set_blocking(self._stdin.fileno(), False)
            self._selector.register(self._stdin, selectors.EVENT_WRITE, "stdin")

    def run(self, take: Take) -> int:
        """Take the output until it ends, or DRAIN seconds after the program's own end; give its code."""
        waiter = threading.Thread(target=self._wait, daemon=True)
        waiter.start()
        self._selector.register(self._ears, selectors.EVENT_READ, "ears")
        self._selector.register(self._pipe(self._program.stdout), selectors.EVENT_READ, "stdout")
        self._selector.register(self._pipe(self._program.stderr), selectors.EVENT_READ, "stderr")
        while not self._ended or len(self._selector.get_map()) > 1:
            ready = self._selector.select(DRAIN if self._ended else None)
            if not ready:
                break
            for key, _ in ready:
                self._act(key, take)
        waiter.join()
        self._close()
        return self._program.returncode

    @property
    def _stdin(self) -> IO[bytes]:
        return self._pipe(self._program.stdin)

    @staticmethod
    def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
        assert pipe is not None
        return pipe

    def _wait(self) -> None:
        self._program.wait()
        self._mouth.send(b"!")

    def _act(self, key: selectors.SelectorKey, take: Take) -> None:
        if key.data == "stdin":
            self._write()
            return
        data = os.read(key.fd, 65536)
        if key.data == "ears":
            self.end_input()
            self._ended = self._ended or b"!" in data
        elif data:
            take(key.data, data)
        else:
            self._selector.unregister(key.fileobj)

    def _write(self) -> None:
        if self._stdin.closed:
            return
        try:
            self._feed.took(os.write(self._stdin.fileno(), self._feed.piece))
        except BlockingIOError:
            return
        except OSError:  # nobody reads it any more, or the rest cannot be read here: nobody may wait for it
            self.end_input()
            return
        if self._feed.over:
            self._selector.unregister(self._stdin)

    def end_input(self) -> None:
        """Let go of the leash, from `run`'s own thread."""
        self._feed.close()
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(self._stdin)
        self._stdin.close()

    def _close(self) -> None:
        self._selector.close()
        self._feed.close()
        for end in (self._ears, self._mouth, self._program.stdin, self._program.stdout, self._program.stderr):
            if end is not None:
                end.close()
