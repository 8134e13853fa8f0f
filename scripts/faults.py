"""Run every test that carries an id of the fault catalogue, and show what holds, id by id.

With `--peers` nowfab and its peers are put beside each other afterwards, as far as a stimulus can be
given to all of them (tests/faults/peers). The other words on the line go to pytest; the exit code
is pytest's own, or 1 where nowfab was not truthful.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CATALOGUE = {"A": 18, "B": 15, "C": 23, "D": 14, "E": 9}
"""Each part's letter, and how many faults it has: reaching, identity, running, the operator's side, files."""

PEERS = "--peers"

_NAMED = re.compile(r"(?:::test_|\[)(?P<ids>(?:[A-E]\d+_)+)(?P<holds>[^\[\]]+)")


@dataclass(frozen=True, slots=True)
class Fault:
    """What a test says by its name."""

    ids: tuple[str, ...]
    holds: str


def fault(test: str) -> Fault | None:
    """Read a test's name, or its parameter's: `test_A3_B1_it_holds` is of A3 and of B1."""
    found = _NAMED.search(test)
    if found is None:
        return None
    return Fault(tuple(found["ids"].rstrip("_").split("_")), found["holds"].replace("_", " "))


@dataclass(slots=True, eq=False)
class Tally:
    """Choose the tests for pytest, and remember how each ended; the worst of its phases counts."""

    ends: dict[str, str] = field(default_factory=dict)

    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Leave out every test without an id."""
        config.hook.pytest_deselected(items=[item for item in items if fault(item.nodeid) is None])
        items[:] = [item for item in items if fault(item.nodeid) is not None]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take one phase of a test."""
        if report.outcome != "passed" or report.nodeid not in self.ends:
            self.ends[report.nodeid] = report.outcome


def drawn(ends: dict[str, str]) -> str:
    """Draw a line per id and sentence, then what is left out, then the sum."""
    told: dict[tuple[str, str], Counter[str]] = {}
    for test, end in ends.items():
        named = fault(test)
        for id in named.ids if named else ():
            told.setdefault((id, named.holds if named else ""), Counter())[end] += 1
    rows = sorted((_order(id), id, holds, _verdict(counts)) for (id, holds), counts in told.items())
    wide = max((len(holds) for _, _, holds, _ in rows), default=0)
    lines = [f"{id:3}  {holds:{wide}}  {verdict}" for _, id, holds, verdict in rows]
    untold = [id for id in all_ids() if id not in {id for _, id, _, _ in rows}]
    good = sum(end == "passed" for end in ends.values())
    skipped = sum(end == "skipped" for end in ends.values())
    lines += [
        "",
        *([f"no test: {', '.join(untold)}"] if untold else []),
        f"{good}/{len(ends)} hold" + (f", {skipped} skipped" if skipped else ""),
    ]
    return "".join(f"{line}\n" for line in [f"{'id':3}  {'what holds':{wide}}  nowfab", *lines])


def all_ids() -> Iterable[str]:
    """Give the catalogue's ids in its order."""
    return (f"{letter}{number}" for letter, last in CATALOGUE.items() for number in range(1, last + 1))


def _order(id: str) -> tuple[str, int]:
    return id[0], int(id[1:])


def _verdict(counts: Counter[str]) -> str:
    for end in ("failed", "skipped"):
        if counts[end]:
            return f"{end} {counts[end]}/{counts.total()}" if counts.total() > 1 else end
    return "holds"


def main(arguments: list[str]) -> int:
    """Run the tests, then the peers if wanted; 0 when all that ran hold."""
    words = [word for word in arguments if word != PEERS]
    tally = Tally()
    code = int(pytest.main(["-q", "--no-header", f"--rootdir={ROOT}", *words], plugins=[tally]))
    sys.stdout.write("\n" + drawn(tally.ends) + "\n")
    if PEERS in arguments:
        sys.stdout.flush()
        beside = subprocess.run([sys.executable, "-m", "tests.faults.peers"], cwd=ROOT)
        code = code or beside.returncode
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
