"""C15 to C17: what nodes print reaches the screen and the pipe through the whole program, made safe."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from nowfab.inventory.node import Node

ROOT = Path(__file__).parent.parent.parent
ATTACKS = {
    "a title": r"\033]0;owned\007",
    "a cleared screen": r"\033[2J",
    "a clipboard": r"\033]52;c;ZXZpbA==\007",
    "a link": r"\033]8;;http://evil\033\\",
    "a device string": r"\033Pq#0\033\\",
    "a C1 control": r"\302\2332J",
    "a lone byte of C1": r"\2332J",
    "a return": r"safe\rred09: ok",
    "a backspace": r"safe\010\010\010\010evil",
    "a reversed order": r"\342\200\256live",
    "a space without width": r"a\342\200\213b",
}
Show = Callable[..., subprocess.CompletedProcess[bytes]]


@pytest.fixture
def show(tmp_path: Path, sshd_nodes: tuple[Node, ...]) -> Show:
    """Give a function that runs a command on the first three nodes, in a process of its own."""
    (tmp_path / "groups").mkdir()
    entries = "".join(
        f"  {node.name}: {{address: {node.address}, port: {node.port}, identity: {node.identity}}}\n"
        for node in sshd_nodes
    )
    (tmp_path / "groups" / "nodes.yaml").write_text(
        f"defaults: {{user: {sshd_nodes[0].user}}}\nnodes:\n{entries}"
    )
    (tmp_path / "home" / ".ssh").mkdir(parents=True)
    known_hosts = Path(str(sshd_nodes[0].known_hosts)).read_bytes()
    (tmp_path / "home" / ".ssh" / "known_hosts").write_bytes(known_hosts)

    def run(command: str, *words: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, "-m", "nowfab", "run", command, "-w", "red[01-03]", *words],
            cwd=tmp_path,
            env={**os.environ, "HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
        )

    return run


@pytest.mark.parametrize("format", ["table", "stream", "json"])
def test_C15_nothing_that_a_terminal_would_obey_comes_through(show: Show, format: str) -> None:
    """A node that was broken into must not type into the shell of its administrator."""
    both = "; ".join(f"printf '{attack}\\n'; printf '{attack}\\n' >&2" for attack in ATTACKS.values())
    done = show(both, "--format", format)
    shown = done.stdout.decode() + done.stderr.decode()

    assert 0 == done.returncode
    assert "red03" in shown
    assert [] == [character for character in shown if not character.isprintable() and character != "\n"]


def test_C16_no_line_can_pretend_to_be_of_another_node(show: Show) -> None:
    """Each line begins with the node that it came from, whatever it says."""
    done = show(r"printf 'ok\rred09: ok\nred09: ok\nred09 failed exit 1\n\vred09: ok'", "--format", "stream")
    lines = done.stdout.decode().splitlines()

    assert 0 == done.returncode
    assert 12 == len(lines)
    assert [] == [line for line in lines if not re.match(r"red0[123]: ", line)]


def test_C17_a_storm_on_both_outputs_keeps_whole_lines_in_order(show: Show) -> None:
    """Three nodes write to both outputs at once; each line must stay one, and each stream in order."""
    count = 3000
    line = f"i=0; while [ $i -lt {count} ]; do echo out $i end; echo err $i end >&2; i=$((i+1)); done"
    done = show(line, "--format", "stream")
    expected = [f"{stream} {number} end" for stream in ("out", "err") for number in range(count)]
    lines = done.stdout.decode().splitlines() + done.stderr.decode().splitlines()

    assert 0 == done.returncode
    for name in ("red01", "red02", "red03"):
        out = [each.removeprefix(f"{name}: ") for each in lines if each.startswith(f"{name}: ")]
        mark = f"{name} stderr: "
        err = [each.removeprefix(mark) for each in lines if each.startswith(mark)]
        assert expected == out + err
