"""inv facts and inv status through the whole program: this computer, practice nodes, what is mistyped."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.cli.conftest import Program
from tests.cli.test_practice import fleet as fleet

TASKS = pytest.mark.parametrize(("task", "member"), [("facts", "facts"), ("status", "health")])


@pytest.fixture(autouse=True)
def local(project: Path) -> None:
    (project / "groups" / "nodes.yaml").write_text(
        "nodes:\n  here: {local: true}\n  red01: {address: 127.0.0.1, port: 9}\n"
    )


def test_this_computer_says_what_it_is(either: Program) -> None:
    done = either("facts", "-w", "here", "--format", "json")
    (row,) = json.loads(done.stdout)["results"]

    assert (0, "1 node: 1 ok\n") == (done.returncode, done.stderr)
    assert (os.uname().release, os.uname().machine) == (row["facts"]["kernel"], row["facts"]["machine"])
    assert ("", "") == (row["stdout"], row["stderr"])


@TASKS
def test_one_row_a_node_and_the_bad_one_says_why(nowfab: Program, task: str, member: str) -> None:
    table, document = (nowfab(task, "-w", "here,red01", *more) for more in ((), ("--format", "json")))
    _, _, here, red01 = table.stdout.splitlines()
    rows = json.loads(document.stdout)["results"]

    assert (4, 4, "2 nodes: 1 ok, 1 unreachable: red01\n") == (
        table.returncode,
        document.returncode,
        table.stderr,
    )
    assert ["here", "ok"] == here.split()[:2]
    assert "red01  unreachable  connection refused: 127.0.0.1 port 9" == red01
    assert (True, None) == (rows[0][member] is not None, rows[1][member])


@TASKS
def test_a_dry_run_looks_at_nobody(nowfab: Program, task: str, member: str) -> None:
    done = nowfab("--dry", task, "-w", "here")

    assert (0, f"dry: would {task} on 1 node: here\n") == (done.returncode, done.stdout)


@TASKS
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("-w", "here", "--format", "stream"), "--format takes table or json here"),
        (("-w", "here", "--format", "yaml"), "--format takes table, json or stream, not `yaml`"),
        (("-g", "rde"), "no group `rde`"),
        ((), "say where: `-g GROUP`"),
        (("-w", "here", "-T", "soon"), "--timeout takes seconds"),
    ],
)
def test_what_is_mistyped_is_told_and_nothing_is_sent(
    nowfab: Program, task: str, member: str, words: tuple[str, ...], sentence: str
) -> None:
    done = nowfab(task, *words)

    assert (1, "") == (done.returncode, done.stdout)
    assert sentence in done.stderr


@TASKS
def test_practice_nodes_answer_and_say_what_they_are(fleet: Program, task: str, member: str) -> None:
    """Their commands run on this computer, so its kernel is theirs."""
    done = fleet(task, "-w", "red[01-02]")
    first, *lines = done.stdout.splitlines()

    assert (0, "2 nodes: 2 ok\n") == (done.returncode, done.stderr)
    assert first.startswith("practice nodes: no sandbox")
    assert [["red01", "ok"], ["red02", "ok"]] == [line.split()[:2] for line in lines[2:]]
