"""Say what went wrong, and turn text into the node's bytes and back."""

import errno
import os


class Trouble(Exception):
    """Why the agent does not go on: `state` is the reply's word for it, `reason` a sentence."""

    def __init__(self, reason: str, state: str = "failed") -> None:
        super().__init__(reason)
        self.reason = reason
        self.state = state


HINTS = {
    errno.EPERM: "not allowed, or it is immutable (lsattr tells)",
    errno.EBUSY: "it is in use as a mount of its own",
    errno.EROFS: "the file system is read-only",
    errno.ENOSPC: "no room is left",
    errno.EDQUOT: "the quota is used up",
}
"""Reasons that the system's own words hide."""


def to_bytes(text: str) -> bytes:
    """Give the bytes that a name has on the node, whatever its locale says."""
    return text.encode("utf-8", "surrogateescape")


def to_text(raw: bytes) -> str:
    """Give a name of the node as text that travels in JSON."""
    return raw.decode("utf-8", "surrogateescape")


def why(error: OSError) -> str:
    """Say a system's error in a few words."""
    return HINTS.get(error.errno or 0) or os.strerror(error.errno or 0).lower()


def tail(raw: bytes, size: int = 2000) -> str:
    """Give the end of what a program said, as text for a reason."""
    return raw[-size:].decode("utf-8", "replace").strip()
