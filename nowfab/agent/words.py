"""Say what went wrong, and turn text into the node's bytes and back."""

import errno
import os

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable
    from typing import Any


def hash_maker() -> "Callable[[], Any]":
    """Find what makes a sha256: Python's own is there at once, loading OpenSSL takes longer than a look."""
    for name in ("_sha2", "_sha256"):
        try:
            return __import__(name).sha256
        except ImportError:
            continue
    return __import__("hashlib").sha256


new_sha256 = hash_maker()


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


def reason_of(error: Exception, change: dict) -> str:
    """Say why a change failed; an error that nobody foresaw tells where, and none of its values."""
    if isinstance(error, Trouble):
        return error.reason
    if isinstance(error, OSError):
        name = change.get("path") or change.get("name") or change.get("key") or change["do"]
        beside = error.filename if isinstance(error.filename, bytes) else b""
        return "`%s` cannot be changed: %s%s" % (name, why(error), place(beside, name))
    where = error.__traceback__
    while where is not None and where.tb_next is not None:
        where = where.tb_next
    return "the agent broke: %s in its line %d" % (type(error).__name__, where.tb_lineno if where else 0)


def place(beside: bytes, name: str) -> str:
    """Name the file that an error was about, where that is not the one that was to be changed."""
    return (
        "" if not beside or b".nowfab-" in beside or to_text(beside) == name else " (`%s`)" % to_text(beside)
    )
