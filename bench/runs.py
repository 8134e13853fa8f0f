"""Run one peer on one work, measured and checked."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import answers
from bench.nodes import Nodes
from bench.peers import Peer
from bench.works import Work

MEASURE = Path(__file__).with_name("measure.py")


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took: seconds, seconds of CPU of the whole process tree, bytes, nodes that failed.

    `load` is the box's load average before it; `said` the end of its standard error where nodes failed.
    """

    work: str
    peer: str
    round: int
    wall: float
    cpu: float
    memory: int
    code: int
    cut: bool
    failures: int
    load: float
    said: str = ""


def run(peer: Peer, work: Work, nodes: Nodes, folder: Path, number: int, limit: float) -> Run:
    """Run it in a folder of its own, at most `limit` seconds; the folder goes when it is read."""
    assert peer.program is not None
    out = folder / f"{work.name}-{peer.name}"
    (out / "nodes").mkdir(parents=True)
    (out / "hosts").write_text("".join(f"{address}\n" for address in work.targets))
    call = peer.prepare(peer.program, nodes, work, out)
    load = os.getloadavg()[0]
    words = [sys.executable, "-IS", str(MEASURE), str(limit), f"{out}/stdout", f"{out}/stderr", *call.words]
    took = measured(words, out, {**environment(nodes), **call.environment})
    failed = _failures(peer, work, out, took["code"], took["cut"])
    said = (out / "stderr").read_text(errors="replace")[-500:] if failed else ""
    shutil.rmtree(out)
    return Run(work.name, peer.name, number, **took, failures=failed, load=round(load, 2), said=said)


def measured(words: list[str], folder: Path, environment: dict[str, str]) -> dict[str, Any]:
    """Give what bench/measure.py says; when we are ended, it is asked to end what it runs."""
    process = subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.PIPE)
    try:
        said, _ = process.communicate()
    except BaseException:
        process.terminate()
        process.wait()
        raise
    took: dict[str, Any] = json.loads(said)
    return took


def _failures(peer: Peer, work: Work, out: Path, code: int, cut: bool) -> int:
    try:
        return answers.failures(work, peer.read(work, out), code)
    except (ValueError, KeyError, OSError):
        return len(work.alive)  # nothing that can be read


def environment(nodes: Nodes) -> dict[str, str]:
    """Give all peers the same home and no agent, no settings of this user and no terminal."""
    names = ("PATH", "LANG", "LC_ALL", "TMPDIR")
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {"LC_ALL": "C.UTF-8"} | kept | {"HOME": str(nodes.home), "TERM": "dumb"}
