"""Sum a report up in one line: how many nodes of each status, and which of them are not well."""

from __future__ import annotations

from collections import Counter

from nowfab import names
from nowfab.report.visible import visible
from nowfab.results import GOOD, Report, Status


def summary(report: Report) -> str:
    """Give `3 nodes: 1 ok, 1 failed, 1 unreachable: red[02-03]`."""
    counted = Counter(result.status for result in report.results)
    parts = ", ".join(f"{counted[status]} {status}" for status in Status if counted[status])
    bad = [result.node for result in report.results if result.status not in GOOD]
    which = f": {names.fold(bad)}" if bad else ""
    return visible(f"{nodes(len(report.results))}: {parts or 'nothing done'}{which}")


def nodes(count: int) -> str:
    """Count nodes in words that a person would write."""
    return counted(count, "node")


def counted(count: int, what: str) -> str:
    """Count things whose plural ends in s."""
    return f"{count} {what}{'' if count == 1 else 's'}"
