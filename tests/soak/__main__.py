"""Carry out run after run in one process over nodes with random faults, and see that nothing grows or lies.

`make soak`; MINUTES (10) says for how long, NOWFAB_SEED which faults. Needs Linux and an sshd.
"""

from __future__ import annotations

import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, astuple, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from nowfab import engine
from nowfab.inventory.node import Node
from nowfab.machines.crew import open_crew
from nowfab.machines.options import Options
from nowfab.machines.until import Limit
from nowfab.machines.watch import Watch
from nowfab.results import Result
from nowfab.store.spool import Spool
from nowfab.talk import Talk
from nowfab.work.command import command
from tests.soak import chores, growth, truth, weather
from tests.soak.chores import Chore
from tests.soak.weather import Toxic

NODES = 32
CONNECT = 10.0
SILENCE = 6.0
_LEFT_SECONDS = 30.0
"""After the end of all connections, for what they left running."""


@dataclass
class Soak:
    """What is known of a soak so far; `rows` is a file, so that this process holds nothing of them."""

    folder: Path
    mark: str
    there: Mapping[str, Any]
    nodes: subprocess.Popen[str]
    threads: int
    runs: int = 0
    seen: Counter[str] = field(default_factory=Counter)
    lies: list[str] = field(default_factory=list)
    samples: list[growth.Sample] = field(default_factory=list)

    def run(self, chance: random.Random) -> None:
        """Carry out one run, look at its rows, and at what is left of it here."""
        self.runs += 1
        toxics = weather.draw(list(self.there["ports"]), chance)
        jobs = {name: chores.draw(chance) for name in toxics}
        cancel = chance.uniform(0.05, 2.5) if chance.random() < 0.15 else None
        self._tell(toxics)
        with Spool(self.folder) as spool, closing(Watch()) as watch:
            until = Limit(watch)
            options = Options(self.folder / "home", 64, CONNECT, silence=SILENCE)
            with closing(open_crew(options, spool, watch)) as crew:
                if cancel is not None:
                    watch.after(cancel, partial(until.cancel, "interrupted"))
                nodes = [self._node(name, toxic) for name, toxic in toxics.items()]
                report = engine.carry_out("soak", nodes, self._work(jobs), crew, until)
            self._judge(list(report.results), jobs, toxics, cancel is not None)
        del report, crew, until, nodes  # what this function still holds has not leaked
        self.samples.append(growth.take(self.threads))

    def _tell(self, toxics: Mapping[str, Toxic]) -> None:
        assert self.nodes.stdin is not None
        assert self.nodes.stdout is not None
        self.nodes.stdin.write(json.dumps({name: asdict(toxic) for name, toxic in toxics.items()}) + "\n")
        self.nodes.stdin.flush()
        if not self.nodes.stdout.readline():
            raise SystemExit("the nodes are gone")

    def _node(self, name: str, toxic: Toxic) -> Node:
        there = self.there
        port = there["refused"] if toxic.kind == "refused" else there["ports"][name]
        user, identity, known_hosts = there["user"], there["identity"], there["known_hosts"]
        return Node(name, "127.0.0.1", user, port, identity, fleet="soak", known_hosts=known_hosts)

    def _work(self, jobs: Mapping[str, Chore]) -> Any:
        def talk(node: Node) -> Talk:
            chore = jobs[node.name]
            sign = f"export NOWFAB_SOAK_AT={self._at(node.name)}; printf x >>'{self._ledger(node.name)}'"
            return command(f"{sign}; {chore.script}", chore.timeout)(node)

        return talk

    def _at(self, name: str) -> str:
        return f"{self.runs}-{name}"

    def _ledger(self, name: str) -> Path:
        return self.folder / "ledger" / self._at(name)

    def _judge(
        self, rows: list[Result], jobs: Mapping[str, Chore], toxics: Mapping[str, Toxic], cancelled: bool
    ) -> None:
        if [row.node for row in rows] != list(jobs):
            self.lies.append(f"run {self.runs}: {len(rows)} rows for {len(jobs)} nodes")
        alive = {at for _, at in _processes(self.mark)}
        with (self.folder / "rows").open("a") as kept:
            for row in rows:
                self.seen[row.status.value] += 1
                ran = _size(self._ledger(row.node))
                runs = self._at(row.node) in alive
                wrong = truth.lie(row, jobs[row.node], toxics[row.node], cancelled, ran, runs)
                if wrong:
                    toxic, script = toxics[row.node], jobs[row.node].script
                    self.lies.append(
                        f"{self._at(row.node)} {row.status.value}: {wrong} ({toxic}, `{script}`)"
                    )
                kept.write(f"{self._at(row.node)} {row.status.value}\n")

    def again(self) -> None:
        """Look at the ledger once more: what was late must not belie a row either."""
        for line in (self.folder / "rows").read_text().splitlines():
            at, status = line.split()
            ran = _size(self.folder / "ledger" / at)
            if ran > (status not in truth.NOT_SENT):
                self.lies.append(f"{at} {status}: ran {ran} times in the end")


