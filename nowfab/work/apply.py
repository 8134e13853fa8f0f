"""Apply a plan to one node: look, decide, apply, and ask again whether it took."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace

from nowfab.blobs import EMPTY, Blob, MemoryBlob
from nowfab.inventory.node import Node
from nowfab.plan import call, diff
from nowfab.plan.call import Agent, NoReply
from nowfab.plan.changes import Change
from nowfab.plan.decide import Stage, foresee, next_stage
from nowfab.plan.steps import Plan, Refused, Step
from nowfab.plan.view import NeedsStage, Unanswered, View
from nowfab.plan.wire import Reply, Request
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Outcome, Talk, Work
from nowfab.work import command

UNGUARDED = (
    "it wants changes that could cut us off ({what}), and nothing would take them back; "
    "`--no-rollback` makes them all the same"
)


_UNDER_WAY = "the changes are still being made on the node; apply the plan later to see what came of them"


@dataclass(frozen=True, slots=True)
class Manner:
    """How a plan is applied: `dry` looks and decides only, `rollback` refuses what nothing would take back.

    `state` is the agent's folder on the node, `who` is shown to others who are kept out.
    """

    agent: Agent
    state: str
    who: str
    dry: bool = False
    rollback: bool = True


def apply(plans: Callable[[Node], Plan], manner: Manner, runs: Callable[[], str]) -> Work:
    """Make the work of applying each node's plan; `runs` gives a name that no other run has."""

    def talk(node: Node) -> Talk:
        return (yield from _talk(node, plans(node), manner, runs))

    return talk


def _talk(node: Node, plan: Plan, manner: Manner, runs: Callable[[], str]) -> Talk:
    row = Result(node.name, Status.OK)
    try:
        view = yield from _make(plan, manner, runs(), ())
        if manner.dry:
            return _foreseen(row, foresee(plan.steps, view))
        steps: Sequence[Step] = plan.steps
        while steps:
            stage = next_stage(steps, view)
            if stage.refused:
                return _ended(row, Status.FAILED, stage.refused)
            if stage.changes:
                if stage.guarded and manner.rollback:
                    return _ended(row, Status.FAILED, _unguarded(stage))
                view = yield from _make(plan, manner, runs(), stage.changes)
                row = _changed(row, stage.changes)
                _took(stage, view)
            steps = stage.rest
    except _End as end:
        return replace(end.row(node), changes=row.changes, stdout=row.stdout)
    return row


class _End(Exception):
    """The talk cannot go on: the row that it ends with."""

    def __init__(self, row: Callable[[Node], Result]) -> None:
        super().__init__()
        self.row = row


def _failed(reason: str) -> _End:
    return _End(lambda node: Result(node.name, Status.FAILED, reason=reason))


def _make(
    plan: Plan, manner: Manner, run: str, changes: tuple[Change, ...]
) -> Generator[Exec, Outcome, View]:
    """Have changes made and everything answered anew; a lost reply is asked for once more."""
    questions = plan.questions
    request = Request(run, "exchange", manner.state, plan.title, manner.who, changes, questions)
    outcome = yield manner.agent.exec(request)
    if outcome.ending is Ending.LOST and not outcome.late:
        outcome = yield manner.agent.exec(request)  # a run is applied at most once
    if outcome.ending is not Ending.EXITED:
        raise _End(lambda node: command.result(node, outcome))
    try:
        reply = call.reply(outcome, request)
    except NoReply as error:
        raise _failed(str(error)) from None
    if reply.state == "running":
        raise _End(lambda node: Result(node.name, Status.LOST, reason=_UNDER_WAY))
    if changes and reply.state != "applied":
        raise _failed(_state(reply, changes))
    return View(dict(zip(questions, reply.answers, strict=True)))


def _state(reply: Reply, changes: Sequence[Change]) -> str:
    done = sum(word == "changed" for word in reply.made)
    behind = f"; {done} of {len(changes)} changes were made before" if done else ""
    return f"{reply.state}: {reply.reason}{behind}"


def _took(stage: Stage, view: View) -> None:
    """Hold that what was changed is wanted no more: else it did not take, whatever a program said."""
    for wanted in stage.wanted:
        if not wanted.changes or not wanted.step.rests:
            continue
        try:
            again = wanted.step.decide(view)
        except (Refused, Unanswered, NeedsStage) as error:
            raise _failed(f"{wanted.step.title}: after its changes: {error}") from None
        if again:
            raise _failed(f"{wanted.step.title}: it did not take; still to do: {diff.headline(again[0])}")


def _changed(row: Result, changes: Sequence[Change]) -> Result:
    headlines = tuple(map(diff.headline, changes))
    return replace(
        row,
        status=Status.CHANGED,
        changes=(*row.changes, *headlines),
        stdout=_shown(row.stdout, changes),
    )


def _foreseen(row: Result, stage: Stage) -> Result:
    """Make the row of a plan that was only looked at; what cannot be told yet says after what it can."""
    maybe = tuple(
        f"maybe {wanted.step.title}, after: {diff.headline(wanted.maybe)}"
        for wanted in stage.wanted
        if wanted.maybe is not None
    )
    if stage.changes or maybe:
        row = _changed(row, stage.changes)
        row = replace(row, changes=(*row.changes, *maybe))
    return _ended(row, Status.FAILED, stage.refused) if stage.refused else row


def _ended(row: Result, status: Status, reason: str) -> Result:
    return replace(row, status=status, reason=reason)


def _unguarded(stage: Stage) -> str:
    from nowfab.plan.dangers import endangers

    return UNGUARDED.format(what="; ".join(diff.headline(one) for one in stage.changes if endangers(one)))


def _shown(before: Blob, changes: Sequence[Change]) -> Blob:
    lines = [line for change in changes for line in (diff.headline(change), *diff.lines(change))]
    text = "".join(f"{line}\n" for line in lines)
    return MemoryBlob(before.head(before.size) + text.encode("utf-8", "surrogateescape")) if text else EMPTY
