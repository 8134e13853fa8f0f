"""Apply a plan to one node: look, decide, apply, and ask again whether it took."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from nowfab.inventory.node import Node
from nowfab.plan import diff
from nowfab.plan.changes import Change
from nowfab.plan.decide import Stage, foresee, next_stage
from nowfab.plan.steps import Plan, Refused, Step
from nowfab.plan.view import NeedsStage, Unanswered, View
from nowfab.results import Changed, Result, Status
from nowfab.talk import Ending, Exec, Outcome, Talk, Work
from nowfab.work.asking import Asking, End, Manner, ended, failed, told, undone, view
from nowfab.work.guarding import guarded

UNDER_WAY = "changes that were begun on the node go on; apply the plan later to see what came of them"

Hand = Callable[[str, bytes], None]
"""Takes a value that was gathered, by its name; Refused where it cannot be one."""


def apply(plans: Callable[[Node], Plan], manner: Callable[[Node], Manner], hand: Hand) -> Work:
    """Make the work of applying each node's plan.

    `plans` may raise Refused: the plan cannot be for this node. `hand` gets what the plan gathers.
    """

    def talk(node: Node) -> Talk:
        try:
            plan = plans(node)
        except Refused as refused:
            return Result(node.name, Status.FAILED, reason=str(refused))
        how = manner(node)
        asking = Asking(how, plan.title)
        course = _Course(plan, how, asking, Result(node.name, Status.OK))
        row = yield from asking.talk(node, course.gone(hand))
        made = course.row.changes
        if made and row.status is Status.REVERTED:
            row = replace(row, reason=f"{row.reason}; what was changed before stays ({len(made)})")
        return replace(row, changes=made)

    return talk


@dataclass(slots=True)
class _Course:
    """One node's way through its plan: the row so far."""

    plan: Plan
    manner: Manner
    asking: Asking
    row: Result

    def gone(self, hand: Hand) -> Generator[Exec, Outcome, Result]:
        """Go all the way; raises End where it ends before."""
        view = yield from self._make(())
        if self.manner.dry:
            stage = foresee(self.plan.steps, view, self.manner.rollback > 0, self.manner.overwrite)
            self.row = self._foreseen(stage)
            if not stage.refused:
                with suppress(End):  # what is not told yet may be once the plan is applied
                    self._give(view, hand)
        else:
            self._give((yield from self._stages(view)), hand)
        return self.row

    def _stages(self, view: View) -> Generator[Exec, Outcome, View]:
        steps: Sequence[Step] = self.plan.steps
        while steps:
            stage = next_stage(steps, view, self.manner.rollback > 0, self.manner.overwrite)
            if stage.refused:
                raise failed(stage.refused)
            if stage.by_key:
                yield from self.asking.try_key()
            if stage.changes:
                if stage.guarded and self.manner.rollback:
                    view = yield from guarded(self.asking, stage.changes, self.plan.questions)
                else:
                    view = yield from self._make(stage.changes)
                self.row = _changed(self.row, stage.changes)
                _took(stage, view)
            steps = stage.rest
        if self.row.status is Status.CHANGED:
            _rests(self.plan.steps, view)
        return view

    def _make(self, changes: tuple[Change, ...]) -> Generator[Exec, Outcome, View]:
        """Have changes made and everything answered anew; a lost reply is asked for once more."""
        questions = self.plan.questions
        request = replace(self.asking.request("exchange"), changes=changes, questions=questions)
        outcome = yield from self.asking.send(request)
        if outcome.ending is Ending.LOST and not outcome.late:
            outcome = yield from self.asking.send(request)  # a run is applied at most once
        if changes and outcome.ending in (Ending.STOPPED, Ending.SIGNALED):
            raise ended(Status.LOST, "; ".join(filter(None, (outcome.reason, UNDER_WAY))))
        reply = told(outcome, request)
        if reply.state == "running":
            raise ended(Status.LOST, UNDER_WAY)
        if changes and reply.state != "applied":
            raise failed(undone(reply, changes))
        return view(questions, reply)

    def _foreseen(self, stage: Stage) -> Result:
        """Make the row of a plan that was only looked at; what cannot be told yet says after what it can."""
        row = self.row
        maybe = tuple(
            Changed(f"maybe {wanted.step.title}, after: {diff.headline(wanted.maybe)}")
            for wanted in stage.wanted
            if wanted.maybe is not None
        )
        if stage.changes or maybe:
            row = _changed(row, stage.changes, Status.WOULD_CHANGE)
            row = replace(row, changes=(*row.changes, *maybe))
        return replace(row, status=Status.FAILED, reason=stage.refused) if stage.refused else row

    def _give(self, view: View, hand: Hand) -> None:
        """Hand over what programs said that had to say something."""
        for name, question in self.plan.gathers:
            try:
                said = view.said(*question.argv)
                if said.code:
                    raise Refused(f"gather {name}: `{question.argv[0]}` ended with {said.code}")
                hand(name, said.stdout)
            except (Unanswered, NeedsStage) as error:
                raise failed(f"gather {name}: {error}") from None
            except Refused as refused:
                raise failed(str(refused)) from None


def _took(stage: Stage, view: View) -> None:
    """Hold that what was changed is wanted no more: else it did not take, whatever a program said."""
    for wanted in stage.wanted:
        if not (wanted.changes or wanted.deferred) or not wanted.step.rests:
            continue
        try:
            again = wanted.step.decide(view)
        except (Refused, Unanswered, NeedsStage) as error:
            raise failed(f"{wanted.step.title}: after its changes: {error}") from None
        if again:
            raise failed(f"{wanted.step.title}: it did not take; still to do: {diff.headline(again[0])}")


def _rests(steps: Sequence[Step], view: View) -> None:
    """Hold that no step wants anything once all are done: else the next time would change something again."""
    for step in steps:
        if not step.rests:
            continue
        with suppress(Refused, Unanswered, NeedsStage):
            again = step.decide(view)
            if again:
                what = f"{step.title}: after all steps it is not so, or its condition holds only now"
                raise failed(f"{what}; still to do: {diff.headline(again[0])}")


def _changed(row: Result, changes: Sequence[Change], status: Status = Status.CHANGED) -> Result:
    shown = (Changed(diff.headline(change), diff.lines(change)) for change in changes)
    return replace(row, status=status, changes=(*row.changes, *shown))