def main(minutes: float, seed: int) -> int:
    """Soak, print the table; 1 where something grew, lied or stayed."""
    _say(f"NOWFAB_SEED={seed}; {NODES} nodes, {minutes:g} minutes")
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="nowfab-soak-", ignore_cleanup_errors=True) as folder:
        with _started(Path(folder)) as soak:
            until = time.monotonic() + minutes * 60
            while time.monotonic() < until and len(soak.lies) < 20:
                soak.run(chance)
                if soak.runs % 10 == 0:
                    _say(f"{soak.runs} runs, {len(soak.lies)} lies, {soak.samples[-1]}")
        left = _left(soak.mark)
        soak.again()
    return _show(soak, left)


@contextmanager
def _started(folder: Path) -> Iterator[Soak]:
    """Have nodes for as long as the soak takes."""
    for name in ("home", "ledger"):
        (folder / name).mkdir()
    mark = secrets.token_hex(8)
    argv = [sys.executable, "-m", "tests.soak.nodes", str(folder), str(NODES), mark]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as nodes:
        assert nodes.stdin is not None
        assert nodes.stdout is not None
        try:
            there = json.loads(nodes.stdout.readline() or "{}")
            if not there:
                raise SystemExit("the nodes do not start")
            yield Soak(folder, mark, there, nodes, threading.active_count())
        finally:
            nodes.stdin.close()
            nodes.wait(60)


def _left(mark: str) -> list[str]:
    """Wait until nothing of a soak runs on its nodes; give what does all the same."""
    until = time.monotonic() + _LEFT_SECONDS
    while (left := _processes(mark)) and time.monotonic() < until:
        time.sleep(0.2)
    return [f"process {pid} of {at or 'a session'} is left" for pid, at in left]


def _processes(mark: str) -> list[tuple[int, str]]:
    """Find what sshd started: process ids, and of which run and node they are."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if f"NOWFAB_SOAK={mark}".encode() in words:
            at = next((word for word in words if word.startswith(b"NOWFAB_SOAK_AT=")), b"=")
            found.append((int(path.parent.name), at.split(b"=")[1].decode()))
    return found


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _show(soak: Soak, left: list[str]) -> int:
    parts = growth.thirds(soak.samples)
    _say(f"\n{soak.runs} runs, {sum(soak.seen.values())} rows: {dict(sorted(soak.seen.items()))}\n")
    _say("third  threads  descriptors  memory KiB")
    for number, part in enumerate(parts, 1):
        _say("{:>5}  {:>7}  {:>11}  {:>10}".format(number, *astuple(part)))
    if len(soak.samples) < growth.FEWEST:
        _say(f"fewer than {growth.FEWEST} runs: nothing can be said about growth")
    wrong = [*soak.lies, *growth.grown(soak.samples), *left]
    _say("\n" + ("\n".join(wrong) if wrong else "nothing grew, no row lied, nothing was left running"))
    return 1 if wrong else 0


if __name__ == "__main__":
    seed = int(os.environ.get("NOWFAB_SEED") or random.SystemRandom().randrange(10**6))
    sys.exit(main(float(os.environ.get("MINUTES") or 10), seed))
