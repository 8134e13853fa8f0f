"""A node starts anew where it says that this is due, and its row says what came of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.results import Changed, Status
from nowfab.talk import Ending, Outcome
from nowfab.work.reboot_if_due import reboot_if_due
from tests.work.test_power import NEW, OLD, TOLD, away, boot, gone, played, start

WORK = reboot_if_due(start, 60.0)
DUE = "required\n yes\n"
NEWER = "kernel\n 6.6.31+rpt-rpi-v8\nmodules\n 6.6.31+rpt-rpi-v8\n 6.6.51+rpt-rpi-v8\n"
SAME = "kernel\n 6.6.51+rpt-rpi-v8\nmodules\n 6.6.51+rpt-rpi-v8\n"


def said(sections: str) -> Outcome:
    whole = f"\nnowfab-facts-1\n{sections}\nend\n".encode()
    return Outcome(Ending.EXITED, 0, stdout=MemoryBlob(whole), seconds=0.5)


@pytest.mark.parametrize("sections", [DUE, NEWER, DUE + SAME])
def test_where_it_is_due_the_node_is_rebooted_and_the_row_says_so(sections: str) -> None:
    _, row = played(WORK, [said(sections), boot(OLD), TOLD, gone(4.0), boot(NEW, 31.0)])

    assert (Status.CHANGED, (Changed("rebooted, and back after 35 s"),), "") == (
        row.status,
        row.changes,
        row.reason,
    )
    assert 35.5 == row.seconds


@pytest.mark.parametrize("sections", [SAME, "kernel\n 6.1.0-amd64\n", ""])
def test_where_it_is_not_due_or_nobody_knows_nothing_more_is_sent(sections: str) -> None:
    """In a container there is no kernel to compare; `inv status` says `unknown` there."""
    execs, row = played(WORK, [said(sections)])

    assert (1, Status.OK, ()) == (len(execs), row.status, row.changes)


def test_a_node_that_does_not_come_back_is_lost() -> None:
    _, row = played(WORK, [said(DUE), boot(OLD), TOLD, gone(), away(57.0)])

    assert (Status.LOST, "went down and is not back within 60 s: connection refused", ()) == (
        row.status,
        row.reason,
        row.changes,
    )


REFUSED = Outcome(Ending.EXITED, 1, stderr=MemoryBlob(b"Welcome\nsudo: a password is required\n"))


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        ([boot(OLD), REFUSED], "a reboot is due: sudo: a password is required"),
        ([away(9.0)], "a reboot is due, and was not made: connection refused"),
        ([boot(OLD), TOLD, *[boot(OLD, 20.0)] * 3], "a reboot is due: was told to reboot, and has not gone"),
    ],
)
def test_a_reboot_that_was_not_made_says_that_it_is_due(outcomes: list[Outcome], reason: str) -> None:
    """`unreachable` would say that nothing was ever sent to the node, and something was."""
    _, row = played(WORK, [said(DUE), *outcomes])

    assert (Status.FAILED, True) == (row.status, row.reason.startswith(reason)), row.reason


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (away(9.0), "connection refused"),
        (gone(), "connection lost"),
        (Outcome(Ending.EXITED, 0), "what came is no answer"),
        (replace(TOLD, code=127), "it ended as failed"),
    ],
)
def test_what_cannot_be_looked_at_is_not_rebooted(outcome: Outcome, reason: str) -> None:
    execs, row = played(WORK, [outcome])

    assert (1, Status.FAILED, True) == (
        len(execs),
        row.status,
        row.reason.startswith(f"whether a reboot is due is not known: {reason}"),
    ), row.reason
