"""The comparison sees what a program did, not only what it says."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from nowfab.inventory.node import Node
from tests.faults.peers.judge import Verdict, verdict
from tests.faults.peers.programs import Heard, Program, Said, known
from tests.faults.peers.run import run
from tests.faults.peers.stimuli import TABLE, Stimulus

LIAR = """
import subprocess, sys
config, command = sys.argv[1:]
for node in ("bad", "good"):
    try:
        subprocess.run(["ssh", "-F", config, node, command], stdout=subprocess.DEVNULL, timeout=5)
    except subprocess.TimeoutExpired:
        continue
"""


def stimulus(words: str) -> Stimulus:
    return next(each for each in TABLE if each.words == words)


@pytest.mark.parametrize(
    "words", ["the port is closed", "exit code 3", "a reset in the middle of the output"]
)
def test_nowfab_tells_the_truth(sshd_nodes: tuple[Node, ...], tmp_path: Path, words: str) -> None:
    """All of them run with `make faults PEERS=1`; a few show here that this works."""
    ran = run(known()[0], stimulus(words), tmp_path / "run", (sshd_nodes[0], sshd_nodes[1]))

    assert Verdict("truthful") == verdict(stimulus(words).truth, ran), ran


@pytest.mark.parametrize(
    ("words", "status", "is_"),
    [
        ("the port is closed", "ok", Verdict("wrong", "says ok")),
        ("the command outlives its 10 s", "failed", Verdict("wrong", "it goes on running")),
    ],
)
def test_a_liar_is_found_out(
    sshd_nodes: tuple[Node, ...], tmp_path: Path, words: str, status: str, is_: Verdict
) -> None:
    """A check that nobody can fail says nothing."""

    def read(heard: Heard, node: str) -> Said:
        return Said("ok" if node == "good" else status, words="stopped")  # type: ignore[arg-type]

    liar = Program("liar", sys.executable, (), lambda *words: [], read)
    liar = replace(
        liar,
        words=lambda path, folder, command, seconds: [
            path,
            "-c",
            LIAR,
            f"{folder}/config",
            f"{command}; false",
        ],
    )
    ran = run(liar, stimulus(words), tmp_path / "run", (sshd_nodes[0], sshd_nodes[1]))

    assert is_ == verdict(stimulus(words).truth, replace(ran, exit_code=1)), ran
