"""Tell whether this process grows from run to run."""

from __future__ import annotations

import ctypes
import gc
import os
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

FEWEST = 100
"""Samples without which nothing can be said: memory creeps up during the first fifty or so (docs/soak.md)."""
LEEWAY = (0.0, 0.0, 0.03)
"""What each may be more in the last third than in the second, as a part of it."""
_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Threads, descriptors and resident memory (KiB) between two runs."""

    threads: int
    descriptors: int
    memory: int


def take(threads: int) -> Sample:
    """Count once no more than `threads` are left, or after a while however many are."""
    until = time.monotonic() + _SECONDS
    while threading.active_count() > threads and time.monotonic() < until:
        time.sleep(0.01)
    gc.collect()
    _trim()
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    native = _entries("/proc/self/task")
    return Sample(native, _entries("/proc/self/fd"), pages * os.sysconf("SC_PAGESIZE") // 1024)


def _trim() -> None:
    """Have glibc give back what is free, so that what is counted is in use."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _entries(folder: str) -> int:
    return sum(1 for _ in Path(folder).iterdir())


def thirds(samples: Sequence[Sample]) -> list[Sample]:
    """Give the medians of the three thirds."""
    size = max(1, len(samples) // 3)
    parts = (samples[:size], samples[size : 2 * size], samples[2 * size :] or samples[-1:])
    return [
        Sample(*(int(statistics.median(each)) for each in zip(*map(astuple, part), strict=True)))
        for part in parts
    ]


def grown(samples: Sequence[Sample]) -> list[str]:
    """Name what has grown from the second third to the last."""
    if len(samples) < FEWEST:
        return []
    _, second, last = map(astuple, thirds(samples))
    names = ("threads", "descriptors", "memory")
    return [
        f"{name} have grown from {was} to {now}"
        for name, was, now, leeway in zip(names, second, last, LEEWAY, strict=True)
        if now > was * (1 + leeway)
    ]
