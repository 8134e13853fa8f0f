"""Who reboots or shuts down nodes is asked first, practice nodes refuse, this computer is left out."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from nowfab.cli.power import rank
from nowfab.inventory.node import Node
from tests.cli.conftest import Program, type_into
from tests.cli.test_practice import fleet as fleet

TASKS = pytest.mark.parametrize(
    ("task", "title"), [("reboot-nodes", "reboot"), ("shutdown-nodes", "shut down")]
)
HERE = "this computer is not {} from here; `-x here` leaves it out"


@pytest.fixture(autouse=True)
def local(project: Path) -> None:
    """Have only nodes that a mistake could not harm: this computer, which is left out, and a closed port."""
    (project / "groups" / "nodes.yaml").write_text(
        "nodes:\n  here: {local: true}\n  red01: {address: 127.0.0.1, port: 9}\n"
    )


@TASKS
def test_without_a_terminal_it_takes_a_yes_in_the_line(either: Program, task: str, title: str) -> None:
    done = either(task, "-w", "red01")

    assert (1, "") == (done.returncode, done.stdout)
    assert f"nowfab: `{task}` asks first, and there is no terminal to ask on; say `--yes`\n" == done.stderr


@TASKS
def test_after_a_no_nothing_is_sent(project: Path, tmp_path: Path, task: str, title: str) -> None:
    code, shown = type_into(project, tmp_path, "no\n", task, "-w", "here,red01")

    assert (1, True) == (code, shown.startswith(f"{title} on 2 nodes: here,red01\r\nGo on? (yes/no) "))
    assert "not confirmed; nothing was sent" in shown
    assert "unreachable" not in shown


@TASKS
def test_after_a_yes_each_node_has_its_row(project: Path, tmp_path: Path, task: str, title: str) -> None:
    """This computer's says that it was left out."""
    code, shown = type_into(project, tmp_path, "yes\n", task, "-w", "here,red01")

    assert (4, True, True) == (code, "cancelled" in shown, "unreachable" in shown)


@TASKS
def test_this_computer_is_left_out(nowfab: Program, task: str, title: str) -> None:
    done = nowfab(task, "-w", "here", "--yes", "--format", "json")
    (row,) = json.loads(done.stdout)["results"]
    word = {"reboot": "rebooted", "shut down": "shut down"}[title]

    assert (4, "cancelled", HERE.format(word)) == (done.returncode, row["status"], row["reason"])


@TASKS
def test_dry_asks_nobody_and_needs_no_yes(nowfab: Program, task: str, title: str) -> None:
    done = nowfab("--dry", task, "-w", "here,red01")

    assert (0, f"dry: would {title} on 2 nodes: here,red01\n") == (done.returncode, done.stdout)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("reboot-nodes", "--within", "soon"), "--within takes seconds, such as 2.5 or 30"),
        (("reboot-nodes", "--within", "0"), "--within takes seconds"),
        (("reboot-nodes", "--serial", "two"), "--serial takes"),
        (("reboot-nodes", "--no-sudo", "--ask-sudo"), "`--no-sudo` does without sudo"),
        (("shutdown-nodes", "--no-sudo", "--ask-sudo"), "`--no-sudo` does without sudo"),
        (("reboot-nodes", "--ask-sudo"), "nobody can type the sudo password here"),
        (("wait-up", "--within", "-3"), "--within takes seconds"),
    ],
)
def test_what_is_mistyped_is_told_and_nothing_is_sent(
    nowfab: Program, words: tuple[str, ...], sentence: str
) -> None:
    yes = () if words[0] == "wait-up" else ("--yes",)
    done = nowfab(*words, "-w", "red01", *yes)

    assert (1, "") == (done.returncode, done.stdout)
    assert sentence in done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ("reboot-nodes",),
        ("reboot-nodes", "--wait"),
        ("reboot-nodes", "--serial", "1", "--no-sudo"),
        ("shutdown-nodes",),
        ("shutdown-nodes", "--no-sudo"),
    ],
)
def test_practice_nodes_refuse(fleet: Program, words: tuple[str, ...]) -> None:
    """They are this computer; root, who needs no sudo, is refused, too."""
    done = fleet(*words, "-w", "red[01-02]", "--yes", "--format", "json")
    rows = json.loads(done.stdout)["results"]
    refused = "refused: this is a practice node, its commands run on your own computer\n"

    assert (2, ["failed"] * 2) == (done.returncode, [row["status"] for row in rows])
    assert [True] * 2 == [row["stderr"].endswith(refused) for row in rows]


def test_wait_up_tells_when_each_answered(fleet: Program) -> None:
    done = fleet("wait-up", "-w", "red[01-02]", "--format", "json")
    rows = json.loads(done.stdout)["results"]

    assert 0 == done.returncode
    assert [f"answered after {row['seconds']:.1f} s\n" for row in rows] == [row["stdout"] for row in rows]


def test_wait_up_gives_up_at_its_time(nowfab: Program) -> None:
    began = time.monotonic()
    done = nowfab("wait-up", "-w", "here,red01", "--within", "2", "--format", "json")
    here, red01 = json.loads(done.stdout)["results"]

    assert (4, "ok", "unreachable") == (done.returncode, here["status"], red01["status"])
    assert "not within 2 s: connection refused: 127.0.0.1 port 9" == red01["reason"]
    assert time.monotonic() - began < 15


def test_the_deepest_go_first_and_gateways_last() -> None:
    """Who is behind a gateway that is away can neither be told nor watched."""
    outer = Node("outer")
    inner = Node("inner", via=outer)
    nodes = [outer, Node("alone"), inner, Node("worker", via=inner)]

    assert ["worker", "inner", "outer", "alone"] == [node.name for node in sorted(nodes, key=rank)]
