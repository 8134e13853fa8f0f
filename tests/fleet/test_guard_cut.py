"""A node whose power goes at an operation on the disk of a guarded run answers again, all old or all new."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from nowfab.inventory.node import Node
from nowfab.plan.program import program
from tests.agent.asking import new_run, request
from tests.agent.inside import CHANGING
from tests.fleet.practice import ENVIRON, Fleet
from tests.fleet.test_agent import STATE, started
from tests.fleet.test_guard import (
    AFTER,
    BEFORE,
    CLEAN,
    NAME,
    PREPARE,
    SEEN,
    awaited,
    changes,
    confirmed,
    cut,
    status,
)

pytestmark = pytest.mark.timeout(3600)

WHOLE = ENVIRON.get("NOWFAB_SWEEP") == "1"
STEPS = {"arm": 12, "apply": 6, "confirm": 1, "undo": 12}
"""Every so many operations of a phase take two minutes, each of them half an hour (NOWFAB_SWEEP=1)."""

STOPS = """
import os, sys, time
if (sys.argv[1:2] or ["asked"])[0] == %r and sys.argv[-1] != "boot":
    _left = [%d]
    def _stopping(real, new=os.open):
        def operation(*given, **more):
            _left[0] -= 1
            if not _left[0]:
                new("/root/stopped", os.O_CREAT | os.O_WRONLY)
                time.sleep(1000)
            return real(*given, **more)
        return operation
    for _name in %r.split():
        setattr(os, _name, _stopping(getattr(os, _name)))
"""
"""Stands before the agent's text: whoever PID 1 starts with a verb, or we ask, stops before an operation."""


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Node]:
    yield fleet[NAME]
    fleet.inside(NAME, CLEAN)


def asked_with(node: Node, text: bytes, run: str, verb: str, seconds: int) -> subprocess.Popen[bytes]:
    """Ask the agent, with a text of our own before it; who asks need not hear an answer."""
    wanted = changes() if verb == "arm" else []
    blobs = [change.pop("content") for change in wanted if "content" in change]
    guard = {"seconds": seconds, "proofs": [], "wait": 0}
    sent = request(STATE, wanted, [], blobs, {"verb": verb, "run": run, "guard": guard})
    return started(node, sent, text=text + program())


def stopped(node: Node, fleet: Fleet, phase: str, number: int, run: str) -> bool:
    """Go the way of a run until it stops before an operation of a phase; False where it has not so many."""
    where = {"arm": "asked", "confirm": "asked", "apply": "apply", "undo": "undo"}[phase]
    stop = (STOPS % (where, number, " ".join(sorted(CHANGING)))).encode()
    with contextlib.ExitStack() as stack:
        seconds = 2 if phase == "undo" else 600
        agent = stack.enter_context(
            asked_with(node, b"" if phase == "confirm" else stop, run, "arm", seconds)
        )
        if phase == "confirm":
            agent.communicate(timeout=60)
            awaited(lambda: status(node)["armed"]["state"] == "applied")
            agent = stack.enter_context(asked_with(node, stop, run, "confirm", seconds))
        until = time.monotonic() + 30
        while not fleet.inside(NAME, "ls /root/stopped 2>/dev/null || true"):
            assert time.monotonic() < until
            if agent.poll() is not None and is_through(node, fleet, phase):
                return False
            time.sleep(0.1)
        # its channel stays as it is: the node is to lose its power, not its controller
        cut(fleet)
        agent.kill()
    return True


def is_through(node: Node, fleet: Fleet, phase: str) -> bool:
    """Say whether a phase came to its end without a stop."""
    if phase in ("arm", "confirm"):
        return True
    waiting = status(node)["armed"]
    done = waiting is None or (phase == "apply" and waiting["state"] == "applied")
    return done and not fleet.inside(NAME, f"pgrep -f '^[^ ]*python3[^ ]* -IS .*agent.py {phase}' || true")


@pytest.mark.parametrize("phase", ["arm", "apply", "confirm", "undo"])
def test_G10_the_power_goes_at_an_operation_of(
    phase: str, node: Node, fleet: Fleet, capsys: pytest.CaptureFixture[str]
) -> None:
    """The node lets us in again, nothing waits any more, and every file is of one side."""
    whole = count = 0
    step = 1 if WHOLE else STEPS[phase]
    for number in range(1, 200, step):
        fleet.inside(NAME, f"{CLEAN} rm -f /root/stopped; {PREPARE}")
        run = new_run()
        if not stopped(node, fleet, phase, number, run):
            break
        awaited(lambda: status(node)["armed"] is None)
        kept = confirmed(node, run).state == "confirmed"
        count += 1
        whole += fleet.inside(NAME, SEEN) == (AFTER if kept else BEFORE)
    fleet.inside(NAME, "rm -f /root/stopped")
    with capsys.disabled():
        sys.stdout.write(f"\npower cut in {phase}, every {step}. operation: {whole}/{count} whole\n")

    assert (whole, True) == (count, count > 1)
