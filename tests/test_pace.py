"""What was typed about the pace of a run is read once, or told in one sentence."""

from __future__ import annotations

import pytest

from nowfab import pace, settings
from nowfab.errors import UsageError
from nowfab.pace import Pace, Share


def test_sizes_are_nodes_or_parts_of_a_hundred() -> None:
    """A canary, then a few, then a quarter at a time."""

    assert (Share(1), Share(5), Share(25, percent=True)) == pace.sizes("1,5,25%")


def test_a_part_of_a_node_is_none() -> None:
    """Ten of a hundred of 25 nodes may fail: that is two, not three."""

    assert [2, 0, 25, 3] == [
        Share(10, percent=True).of(25),
        Share(1, percent=True).of(25),
        Share(100, percent=True).of(25),
        Share(3).of(25),
    ]


@pytest.mark.parametrize("typed", ["", "0", "1,,2", "-1", "1.5", "101%", "0%", "%", "all", "٣", "9999999"])
def test_no_other_size_is_taken(typed: str) -> None:
    """A slip must not become one wave of everything."""
    with pytest.raises(UsageError, match="--serial takes nodes or a percentage"):
        pace.sizes(typed)


def test_the_first_failure_ends_the_run_or_a_number_does() -> None:
    """Both at once would leave open which one counts."""

    assert [None, Share(0), Share(0), Share(3)] == [
        pace.max_fail(None, fail_fast=False),
        pace.max_fail(None, fail_fast=True),
        pace.max_fail("0", fail_fast=False),
        pace.max_fail("3", fail_fast=False),
    ]
    with pytest.raises(UsageError, match="only one of the two"):
        pace.max_fail("3", fail_fast=True)


def test_the_flags_of_a_retry_want_a_retry() -> None:
    """`--lost` alone would look as if lost nodes went again."""
    for alone in ({"lost": True}, {"retry_delay": "3"}):
        with pytest.raises(UsageError, match="says how to `--retry`"):
            settings.parse(**alone)  # type: ignore[arg-type]

    assert (
        Pace(retry=2, retry_delay=3.0, lost=True)
        == settings.parse(retry="2", retry_delay="3", lost=True).pace
    )


def test_zero_seconds_are_a_delay_and_no_deadline() -> None:
    """Again at once makes sense; a run of no time does not."""
    assert 0.0 == settings.parse(retry="1", retry_delay="0").pace.retry_delay
    with pytest.raises(UsageError, match="--deadline takes seconds"):
        settings.parse(deadline="0")


def test_what_is_unusual_is_told() -> None:
    """Before a run that was confirmed, and in a dry one."""
    pace = settings.parse(serial="1,50%", max_fail="10%", retry="2").pace

    assert "in waves of 1,50%, at most 10% may fail, up to 2 more tries each" == str(pace)
    assert ("", "at most 0 may fail") == (str(Pace()), str(settings.parse(fail_fast=True).pace))
