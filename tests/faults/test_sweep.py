"""C11: wherever a connection is cut, a command runs at most once, and its row tells what is known.

Some cuts are tried in a normal run; with NOWFAB_SWEEP=1 (`make sweep`) every byte of both directions.
"""

from __future__ import annotations

import os
import random
import sys
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from nowfab.inventory.node import Node
from nowfab.results import Result, Status
from nowfab.talk import Talk
from nowfab.work.command import command
from tests.faults.conftest import through
from tests.faults.loop import Loop
from tests.faults.relay import Relay, Toxics, Way
from tests.machines.conftest import Controller

SAMPLE = 24
TOGETHER = 24
"""Connections at once."""

GIVEN = os.environ.get("NOWFAB_SEED")
"""Read before the tests are given an environment of their own, as WHOLE is."""

WHOLE = os.environ.get("NOWFAB_SWEEP") == "1"


@dataclass(frozen=True, slots=True)
class Cut:
    """After which byte of which direction, with a reset or an end, and whether a retry is left alone."""

    way: Way
    byte: int
    reset: bool
    once: bool

    @property
    def toxics(self) -> Toxics:
        """Say it to a relay."""
        return Toxics(reset_peer=self.byte) if self.reset else Toxics(limit_data=self.byte)


def chosen(passed: dict[Way, int], chance: random.Random) -> list[Cut]:
    """Give all cuts of a session of so many bytes, or a sample with as many of each direction."""
    ways: tuple[Way, Way] = ("up", "down")
    return [
        Cut(way, byte, chance.random() < 0.5, chance.random() < 0.5)
        for way in ways
        for byte in (
            range(1, passed[way] + 1)
            if WHOLE
            else sorted(chance.sample(range(1, passed[way] + 1), SAMPLE // 2))
        )
    ]


@dataclass(frozen=True, slots=True)
class Session:
    """A short session with one node, which counts in a file how often the command ran there."""

    controller: Controller
    node: Node
    folder: Path

    def measured(self) -> dict[Way, int]:
        """Give the bytes of a session that nobody cuts."""
        loop = Loop()
        try:
            _, passed = self._through(loop, [Cut("up", 10**9, reset=False, once=False)])
        finally:
            loop.close()
        return passed

    def cut(self, cuts: list[Cut]) -> list[tuple[Cut, Result]]:
        """Hold one session for each cut, all at once, and give their rows."""
        loop = Loop()
        try:
            rows, _ = self._through(loop, cuts)
        finally:
            loop.close()
        return rows

    def ran(self, row: Result) -> int:
        """Give how often the command of this row ran."""
        counter = self.folder / row.node
        return counter.stat().st_size if counter.exists() else 0

    def _through(self, loop: Loop, cuts: list[Cut]) -> tuple[list[tuple[Cut, Result]], dict[Way, int]]:
        nodes = []
        relays = []
        for cut in cuts:
            relay = Relay(loop, str(self.node.address), self.node.port or 0, 1 if cut.once else None)
            relay.toxics[cut.way] = cut.toxics
            relays.append(relay)
            name = f"{cut.way}-{cut.byte}-{'reset' if cut.reset else 'end'}"
            nodes.append(replace(through(self.node, relay, self.folder), name=name))
        report = self.controller.run(nodes, self._count, connect_timeout=30.0)
        crew, watch = self.controller.crews.pop()
        crew.close()
        watch.close()
        return list(zip(cuts, report.results, strict=True)), relays[0].passed

    def _count(self, node: Node) -> Talk:
        return command(f"printf x >> '{self.folder / node.name}'; echo done")(node)


def wrong(row: Result, ran: int) -> bool:
    """Say whether a row and the number of times that its command ran contradict each other.

    A cut is nobody's refusal, and nobody cancelled anything.
    """
    if row.status is Status.UNREACHABLE:
        return ran != 0
    if row.status is Status.OK:
        return (ran, row.exit_code) != (1, 0) or row.stdout.head(99) != b"done\n"
    return row.status is not Status.LOST or ran > 1


@pytest.mark.timeout(3600 if WHOLE else 120)
def test_C11_no_cut_makes_a_command_run_twice_or_a_row_lie(
    controller: Controller, sshd_nodes: tuple[Node, ...], tmp_path: Path
) -> None:
    """Whoever runs `reboot` or `apt upgrade` over a bad network must be able to trust the row."""
    seed = int(GIVEN or random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"NOWFAB_SEED={seed}\n")
    session = Session(controller, sshd_nodes[0], tmp_path)
    passed = session.measured()
    cuts = chosen(passed, random.Random(seed))
    rows = [
        each
        for first in range(0, len(cuts), TOGETHER)
        for each in session.cut(cuts[first : first + TOGETHER])
    ]
    lies = [(cut, row, session.ran(row)) for cut, row in rows if wrong(row, session.ran(row))]
    sys.stdout.write(f"bytes: {passed}; rows: {dict(Counter(row.status.value for _, row in rows))}\n")

    assert [] == [(cut, row.status, row.reason, ran) for cut, row, ran in lies]
    assert len(cuts) == len(rows)
