"""Hold nowfab's figures against what it must reach beside its peers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bench.show import Figures
from bench.works import CONNECT_TIMEOUT

MUST = (
    ("a-500", "wall", 1.0, "asyncssh"),
    ("a-500", "wall", 0.5, "clush"),
    ("a-500", "wall", 0.5, "pdsh"),
    ("a-500", "cpu", 0.9, "asyncssh"),
    ("b", "cpu", 1.3, "asyncssh"),
    ("b", "cpu", 0.15, "fabric"),
    ("c", "wall", 0.9, "asyncssh"),
    ("c", "wall", 0.5, "pdsh"),
)
"""The work, what is compared, at most how many times the peer's, the peer."""

MEMORY = 100e6
"""Bytes, for the work `c`."""
START = 0.45
"""Seconds more than ssh itself, for the work `d`."""


def lines(figures: Sequence[Figures]) -> Iterator[str]:
    """Give a line for each target that these figures can tell of."""
    have = {(row.work, row.peer): row for row in figures}
    for work, what, most, peer in MUST:
        ours, theirs = have.get((work, "nowfab")), have.get((work, peer))
        if ours and theirs:
            ratio = getattr(ours, what) / getattr(theirs, what)
            yield _line(work, f"{what} ≤ {most} × {peer}", f"{ratio:.2f}", ratio <= most)
    for row in figures:
        if row.peer == "nowfab":
            yield _line(row.work, "no node failed", str(row.failures), row.failures == 0)
    c, d, e = (have.get((work, "nowfab")) for work in "cde")
    if c:
        yield _line("c", "peak memory ≤ 100 MB", f"{c.memory / 1e6:.0f} MB", c.memory <= MEMORY)
    if d and (ssh := have.get(("d", "ssh"))):
        more = d.wall - ssh.wall
        yield _line("d", f"≤ {START} s more than ssh", f"{more:.2f} s", more <= START)
    if e and (a := have.get(("a-500", "nowfab"))):
        most = CONNECT_TIMEOUT + 1.5 * a.wall
        yield _line(
            "e", f"wall ≤ connect deadline + 1.5 × a-500 = {most:.1f} s", f"{e.wall:.1f} s", e.wall <= most
        )


def _line(work: str, target: str, found: str, reached: bool) -> str:
    return f"{'reached' if reached else 'MISSED':8} {work:6} {target}: {found}"
