"""Answer one prompt in a stream, and let neither it nor the secret through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from nowfab.talk import Reply

MASK = b"***"

Stream = Literal["stdout", "stderr"]
Take = Callable[[Stream, bytes], None]


class Answering:
    """A filter before `take`.

    `answer` is called with the secret's line, once, `refuse` when asked again, `go` when the reply's
    `ready` has been said. Bytes that may be the beginning of one of these words are held back until
    it is known.
    """

    def __init__(
        self,
        reply: Reply,
        take: Take,
        answer: Callable[[bytes], None],
        refuse: Callable[[], None],
        go: Callable[[], None] = lambda: None,
    ) -> None:
        self._prompt = reply.prompt.encode()
        self._secret = reply.secret.reveal().encode()
        self._ready = reply.ready.encode()
        self._go = go
        self._take = take
        self._answer = answer
        self._refuse = refuse
        self._answered = False
        self._settled = False
        self._held: dict[Stream, bytes] = {"stdout": b"", "stderr": b""}

    def feed(self, stream: Stream, data: bytes) -> None:
        """Take some bytes of a stream."""
        data = self._held[stream] + data
        if stream == "stderr":
            data = self._asked(data)
        if self._secret:
            data = data.replace(self._secret, MASK)
        keep = max(_overlap(data, word) for word in (self._prompt, self._secret, self._ready))
        self._held[stream] = data[len(data) - keep :]
        if len(data) > keep:
            self._take(stream, data[: len(data) - keep])

    def end(self) -> None:
        """Let go of what was held back."""
        for stream, data in self._held.items():
            if data:
                self._take(stream, data)
        self._held = {"stdout": b"", "stderr": b""}

    def _asked(self, data: bytes) -> bytes:
        """Answer what is asked before `ready`; behind it the program speaks, to whom nothing is told."""
        if self._settled:
            return data
        before, ready, behind = data.partition(self._ready)
        for _ in range(before.count(self._prompt)):
            if self._answered:
                self._refuse()
            else:
                self._answered = True
                self._answer(self._secret + b"\n")
        if ready:
            self._settled = True
            self._go()
        return before.replace(self._prompt, b"") + behind


def _overlap(data: bytes, word: bytes) -> int:
    """Count the bytes at the end of `data` that may be the beginning of `word`."""
    for size in range(min(len(data), len(word) - 1), 0, -1):
        if word.startswith(data[len(data) - size :]):
            return size
    return 0
