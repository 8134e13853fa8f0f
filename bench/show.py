"""Make tables of the runs: medians, and how many times nowfab's each one is."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.runs import Run
from bench.schedule import LIMIT
from bench.works import Work

HEAD = ("peer", "rounds", "wall s", "× nowfab", "CPU ms/node", "× nowfab", "peak MB", "failures")


@dataclass(frozen=True, slots=True)
class Figures:
    """One peer on one work: medians of wall and CPU seconds, the most bytes and failures of any round."""

    work: str
    peer: str
    rounds: int
    wall: float
    cpu: float
    memory: int
    failures: int
    cut: bool


def figures(runs: Sequence[Run]) -> list[Figures]:
    """Sum the runs up, in the order in which each work and peer first came."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((run.work, run.peer), []).append(run)
    return [
        Figures(
            *pair,
            rounds=len(group),
            wall=statistics.median(run.wall for run in group),
            cpu=statistics.median(run.cpu for run in group),
            memory=max(run.memory for run in group),
            failures=max(run.failures for run in group),
            cut=any(run.cut for run in group),
        )
        for pair, group in groups.items()
    ]


def tables(works: Sequence[Work], all_figures: Sequence[Figures]) -> Iterator[str]:
    """Give the lines of a table per work, in Markdown, nowfab first and then the fastest."""
    for work in works:
        mine = [row for row in all_figures if row.work == work.name]
        if not mine:
            continue
        ours = next((row for row in mine if row.peer == "nowfab"), None)
        mine.sort(key=lambda row: (row.peer != "nowfab", row.cut, row.wall))
        rows = [HEAD, *(_row(row, ours, len(work.targets)) for row in mine)]
        widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
        lines = [_line(row, widths) for row in rows]
        rule = "|".join(["", "-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:]), ""])
        fanout = f", fan-out {work.fanout}" if work.fanout > 1 else ""
        yield from (f"({work.name}) {work.title}{fanout}", "", lines[0], rule, *lines[1:], "")


def _row(row: Figures, ours: Figures | None, nodes: int) -> tuple[str, ...]:
    wall = (
        f"> {LIMIT:.0f}"
        if row.cut and row.wall >= LIMIT
        else f"> {row.wall:.0f}"
        if row.cut
        else f"{row.wall:.2f}"
    )
    return (
        row.peer,
        str(row.rounds),
        wall,
        _ratio(row.wall, ours.wall if ours else None),
        f"{1000 * row.cpu / nodes:.1f}",
        _ratio(row.cpu, ours.cpu if ours else None),
        f"{row.memory / 1e6:.0f}",
        str(row.failures) if row.failures else "–",
    )


def _ratio(theirs: float, ours: float | None) -> str:
    return f"{theirs / ours:.2f}" if ours else ""


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    first = row[0].ljust(widths[0])
    return "| " + " | ".join([first, *map(str.rjust, row[1:], widths[1:])]) + " |"
