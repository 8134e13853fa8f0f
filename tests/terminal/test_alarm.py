"""What computes too long is broken off; what does not, is left alone."""

from __future__ import annotations

import re
import signal

import pytest

from nowfab.errors import UsageError
from nowfab.terminal import alarm


def test_E3_a_regular_expression_that_would_take_for_ever_ends() -> None:
    """`~^(a+)+$` would try 2^250 ways through a name of 253 letters."""
    with pytest.raises(UsageError, match="slow"), alarm.within(0.2, UsageError("slow")):
        re.search("^(a+)+$", "a" * 250 + "-")


def test_what_ends_in_time_leaves_no_alarm_behind() -> None:
    """It would ring in the midst of a run."""
    before = signal.getsignal(signal.SIGVTALRM)
    with alarm.within(60, UsageError("slow")):
        pass

    assert (before, (0.0, 0.0)) == (
        signal.getsignal(signal.SIGVTALRM),
        signal.getitimer(signal.ITIMER_VIRTUAL),
    )
