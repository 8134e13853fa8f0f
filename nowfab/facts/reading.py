"""Read values out of what a node said; what is not one is None, which means unknown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from nowfab.facts.material import Sections

LONGEST = 200
"""Characters of a text that are kept."""

KIB = 1024

_WHOLE = re.compile(r"[0-9]{1,15}")
_POINT = re.compile(r"[0-9]{1,12}(\.[0-9]{1,9})?")
_SETTING = re.compile(r"""([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))""")


def first(sections: Sections, name: str) -> str | None:
    """Give the first line of a section."""
    lines = sections.get(name, ())
    return lines[0][:LONGEST] if lines else None


def whole(text: str | None) -> int | None:
    """Read a whole number, not negative."""
    return int(text) if text is not None and _WHOLE.fullmatch(text) else None


def point(text: str | None) -> float | None:
    """Read a number with or without a point, not negative."""
    return float(text) if text is not None and _POINT.fullmatch(text) else None


def settings(lines: Iterable[str]) -> dict[str, str]:
    """Read lines of os-release(5), NAME=VALUE with or without quotes; empty values are left out."""
    found = (_SETTING.fullmatch(line) for line in lines)
    pairs = ((one[1], one[2] or one[3] or one[4] or "") for one in found if one)
    return {name: value[:LONGEST] for name, value in pairs if value}


def memory(lines: Iterable[str], name: str) -> int | None:
    """Give the bytes behind a name of /proc/meminfo."""
    for line in lines:
        words = line.split()
        if len(words) == 3 and words[0] == f"{name}:" and words[2] == "kB":
            kib = whole(words[1])
            return None if kib is None else kib * KIB
    return None


def disk(lines: Sequence[str]) -> tuple[int | None, int | None, int | None]:
    """Give size, used and available bytes of the one file system in `df -Pk`.

    The name of a device may hold spaces, so the numbers are looked for.
    """
    found = (
        re.search(r"\s([0-9]{1,15})\s+([0-9]{1,15})\s+([0-9]{1,15})\s+[0-9]{1,3}%\s", lines[-1])
        if lines
        else None
    )
    if found is None or len(lines) < 2:
        return None, None, None
    size, used, free = (int(number) * KIB for number in found.groups())
    return (size, used, free) if used <= size and free <= size else (None, None, None)


def count(text: str | None) -> int | None:
    """Count what a list of ranges such as `0-3,6` names, as the kernel writes its processors."""
    total = 0
    for part in (text or "").split(","):
        low, dash, high = part.partition("-")
        begin, end = whole(low), whole(high if dash else low)
        if begin is None or end is None or not begin <= end < 100_000:
            return None
        total += end - begin + 1
    return total
