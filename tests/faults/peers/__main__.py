"""Run every program over every stimulus, print the table, and write it into docs/reliability.md."""

from __future__ import annotations

import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from nowfab.fleet import sshd
from nowfab.inventory.node import Node
from tests.faults.peers import show
from tests.faults.peers.judge import Verdict, verdict
from tests.faults.peers.programs import Program, known
from tests.faults.peers.run import run
from tests.faults.peers.stimuli import TABLE, Stimulus

AT_ONCE = 5


def main(only: list[str]) -> int:
    """Take ids to try only those, which writes no file; 1 when nowfab is not truthful everywhere."""
    sys.stdout.write(show.head([program.name for program in known()]))
    stimuli = [stimulus for stimulus in TABLE if not only or stimulus.id in only]
    programs = known()
    with tempfile.TemporaryDirectory(prefix="nowfab-faults-") as folder:
        nodes = sshd.start(Path(folder) / "sshd", 2)
        try:
            rows = [_row(stimulus, programs, Path(folder), (nodes[0], nodes[1])) for stimulus in stimuli]
        finally:
            sshd.stop(nodes)
    told = list(zip(stimuli, rows, strict=True))
    sys.stdout.write(f"\n{show.summary(programs, rows)}")
    if not only:
        show.write(programs, told)
    return int(any(row[0][0].mark != "truthful" for row in rows))


def _row(
    stimulus: Stimulus, programs: tuple[Program, ...], folder: Path, nodes: tuple[Node, Node]
) -> list[tuple[Verdict, float]]:
    """Let all programs meet a stimulus at once, each one of its own."""

    def one(program: Program) -> tuple[Verdict, float]:
        if program.path is None:
            return Verdict("n.a.", "not installed"), 0.0
        place = folder / f"{TABLE.index(stimulus)}-{program.name}"
        ran = run(program, stimulus, place, nodes)
        return verdict(stimulus.truth, ran), ran.seconds

    with ThreadPoolExecutor(1 if stimulus.alone else AT_ONCE) as pool:
        row = list(pool.map(one, programs))
    sys.stdout.write(show.line(stimulus, row))
    sys.stdout.flush()
    return row


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
