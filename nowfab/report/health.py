"""Show how nodes are: a row for each, what is unknown as a dash."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from nowfab.facts import health, material
from nowfab.facts.health import Health
from nowfab.report.across import UNKNOWN, Column, lay, share
from nowfab.report.table import Table
from nowfab.results import GOOD, Report, Result

COLUMNS = (
    Column("up", right=True),
    Column("load", right=True),
    Column("memory", right=True),
    Column("disk", right=True),
    Column("°C", right=True),
    Column("reboot"),
    Column("failed", right=True),
    Column("throttled", least=9),
)

_DAY, _HOUR, _MINUTE = 86_400, 3600, 60


def rows(report: Report, columns: int | None) -> Table:
    """Lay the healths out for a terminal of `columns`, None for no terminal."""
    return lay(COLUMNS, [(one, _cells(told(one))) for one in report.results], columns)


def members(result: Result) -> Mapping[str, object]:
    """Give what is JSON's own of a row: `health`, null where the node did not tell it."""
    found = told(result)
    return {"health": None if found is None else asdict(found)}


def told(result: Result) -> Health | None:
    """Read a row's output."""
    sections = material.cut(result.stdout.head(material.LONGEST)) if result.status in GOOD else None
    return None if sections is None else health.read(sections)


def _cells(found: Health | None) -> tuple[str, ...]:
    if found is None:
        return ()
    total, free = found.memory, found.memory_free
    return (
        _up(found.up),
        UNKNOWN if found.load is None else f"{found.load[0]:.2f}",
        share(None if total is None or free is None else total - free, total),
        _full(found),
        UNKNOWN if found.temperature is None else f"{found.temperature:.1f}",
        {True: "due", False: "no", None: UNKNOWN}[found.reboot],
        UNKNOWN if found.failed is None else str(len(found.failed)),
        _throttled(found),
    )


def _full(found: Health) -> str:
    """Say how full the disk is for those who are not root, as `df` does."""
    used, free = found.disk_used, found.disk_free
    return UNKNOWN if used is None or free is None else share(used, used + free)


def _up(seconds: float | None) -> str:
    """Write a long time by its two largest units: `3d04h`, `4h09m`, `7m`."""
    if seconds is None:
        return UNKNOWN
    whole = int(seconds)
    if whole >= _DAY:
        return f"{whole // _DAY}d{whole % _DAY // _HOUR:02}h"
    if whole >= _HOUR:
        return f"{whole // _HOUR}h{whole % _HOUR // _MINUTE:02}m"
    return f"{whole // _MINUTE}m"


def _throttled(found: Health) -> str:
    """Say what holds now, and what has been before and does no more."""
    now, before = found.throttled, found.was_throttled
    if now is None or before is None:
        return UNKNOWN
    past = [word for word in before if word not in now]
    parts = [", ".join(now)] * bool(now) + [f"was: {', '.join(past)}"] * bool(past)
    return "; ".join(parts) or "no"
