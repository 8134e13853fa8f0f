"""Say how a node is: how long it is up, how busy, how full, how hot, and what it complains of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from nowfab.facts import reading
from nowfab.facts.material import Sections

DUE = ("required", "kernel", "modules")
"""What tells whether a reboot is due."""

ASKS = ("uptime", "stat", "load", "memory", "disk", "heat", "throttled", *DUE, "failed")

THROTTLED = (
    (0, "under-voltage"),
    (1, "frequency capped"),
    (2, "throttled"),
    (3, "soft temperature limit"),
)
"""What the low bits of `vcgencmd get_throttled` mean now; 16 bits higher the same since the start.

https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
"""

_SENSORS = (re.compile(r"cpu|bcm2835"), re.compile(r"soc|x86_pkg_temp|k10temp|coretemp"))
"""The thermal zones that tell of the processor, the better ones first: a Wi-Fi card may have one too."""

_LONGEST = 100 * 366 * 86_400.0
_BITS = 16


@dataclass(frozen=True, slots=True)
class Health:
    """How a node is; None is unknown.

    `up` is in seconds, `since` in seconds since 1970 by the node's own clock. `load` is the mean of the
    last 1, 5 and 15 minutes. Memory and disk (the file system of `/`) are in bytes, `temperature` in °C.
    `throttled` is what holds now, `was_throttled` what has been since the start. `reboot` says whether
    something waits for one. `failed` names systemd's failed units.
    """

    up: float | None = None
    since: int | None = None
    load: tuple[float, float, float] | None = None
    memory: int | None = None
    memory_free: int | None = None
    disk: int | None = None
    disk_used: int | None = None
    disk_free: int | None = None
    temperature: float | None = None
    throttled: tuple[str, ...] | None = None
    was_throttled: tuple[str, ...] | None = None
    reboot: bool | None = None
    failed: tuple[str, ...] | None = None


def read(sections: Sections) -> Health:
    """Make it of what a node said; whatever it said, there is no error."""
    up = reading.point((reading.first(sections, "uptime") or "").partition(" ")[0])
    booted = re.fullmatch(r"btime ([0-9]{1,12})", reading.first(sections, "stat") or "")
    lines = sections.get("memory", ())
    total, free = reading.memory(lines, "MemTotal"), reading.memory(lines, "MemAvailable")
    now, before = _throttled(reading.first(sections, "throttled"))
    return Health(
        up if up is not None and up <= _LONGEST else None,
        int(booted[1]) if booted else None,
        _load(reading.first(sections, "load") or ""),
        total,
        free if total is not None and free is not None and free <= total else None,
        *reading.disk(sections.get("disk", ())),
        _temperature(sections.get("heat", ())),
        now,
        before,
        due(sections),
        _failed(sections),
    )


def _load(line: str) -> tuple[float, float, float] | None:
    values = [reading.point(word) for word in line.split()[:3]]
    if len(values) != 3:
        return None
    one, five, fifteen = values
    return None if one is None or five is None or fifteen is None else (one, five, fifteen)


def _temperature(lines: Sequence[str]) -> float | None:
    """Choose the processor's zone; lines are thousandths of a degree and the zone's kind."""
    zones = [found.groups() for line in lines if (found := re.fullmatch(r"(-?[0-9]{1,6}) (.+)", line))]
    for sensor in _SENSORS:
        for heat, kind in zones:
            if sensor.search(kind.lower()) and -60_000 <= int(heat) <= 200_000:
                return int(heat) / 1000
    return None


def _throttled(said: str | None) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    found = re.fullmatch(r"throttled=0x([0-9a-fA-F]{1,8})", said or "")
    if not found:
        return None, None
    flags = int(found[1], 16)
    return _flags(flags), _flags(flags >> _BITS)


def _flags(flags: int) -> tuple[str, ...]:
    return tuple(word for bit, word in THROTTLED if flags >> bit & 1)


def due(sections: Sections) -> bool | None:
    """Tell whether a reboot is due: somebody says so, or a newer kernel than the running one is there.

    A kernel is known by the folder of its modules, which is gone when a package replaced it; only those
    of the same kind count, for `…-v8` and `…-2712` are for different models. Where the running one has
    no folder and no kin, as in a container, nobody knows.
    """
    kernel, there = reading.first(sections, "kernel"), sections.get("modules", ())
    if "required" in sections:
        return True
    if kernel is None:
        return None
    numbers, kind = _version(kernel)
    kin = [version for version, theirs in map(_version, there) if theirs == kind]
    if kernel not in there:
        return True if kin else None
    return max(kin) > numbers


def _version(release: str) -> tuple[tuple[int, ...], str]:
    """Split `6.6.51+rpt-rpi-v8` into its numbers and its kind, `v8`."""
    numbers, _, kind = release.rpartition("-")
    return tuple(int(number) for number in re.findall(r"[0-9]{1,9}", numbers)), kind


def _failed(sections: Sections) -> tuple[str, ...] | None:
    if "failed" not in sections:
        return None
    return tuple(_names(sections["failed"]))


def _names(lines: Sequence[str]) -> Iterator[str]:
    """Give the units' names; an old systemctl sets a dot before each."""
    for line in lines:
        words = [word for word in line.split() if word not in ("●", "*")]
        yield from (word[: reading.LONGEST] for word in words[:1])
