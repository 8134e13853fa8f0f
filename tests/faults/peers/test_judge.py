"""A verdict is the worst that can be said of a run, and no better for ourselves than for others."""

from __future__ import annotations

import pytest

from tests.faults.peers.judge import Ran, Said, Verdict, verdict
from tests.faults.peers.stimuli import Truth

GOOD = Said("ok", 0, "", b"hello")
REFUSED = Said("failed", 255, "connection refused")
NOT_RUN = Truth("not run")


@pytest.mark.parametrize(
    ("truth", "ran", "is_"),
    [
        (NOT_RUN, Ran(REFUSED, GOOD, 1, 1.0), Verdict("truthful")),
        (NOT_RUN, Ran(REFUSED, GOOD, None, 30.0), Verdict("hangs")),
        (NOT_RUN, Ran(REFUSED, GOOD, 1, 1.0, traceback=True), Verdict("traceback")),
        (NOT_RUN, Ran(REFUSED, GOOD, 0, 1.0), Verdict("wrong", "ends with 0")),
        (NOT_RUN, Ran(REFUSED, REFUSED, 1, 1.0), Verdict("wrong", "the good node failed too")),
        (NOT_RUN, Ran(GOOD, GOOD, 0, 1.0), Verdict("wrong", "says ok")),
        (NOT_RUN, Ran(Said("nothing"), GOOD, 1, 1.0), Verdict("wrong", "says nothing")),
        (NOT_RUN, Ran(Said("failed", 255), GOOD, 1, 1.0), Verdict("vague", "only says 255")),
        (Truth("exit", 3), Ran(Said("failed", 3), GOOD, 1, 1.0), Verdict("truthful")),
        (Truth("exit", 3), Ran(Said("failed", 1), GOOD, 1, 1.0), Verdict("wrong", "says 1")),
        (Truth("signal"), Ran(Said("failed", None, "signal KILL"), GOOD, 1, 1.0), Verdict("truthful")),
        (Truth("signal"), Ran(Said("failed", -1), GOOD, 1, 1.0), Verdict("vague", "only says -1")),
        (Truth("lost"), Ran(REFUSED, GOOD, 1, 1.0, runs=2), Verdict("wrong", "ran 2 times")),
        (Truth("stopped"), Ran(REFUSED, GOOD, 1, 1.0, left=True), Verdict("wrong", "it goes on running")),
        (Truth("ok", 0, b"hello\n"), Ran(GOOD, GOOD, 0, 1.0), Verdict("truthful")),
        (Truth("ok", 0, b"hallo"), Ran(GOOD, GOOD, 0, 1.0), Verdict("wrong", "the output differs")),
        (Truth("ok", 0, b"hello"), Ran(REFUSED, GOOD, 1, 1.0), Verdict("wrong", "says failed")),
    ],
)
def test_a_run_is_judged_by_its_worst(truth: Truth, ran: Ran, is_: Verdict) -> None:
    """Who compares programs owes each of them the same rule."""

    assert is_ == verdict(truth, ran)
