"""Run one command and make a row of its end."""

from __future__ import annotations

from nowfab import remote
from nowfab.inventory.node import Node
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Outcome, Talk, Work

_STATUS = {
    Ending.SIGNALED: Status.SIGNALED,
    Ending.STOPPED: Status.STOPPED,
    Ending.LOST: Status.LOST,
    Ending.UNREACHABLE: Status.UNREACHABLE,
    Ending.REFUSED: Status.REFUSED,
    Ending.CANCELLED: Status.CANCELLED,
}


def command(text: str, timeout: float | None = None) -> Work:
    """Make the work of running `text` in the login shell; `timeout` is in seconds, None for no limit."""
    exec = Exec(remote.line(text), timeout=timeout)

    def talk(node: Node) -> Talk:
        outcome = yield exec
        return result(node, outcome)

    return talk


def result(node: Node, outcome: Outcome) -> Result:
    """Make a row of an outcome: exit code 0 is OK, another one FAILED."""
    return Result(
        node.name,
        status(outcome),
        outcome.code,
        outcome.signal,
        outcome.stdout,
        outcome.stderr,
        outcome.seconds,
        reason=outcome.reason,
        attempts=outcome.attempts,
    )


def status(outcome: Outcome) -> Status:
    """Say what an outcome is called."""
    if outcome.ending is Ending.EXITED:
        return Status.OK if outcome.code == 0 else Status.FAILED
    if outcome.ending is Ending.STOPPED and outcome.late:
        return Status.TIMED_OUT
    return _STATUS[outcome.ending]
