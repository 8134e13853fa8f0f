"""Numbers and choices are right or refused, before anything is sent."""

from __future__ import annotations

import pytest

from nowfab import settings
from nowfab.errors import UsageError
from nowfab.settings import Settings


def test_what_was_not_typed_has_its_usual_value() -> None:
    """The defaults stand in one place."""

    assert Settings(64, None, None, None, "table") == settings.parse()


def test_what_was_typed_counts() -> None:
    """Seconds may have a point; no other number may."""

    assert Settings(8, 2.5, 30.0, "accept-new", "json") == settings.parse(
        fanout="8", connect_timeout="2.5", timeout="30", host_keys="accept-new", format="json"
    )


@pytest.mark.parametrize(
    "typed",
    ["", "0", "-1", "1.5", "abc", "\N{ARABIC-INDIC DIGIT ONE}", "10001", "9" * 5000, "1e3", "0x10", " 8"],
)
def test_a_count_is_a_plain_whole_number(typed: str) -> None:
    """Python's own int() takes more, and takes long for some of it."""
    with pytest.raises(UsageError, match="--fanout takes a number from 1 to 10000"):
        settings.parse(fanout=typed)


@pytest.mark.parametrize("typed", ["", "0", "-1", "abc", "nan", "inf", "1e9", "-0.0", "0,5"])
def test_seconds_are_more_than_none_and_less_than_for_ever(typed: str) -> None:
    """A zero or an infinity would make a deadline that does not work."""
    with pytest.raises(UsageError, match="--timeout takes seconds"):
        settings.parse(timeout=typed)


def test_a_wrong_choice_is_answered_with_the_right_ones() -> None:
    """There is no `off` for host keys."""
    with pytest.raises(UsageError, match="--host-keys takes strict, ask or accept-new, not `off`"):
        settings.parse(host_keys="off")
