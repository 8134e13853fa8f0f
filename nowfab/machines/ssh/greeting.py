"""Read a server's identification out of its first bytes."""

from __future__ import annotations

from dataclasses import dataclass, field

LIMIT = 64 * 1024
"""Bytes before the identification's end that are read at most."""


class NotSsh(Exception):
    """What came cannot become an SSH-2 identification; the message quotes it."""


@dataclass(slots=True)
class Greeting:
    """The bytes so far. A server may send other lines first (RFC 4253 section 4.2)."""

    buffer: bytes = b""
    lines: list[bytes] = field(default_factory=list)

    def feed(self, data: bytes) -> tuple[str, bytes] | None:
        """Add bytes; give the identification and what follows it once it is whole.

        NotSsh when it is another protocol, or LIMIT bytes bring no end.
        """
        self.buffer += data
        while b"\n" in self.buffer:
            line, self.buffer = self.buffer.split(b"\n", 1)
            line = line.rstrip(b"\r")
            if line.startswith(b"SSH-"):
                return _checked(line), self.buffer
            self.lines.append(line)
        if len(self.buffer) + sum(map(len, self.lines)) > LIMIT:
            raise NotSsh(f"not an SSH server: {LIMIT // 1024} KiB came without an SSH identification")
        return None

    def said(self) -> str:
        """Quote what came instead of an identification, "" when nothing did."""
        text = (self.lines[0] if self.lines else self.buffer)[:60].decode("utf-8", "replace")
        return text if text.isprintable() else ascii(text)[1:-1]


def _checked(line: bytes) -> str:
    text = line.decode("utf-8", "backslashreplace")
    if not text.startswith(("SSH-2.0-", "SSH-1.99-")):
        raise NotSsh(f"the server speaks another SSH: `{ascii(text[:60])[1:-1]}`")
    return text
