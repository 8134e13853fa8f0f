"""Find out how many nodes this process has descriptors for."""

from __future__ import annotations

SPARE = 32
"""Descriptors kept for files, pipes and the terminal."""

EACH = 2
"""Descriptors for a node at work: its socket and a spool file, or a local program's pipes."""


def room(fanout: int) -> tuple[int, int]:
    """Raise the soft limit to the hard one; give the fan-out that fits and how many sockets may be open."""
    return fitting(fanout, _raised())


def fitting(fanout: int, limit: int) -> tuple[int, int]:
    """Give the fan-out that fits `limit` descriptors, and how many of them sockets may have."""
    sockets = max(4, limit - SPARE)
    return max(1, min(fanout, sockets // EACH)), sockets


def _raised() -> int:
    """Give the number of descriptors after raising the limit; a large one where nobody counts."""
    try:
        import resource
    except ImportError:
        return 65536
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = 65536 if hard == resource.RLIM_INFINITY else min(hard, 65536)
    if soft == resource.RLIM_INFINITY:
        return 65536
    if soft < most:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
        except (OSError, ValueError):
            return soft
        return most
    return soft
