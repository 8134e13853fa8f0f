"""One line says how it went."""

from __future__ import annotations

import pytest

from nowfab.report.summary import summary
from nowfab.results import Report, Result, Status


@pytest.mark.parametrize(
    ("statuses", "said"),
    [
        (
            [Status.OK, Status.FAILED, Status.UNREACHABLE],
            "3 nodes: 1 ok, 1 failed, 1 unreachable: red[02-03]",
        ),
        ([Status.OK], "1 node: 1 ok"),
        ([Status.CHANGED, Status.OK, Status.OK], "3 nodes: 2 ok, 1 changed"),
        ([Status.TIMED_OUT] * 3, "3 nodes: 3 timed-out: red[01-03]"),
        ([], "0 nodes: nothing done"),
    ],
)
def test_the_summary_counts_statuses_and_names_who_is_not_well(statuses: list[Status], said: str) -> None:
    """What is not well is folded, so that it can be pasted behind -w."""
    rows = tuple(Result(f"red0{number}", status) for number, status in enumerate(statuses, 1))

    assert said == summary(Report("", rows))
