"""Hash host names as known_hosts does, so that a stolen file tells no names."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from hashlib import sha1

_FORM = re.compile(r"\|1\|([A-Za-z0-9+/]{27}=)\|([A-Za-z0-9+/]{27}=)")
"""Salt and digest of 20 bytes each (hostfile.c, host_hash)."""

_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
"""HMAC's two pads (RFC 2104), applied once per line: hmac.digest takes three times as long."""


@dataclass(frozen=True, slots=True)
class Hashed:
    """A hashed name, ready to be compared with many names."""

    inner: bytes
    outer: bytes
    digest: bytes

    def fits(self, name: bytes) -> bool:
        """Tell whether `name` is the name that was hashed."""
        return self.digest == _digest(self.inner, self.outer, name)


def unhash(text: str) -> Hashed | None:
    """Read a hashed name; None when it is none."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    salt, digest = (base64.b64decode(part) for part in found.groups())
    inner, outer = _pads(salt)
    return Hashed(inner, outer, digest)


def hashed(name: str, salt: bytes) -> str:
    """Write a name hashed with a salt of 20 bytes."""
    digest = _digest(*_pads(salt), name.encode())
    return f"|1|{base64.b64encode(salt).decode()}|{base64.b64encode(digest).decode()}"


def _pads(salt: bytes) -> tuple[bytes, bytes]:
    block = salt.ljust(64, b"\0")
    return block.translate(_INNER), block.translate(_OUTER)


def _digest(inner: bytes, outer: bytes, name: bytes) -> bytes:
    inside = sha1(inner + name, usedforsecurity=False).digest()
    return sha1(outer + inside, usedforsecurity=False).digest()
