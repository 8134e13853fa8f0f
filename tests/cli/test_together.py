"""D8: two nowfabs on the same nodes at once are two runs that do not notice each other."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from nowfab import fleet
from nowfab.inventory.node import Node
from tests.cli.conftest import ROOT

NODES = 12
TOGETHER = 4


@pytest.fixture
def strangers(tmp_path: Path, project: Path) -> Iterator[tuple[Node, ...]]:
    """Have nodes whose keys nobody knows, and a project that names them."""
    state = tmp_path / "state"
    nodes = fleet.up(state, state, "embedded", NODES, ())
    lines = [
        f"  pi{number:02}: {{address: {node.address}, port: {node.port}, user: pi, "
        f"identity: {node.identity}}}"
        for number, node in enumerate(nodes)
    ]
    (project / "groups" / "nodes.yaml").write_text("nodes:\n" + "\n".join(lines) + "\n")
    yield nodes
    fleet.down(state)


def test_D8_B6_all_who_accept_new_keys_at_once_lose_none(
    strangers: tuple[Node, ...], project: Path, tmp_path: Path
) -> None:
    """Every run has its rows; known_hosts has every key once, whole, and the user's own line still."""
    ssh = tmp_path / "home" / ".ssh"
    ssh.mkdir(parents=True)
    (ssh / "known_hosts").write_text("# mine, without an end")
    words = ["run", "echo hello", "-w", f"pi[00-{NODES - 1:02}]", "--host-keys", "accept-new"]
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "nowfab", *words, "--format", "stream"],
            cwd=project,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(tmp_path / "home")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(TOGETHER)
    ]
    ends = [(*process.communicate(timeout=90), process.returncode) for process in processes]
    first, *lines = (ssh / "known_hosts").read_text().splitlines()
    known = {line for node in strangers for line in Path(str(node.known_hosts)).read_text().splitlines()}

    assert [0] * TOGETHER == [code for _, _, code in ends], ends
    assert [[f"pi{number:02}: hello" for number in range(NODES)]] * TOGETHER == [
        sorted(out.splitlines()) for out, _, _ in ends
    ]
    assert "# mine, without an end" == first
    assert sorted(line.split()[2] for line in known) == sorted(line.split()[2] for line in lines)
