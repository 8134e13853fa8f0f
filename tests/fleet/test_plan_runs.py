"""inv plan.status, plan.rollback, plan.keep on real nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from nowfab.inventory.node import Node
from tests.fleet.practice import Fleet, nowfab
from tests.fleet.test_agent import write
from tests.fleet.test_guard import (
    AFTER,
    BEFORE,
    CLEAN,
    NAME,
    OLD,
    PLACE,
    PREPARE,
    SEEN,
    armed,
    awaited,
    status,
)

pytestmark = pytest.mark.timeout(900)


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Node]:
    fleet.inside(NAME, PREPARE)
    yield fleet[NAME]
    fleet.inside(NAME, CLEAN)


def called(fleet: Fleet, task: str, *words: str) -> tuple[int, str, str]:
    """Call a task on the node; give its exit code, and the row's status with what it says."""
    answer = nowfab(fleet.state_home, f"plan.{task}", "-w", NAME, *words, "--format", "json")
    assert answer.stdout, answer.stderr
    (row,) = json.loads(answer.stdout)["results"]
    return answer.returncode, row["status"], row["reason"] or row["stdout"]


def test_a_run_is_seen_and_taken_back_by_hand(node: Node, fleet: Fleet) -> None:
    assert (0, "ok", "no runs\n") == called(fleet, "status")
    run = armed(node, seconds=600)
    awaited(lambda: status(node)["armed"]["state"] == "applied")
    seen = called(fleet, "status")
    back = called(fleet, "rollback", "--run", run)
    found = fleet.inside(NAME, SEEN)
    again, kept = called(fleet, "rollback", "--run", run), called(fleet, "keep", "--run", run)
    after = called(fleet, "status")

    assert (0, "ok") == seen[:2]
    assert seen[2].startswith(f"{run} waits for its confirmation, ")
    assert "s left (applied), `" in seen[2]
    assert (0, "changed", True) == (*back[:2], back[2].startswith("taken back: `")), back
    assert BEFORE == found
    assert (0, "ok", True) == (*again[:2], again[2].startswith("it was taken back before"))
    assert (2, "failed", True) == (*kept[:2], "does not wait: it is reverted" in kept[2])
    assert f"{run} reverted, `" in after[2]


def test_a_run_that_cannot_go_back_is_told_until_it_can(node: Node, fleet: Fleet) -> None:
    """What is in the way, and what is left behind it; the rest is back at once."""
    undo = ["sh", "-c", "echo no way >&2; exit 3"]
    bad = {"do": "run", "argv": ["true"], "undo": undo, "stdin": None}
    inner = write(f"{PLACE}/box/inner", b"x", 2, was=OLD)
    fleet.inside(NAME, f"mkdir {PLACE}/box; echo old >{PLACE}/box/inner")
    run = armed(node, inner, bad, seconds=600)
    awaited(lambda: status(node)["armed"]["state"] == "applied")
    fleet.inside(NAME, f"rm -r {PLACE}/box")
    stuck = called(fleet, "rollback", "--run", run)
    seen, found = called(fleet, "status"), fleet.inside(NAME, SEEN)
    kept = called(fleet, "keep", "--run", run)
    fleet.inside(NAME, f"mkdir {PLACE}/box")
    back, after = called(fleet, "rollback", "--run", run), called(fleet, "status")

    program = "`sh -c echo no way >&2; exit 3` ended with 3: no way"
    gone = f"`{PLACE}/box/inner` cannot be brought back: there is no folder `{PLACE}/box` any more; {program}"
    assert (2, "failed", BEFORE) == (*stuck[:2], found)
    assert f"run {run}: armed: it was taken back by hand" in stuck[2]
    assert stuck[2].endswith(f"it is not as before: {gone}")
    assert (2, "failed", f"run {run} is stuck") == (*seen[:2], seen[2].partition(":")[0])
    assert (seen[2].endswith(gone), kept[:2], "(stuck)" in kept[2]) == (True, (2, "failed"), True)
    assert (2, "failed", True) == (*back[:2], back[2].endswith(f"all files are as before, but {program}")), (
        back
    )
    assert (0, "ok", True) == (*after[:2], f"all files are as before, but {program}\n" in after[2]), after


def test_a_run_is_kept_by_hand(node: Node, fleet: Fleet) -> None:
    """Its first part is enough, which is the same on all nodes."""
    run = armed(node, seconds=600)
    awaited(lambda: status(node)["armed"]["state"] == "applied")
    kept = called(fleet, "keep", "--run", run)
    again, back = called(fleet, "keep", "--run", run), called(fleet, "rollback", "--run", run)

    assert (0, "changed", True) == (*kept[:2], kept[2].startswith("confirmed: `")), kept
    assert (0, "ok", "it was confirmed before\n") == again
    assert (2, "failed", True) == (*back[:2], "does not wait: it is confirmed" in back[2])
    assert AFTER == fleet.inside(NAME, SEEN)
