"""What a node says of its runs is read, and the one that is meant is found."""

from __future__ import annotations

from typing import Any

from nowfab.plan.runs import Run, meant, runs

BASE = "20261123T083412Z-7f3a9c2e"
TOLD: dict[str, Any] = {"title": "sshd", "who": "anna@laptop", "state": "applied", "reason": ""}


def told(run: str, **more: Any) -> dict[str, Any]:
    return {**TOLD, "run": run, "changed": 2, "since": 0.0, "at": None, **more}


def test_the_one_that_waits_comes_last_and_is_told_once() -> None:
    waits = {**TOLD, "run": f"{BASE}-03", "since": 0.0, "seconds": 90, "left": 42.6}
    kept = [
        told("20261122T083412Z-00000000", state="reverted", reason="nobody confirmed it within 90 s"),
        told(f"{BASE}-02"),
        told(f"{BASE}-03", state="armed"),
    ]
    found = runs({"armed": waits, "runs": kept})

    assert [
        "20261122T083412Z-00000000 reverted, `sshd` by anna@laptop: nobody confirmed it within 90 s",
        f"{BASE}-02 applied, 2 changed, `sshd` by anna@laptop",
        f"{BASE}-03 waits for its confirmation, 43 s left (applied), `sshd` by anna@laptop",
    ] == [run.line for run in found]
    assert () == runs({"state": "applied"})


def test_what_a_rollback_left_is_told() -> None:
    """Also of one that still waits, because a path could not be brought back."""
    left = "by hand, by anna@laptop; all files are as before, but `false` ended with 1"
    stuck = (
        "nobody confirmed it within 90 s; it is not as before: `/etc/x` cannot be brought back: it is gone"
    )
    waits = {**TOLD, "run": f"{BASE}-03", "since": 0.0, "seconds": 90, "left": 0.0, "state": "stuck"}
    kept = [told(f"{BASE}-02", state="failed", reason=left)]
    found = runs({"armed": {**waits, "reason": stuck}, "runs": kept})

    assert [
        f"{BASE}-02 failed, `sshd` by anna@laptop: {left}",
        f"{BASE}-03 waits for its confirmation, 0 s left (stuck), `sshd` by anna@laptop: {stuck}",
    ] == [run.line for run in found]


def test_a_part_or_the_whole_of_a_name_means_a_run() -> None:
    """All nodes of a plan have the first part in common; the one that waits is meant before others."""
    found = [
        Run(f"{BASE}-02", "t", "w", "applied", ""),
        Run(f"{BASE}-03", "t", "w", "applied", "", 0, 9.0),
        Run(f"{BASE}-04", "t", "w", "failed", ""),
        Run(f"{BASE[:-1]}f-05", "t", "w", "failed", ""),
    ]

    assert (found[1], found[1]) == (meant(found, BASE), meant(found[:3], f"{BASE}-03"))
    assert (found[0], found[2]) == (meant(found, f"{BASE}-02"), meant([found[0], found[2]], BASE))
    assert (None, None) == (meant(found, BASE[:-1]), meant((), BASE))
