"""Look at the runs that a node keeps, and end the wait of one: take it back, or have it stay."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import replace

from nowfab.blobs import MemoryBlob
from nowfab.inventory.node import Node
from nowfab.plan.runs import Run, meant
from nowfab.plan.wire import Reply
from nowfab.results import Result, Status
from nowfab.talk import Exec, Outcome, Talk, Work
from nowfab.work.asking import Asking, Manner, failed

Course = Generator[Exec, Outcome, Result]


def status(manner: Callable[[Node], Manner]) -> Work:
    """Make the work of telling each node's runs, the one that waits last; a stuck one is a failure."""

    def course(node: Node, asking: Asking) -> Course:
        found = yield from _runs(asking)
        text = "".join(f"{run.line}\n" for run in found) or "no runs\n"
        stuck = next((run for run in found if run.left is not None and run.state == "stuck"), None)
        row = Result(node.name, Status.FAILED if stuck else Status.OK, stdout=_said(text))
        return replace(row, reason=f"run {stuck.name} is stuck: {stuck.reason}") if stuck else row

    return _work(manner, course)


def rollback(name: str, manner: Callable[[Node], Manner]) -> Work:
    """Make the work of taking a run back at once, where it waits."""

    def course(node: Node, asking: Asking) -> Course:
        run = _known((yield from _runs(asking)), name)
        if run.left is None and run.state == "reverted":
            return Result(node.name, Status.OK, stdout=_said(f"it was taken back before: {run.reason}\n"))
        if run.left is None:
            raise failed(f"run {run.name} does not wait: {_ended(run)}, so nothing takes it back")
        reply = yield from asking.ask(replace(asking.request("undo"), run=run.name))
        return _end(node, run, reply, "reverted", "taken back")

    return _work(manner, course)


def keep(name: str, manner: Callable[[Node], Manner]) -> Work:
    """Make the work of confirming a run, where it waits; over a new connection, which proves the way in."""

    def course(node: Node, asking: Asking) -> Course:
        run = _known((yield from _runs(asking)), name)
        if run.left is None and run.state == "confirmed":
            return Result(node.name, Status.OK, stdout=_said("it was confirmed before\n"))
        if run.left is None:
            raise failed(f"run {run.name} does not wait: {_ended(run)}")
        if run.state != "applied":
            raise failed(f"the changes of run {run.name} are not made yet ({run.state}); ask again")
        reply = yield from asking.ask(replace(asking.request("confirm"), run=run.name), fresh=True)
        return _end(node, run, reply, "confirmed", "confirmed")

    return _work(manner, course)


def _work(manner: Callable[[Node], Manner], course: Callable[[Node, Asking], Course]) -> Work:
    def talk(node: Node) -> Talk:
        asking = Asking(manner(node), "plan.status")
        return (yield from asking.talk(node, course(node, asking)))

    return talk


def _runs(asking: Asking) -> Generator[Exec, Outcome, tuple[Run, ...]]:
    reply = yield from asking.ask(asking.request("status"))
    if reply.state not in ("armed", "nothing"):
        raise failed(f"{reply.state}: {reply.reason}")
    return reply.runs


def _known(found: tuple[Run, ...], name: str) -> Run:
    run = meant(found, name)
    if run is None:
        raise failed(f"no run {name} is known here; `inv plan.status` tells those that are")
    return run


def _end(node: Node, run: Run, reply: Reply, wanted: str, word: str) -> Result:
    if reply.state != wanted:
        raise failed(f"run {run.name}: {reply.state}: {reply.reason}")
    return Result(node.name, Status.CHANGED, stdout=_said(f"{word}: `{run.title}` by {run.who}\n"))


def _ended(run: Run) -> str:
    return f"it is {run.state}{f' ({run.reason})' if run.reason else ''}"


def _said(text: str) -> MemoryBlob:
    return MemoryBlob(text.encode())
