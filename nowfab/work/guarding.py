"""Have changes made that a node takes back by itself, unless we come back to it and confirm them."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace

from nowfab.plan.changes import Change
from nowfab.plan.questions import Question
from nowfab.plan.view import View
from nowfab.plan.wire import Reply, Request
from nowfab.results import Status
from nowfab.talk import Ending, Exec, Outcome
from nowfab.work.asking import Asking, End, ended, failed, told, undone, view

WAITS = 60.0
"""Seconds behind the rollback for which a node is waited for: it may have to start its network anew."""

AGAIN = 66
"""Times that is asked again while the changes are still being made; the agent waits 15 s each time.

They may take 15 minutes and the rollback's 90 seconds, then the node takes them back (docs/agent.md).
"""

LOST = 3
"""Times that something is asked whose answer gets lost; the node does it once."""

SENT = (Ending.LOST, Ending.STOPPED, Ending.SIGNALED)
"""How a request ends that the node may have carried out without our hearing of it."""

OUT_OF_SIGHT = (
    "run {run} was not confirmed, so the node takes it back by itself {seconds} s after its changes are "
    "made: {why}"
)
UNKNOWN = "whether run {run} was confirmed is not known; `inv plan.status` tells when the node is back: {why}"


def guarded(
    asking: Asking, changes: tuple[Change, ...], questions: Sequence[Question]
) -> Generator[Exec, Outcome, View]:
    """Arm the changes, come back over a new connection, confirm them; raises End unless they stay.

    The connection that confirms is opened when all changes are known to be made: one that was open
    before would prove nothing.
    """
    how = asking.manner
    arm = replace(asking.request("arm"), changes=changes, rollback=how.rollback, reaches=how.reaches)
    confirm = replace(arm, verb="confirm", changes=(), questions=tuple(questions), rollback=0, reaches=())
    reply = yield from _armed(asking, arm)
    if reply.state == "armed":
        reply = yield from _anew(asking, confirm)
    if reply.state == "armed":  # what keeps it from being confirmed will not go by itself
        undo = yield from _anew(asking, replace(confirm, verb="undo", questions=()))
        left = "" if undo.state in ("reverted", "confirmed") else undo.reason  # what is not as it was
        reply = replace(undo, reason="; ".join(filter(None, (reply.reason, left))))
    if reply.state == "reverted":
        raise ended(Status.REVERTED, reply.reason)
    if reply.state != "confirmed":
        raise failed(undone(reply, changes))
    return view(questions, reply)


def _armed(asking: Asking, arm: Request) -> Generator[Exec, Outcome, Reply]:
    """Have the changes begin, and wait until they are made: they may cut the connection that asked."""
    outcome = yield from asking.send(arm)
    if outcome.ending in (Ending.STOPPED, Ending.SIGNALED):  # who asked was stopped, what is armed is not
        raise _out_of_sight(asking, arm, OUT_OF_SIGHT, outcome)
    reply = None if outcome.ending is Ending.LOST else told(outcome, arm)
    for _ in range(AGAIN):
        if reply is not None and not reply.reason.endswith("ask again"):
            return reply
        reply = yield from _anew(asking, arm)
    assert reply is not None
    return reply


def _anew(asking: Asking, request: Request) -> Generator[Exec, Outcome, Reply]:
    """Ask over a new connection, for as long as the node may be away and come back by itself."""
    sentence = OUT_OF_SIGHT
    for _ in range(LOST):
        outcome = yield from asking.send(request, fresh=True, patience=asking.manner.rollback + WAITS)
        if request.verb == "confirm" and outcome.ending in SENT:
            sentence = UNKNOWN
        if outcome.ending is not Ending.LOST:
            break
    if outcome.ending is not Ending.EXITED:
        raise _out_of_sight(asking, request, sentence, outcome)
    return told(outcome, request)


def _out_of_sight(asking: Asking, request: Request, sentence: str, outcome: Outcome) -> End:
    """Say what becomes of a run that nobody here can follow any more."""
    seconds, why = asking.manner.rollback, outcome.reason or str(outcome.ending.value)
    return ended(Status.LOST, sentence.format(run=request.run, seconds=seconds, why=why))
