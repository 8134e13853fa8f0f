"""Run one command and make a row of its end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from nowfab import remote
from nowfab.blobs import Blob, Secret
from nowfab.inventory.node import Node
from nowfab.remote import PLAIN, Shape
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Leash, Outcome, Reply, Talk, Work

_STATUS = {
    Ending.SIGNALED: Status.SIGNALED,
    Ending.STOPPED: Status.STOPPED,
    Ending.LOST: Status.LOST,
    Ending.UNREACHABLE: Status.UNREACHABLE,
    Ending.REFUSED: Status.REFUSED,
    Ending.CANCELLED: Status.CANCELLED,
}


def command(
    text: str, timeout: float | None = None, shape: Shape = PLAIN, stdin: tuple[Blob, ...] = ()
) -> Work:
    """Make the work of running `text` in the login shell; `timeout` is in seconds, None for no limit.

    `stdin` is the program's standard input on every node. ValueError for what no shell can be told.
    """
    exec = Exec(remote.line(text, _counting(shape, stdin)), stdin, timeout)

    def talk(node: Node) -> Talk:
        outcome = yield exec
        return result(node, outcome)

    return talk


def raw(text: str, timeout: float | None = None) -> Work:
    """Make the work of sending `text` as it is, for nodes without a POSIX shell; nothing can stop it."""
    exec = Exec(text, timeout=timeout, leash=Leash.NONE)

    def talk(node: Node) -> Talk:
        outcome = yield exec
        return result(node, outcome)

    return talk


def with_password(
    text: str,
    timeout: float | None,
    shape: Shape,
    password: Secret,
    prompts: Callable[[], str],
    stdin: tuple[Blob, ...] = (),
) -> Work:
    """Make the work of running `text` under sudo: without a password where that does, else with this one.

    `prompts` gives words that nobody can guess, two new ones for each node.
    """
    free = command(text, timeout, shape, stdin)
    counting = _counting(shape, stdin)
    probe = Exec(remote.line("true", replace(shape, cd="", env=(), shell="")), timeout=timeout)

    def talk(node: Node) -> Talk:
        tried = yield probe
        if tried.ending is not Ending.EXITED:
            return result(node, tried)
        if tried.code == 0:
            return (yield from free(node))
        prompt, ready = prompts(), prompts()
        line = remote.line(text, replace(counting, prompt=prompt, ready=ready))
        outcome = yield Exec(line, stdin, timeout, reply=Reply(prompt, password, ready))
        return result(node, outcome)

    return talk


def _counting(shape: Shape, stdin: tuple[Blob, ...]) -> Shape:
    return replace(shape, stdin=sum(blob.size for blob in stdin))


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
