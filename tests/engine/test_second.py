"""What nodes do second is done by those that ended well, and one row tells of both."""

from __future__ import annotations

from collections.abc import Sequence

from nowfab import engine
from nowfab.inventory.node import Node
from nowfab.results import Changed, Report, Result, Status

NODES = tuple(Node(name) for name in ("red01", "red02", "red03"))
MADE, MORE = Changed("made"), Changed("more")
UNTOLD = "it was not looked at"


def run(first: Sequence[Result], second: Sequence[Result]) -> tuple[list[str], Report]:
    asked: list[str] = []

    def go(nodes: Sequence[Node]) -> Report:
        asked.extend(node.name for node in nodes)
        return Report("second", tuple(row for row in second if row.node in asked))

    report = engine.followed_by(go, Report("first", tuple(first)), NODES, UNTOLD)
    return asked, report


def row(node: int, status: Status, *changes: Changed, reason: str = "") -> Result:
    return Result(f"red0{node}", status, seconds=2.0, changes=changes, reason=reason, attempts=1)


def test_who_did_not_end_well_has_no_second_turn() -> None:
    first = [row(1, Status.CHANGED, MADE), row(2, Status.FAILED, reason="no"), row(3, Status.OK)]
    asked, report = run(first, [row(1, Status.OK), row(3, Status.CHANGED, MORE)])

    assert ["red01", "red03"] == asked
    assert ("first", first[1]) == (report.title, report.results[1])
    assert [(Status.CHANGED, (MADE,)), (Status.CHANGED, (MORE,))] == [
        (each.status, each.changes) for each in (report.results[0], report.results[2])
    ]
    assert [4.0, 2.0, 4.0] == [each.seconds for each in report.results]


def test_what_was_changed_first_is_told_however_the_second_ended() -> None:
    first = [row(1, Status.CHANGED, MADE), row(2, Status.OK), row(3, Status.CHANGED, MADE)]
    lost = row(1, Status.LOST, reason="went down")
    _, report = run(first, [lost, row(2, Status.OK), row(3, Status.CHANGED, MORE)])

    assert [
        (Status.LOST, (MADE,), "went down"),
        (Status.OK, (), ""),
        (Status.CHANGED, (MADE, MORE), ""),
    ] == [(each.status, each.changes, each.reason) for each in report.results]


def test_a_turn_that_never_came_is_no_cancelled_row() -> None:
    """It would say that nothing was sent; and all is well it is not either."""
    first = [row(1, Status.CHANGED, MADE), row(2, Status.UNREACHABLE), row(3, Status.UNREACHABLE)]
    _, report = run(first, [row(1, Status.CANCELLED, reason="stopped by Ctrl-C")])

    assert (Status.FAILED, (MADE,), f"{UNTOLD}: stopped by Ctrl-C") == (
        report.results[0].status,
        report.results[0].changes,
        report.results[0].reason,
    )


def test_where_nobody_ended_well_nobody_is_asked_again() -> None:
    first = [row(number, Status.UNREACHABLE) for number in (1, 2, 3)]
    asked, report = run(first, [])

    assert ([], tuple(first)) == (asked, report.results)
