"""Apply a plan to one node: look, decide, apply, and ask again whether it took."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from nowfab import remote
from nowfab.blobs import Secret
from nowfab.inventory.node import Node
from nowfab.plan import call, diff
from nowfab.plan.call import Agent, NoReply
from nowfab.plan.changes import Change
from nowfab.plan.decide import Stage, foresee, next_stage
from nowfab.plan.steps import Plan, Refused, Step
from nowfab.plan.view import NeedsStage, Unanswered, View
from nowfab.plan.wire import Reply, Request
from nowfab.results import Changed, Result, Status
from nowfab.talk import Ending, Exec, Outcome, Talk, Work
from nowfab.talk import Reply as Password
from nowfab.work import command

WAITS = 60.0
"""Seconds behind the rollback for which a node is waited for: it may have to start its network anew."""

AGAIN = 8
"""Times that a confirmation is asked for again while the changes are still being made; 15 s each."""

OUT_OF_SIGHT = "its changes were not confirmed, so it takes them back by itself within {seconds} s: {why}"
UNDER_WAY = "the changes are still being made on the node; apply the plan later to see what came of them"

Hand = Callable[[str, bytes], None]
"""Takes a value that was gathered, by its name; Refused where it cannot be one."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a plan is applied: `dry` looks and decides only.

    What could cut us off is taken back by the node unless we confirm it within `rollback` seconds; with
    0 it is made like all else.
    `state` is the agent's folder on the node, `who` is shown to others who are kept out, `runs` gives a
    name that no other run has. With a `password` for sudo, `prompts` gives words that nobody can guess.
    """

    agent: Agent
    state: str
    who: str
    runs: Callable[[], str]
    dry: bool = False
    rollback: int = 90
    password: Secret | None = None
    prompts: Callable[[], str] = str


def apply(plans: Callable[[Node], Plan], manner: Callable[[Node], Manner], hand: Hand) -> Work:
    """Make the work of applying each node's plan.

    `plans` may raise Refused: the plan cannot be for this node. `hand` gets what the plan gathers.
    """

    def talk(node: Node) -> Talk:
        try:
            plan = plans(node)
        except Refused as refused:
            return Result(node.name, Status.FAILED, reason=str(refused))
        return (yield from _Course(plan, manner(node), Result(node.name, Status.OK)).talk(node, hand))

    return talk


@dataclass(slots=True)
class _Course:
    """One node's way through its plan: the row so far."""

    plan: Plan
    manner: Manner
    row: Result
    asks: bool = field(default=False, init=False)

    def talk(self, node: Node, hand: Hand) -> Talk:
        try:
            if self.manner.password is not None:
                yield from self._probe()
            view = yield from self._make(())
            if self.manner.dry:
                return self._foreseen(foresee(self.plan.steps, view))
            view = yield from self._stages(view)
            self._give(view, hand)
        except _End as end:
            known = self.row
            return replace(
                end.row(node), changes=known.changes, seconds=known.seconds, attempts=known.attempts
            )
        return self.row

    def _stages(self, view: View) -> Generator[Exec, Outcome, View]:
        steps: Sequence[Step] = self.plan.steps
        while steps:
            stage = next_stage(steps, view)
            if stage.refused:
                raise _failed(stage.refused)
            if stage.changes:
                if stage.guarded and self.manner.rollback:
                    view = yield from self._guarded(stage.changes)
                else:
                    view = yield from self._make(stage.changes)
                self.row = _changed(self.row, stage.changes)
                _took(stage, view)
            steps = stage.rest
        return view

    def _make(self, changes: tuple[Change, ...]) -> Generator[Exec, Outcome, View]:
        """Have changes made and everything answered anew; a lost reply is asked for once more."""
        manner, questions = self.manner, self.plan.questions
        request = Request(
            manner.runs(), "exchange", manner.state, self.plan.title, manner.who, changes, questions
        )
        outcome = yield from self._send(request)
        if outcome.ending is Ending.LOST and not outcome.late:
            outcome = yield from self._send(request)  # a run is applied at most once
        reply = self._told(outcome, request)
        if reply.state == "running":
            raise _End(lambda node: Result(node.name, Status.LOST, reason=UNDER_WAY))
        if changes and reply.state != "applied":
            raise _failed(_state(reply, changes))
        return View(dict(zip(questions, reply.answers, strict=True)))

    def _guarded(self, changes: tuple[Change, ...]) -> Generator[Exec, Outcome, View]:
        """Have changes made that the node takes back by itself unless we come back and confirm them.

        The connection that confirms is opened when all changes are known to be made: one that was open
        before would prove nothing.
        """
        manner, questions = self.manner, self.plan.questions
        run = manner.runs()
        arm = Request(run, "arm", manner.state, self.plan.title, manner.who, changes, (), manner.rollback)
        outcome = yield from self._send(arm)
        reply = None if outcome.ending is Ending.LOST else self._told(outcome, arm)
        for _ in range(AGAIN):
            if reply is not None and not reply.reason.endswith("ask again"):
                break
            reply = yield from self._anew(arm)
        if reply is not None and reply.state == "armed":
            confirm = Request(run, "confirm", manner.state, self.plan.title, manner.who, (), questions)
            reply = yield from self._anew(confirm)
        if reply is not None and reply.state == "armed":
            why = reply.reason
            reply = yield from self._anew(replace(confirm, verb="undo", questions=()))
            reply = replace(reply, reason=why)
        assert reply is not None
        if reply.state == "confirmed":
            return View(dict(zip(questions, reply.answers, strict=True)))
        if reply.state == "reverted":
            raise _End(lambda node: Result(node.name, Status.REVERTED, reason=reply.reason))
        raise _failed(_state(reply, changes))

    def _anew(self, request: Request) -> Generator[Exec, Outcome, Reply]:
        """Ask over a new connection, for as long as the node may be away and come back by itself."""
        seconds = self.manner.rollback
        outcome = yield from self._send(request, fresh=True, patience=seconds + WAITS)
        if outcome.ending is not Ending.EXITED:
            why = OUT_OF_SIGHT.format(seconds=seconds, why=outcome.reason)
            raise _End(lambda node: Result(node.name, Status.LOST, reason=why))
        return self._told(outcome, request)

    def _told(self, outcome: Outcome, request: Request) -> Reply:
        """Read what an agent said; an exec that did not end is the row."""
        if outcome.ending is not Ending.EXITED:
            raise _End(lambda node: command.result(node, outcome))
        try:
            return call.reply(outcome, request)
        except NoReply as error:
            raise _failed(str(error)) from None

    def _send(
        self, request: Request, fresh: bool = False, patience: float = 0.0
    ) -> Generator[Exec, Outcome, Outcome]:
        agent, password = self.manner.agent, self.manner.password
        if self.asks and password is not None:
            prompt, ready = self.manner.prompts(), self.manner.prompts()
            exec = replace(agent.exec(request, prompt, ready), reply=Password(prompt, password, ready))
        else:
            exec = agent.exec(request)
        return (yield from self._outcome(replace(exec, fresh=fresh, patience=patience)))

    def _probe(self) -> Generator[Exec, Outcome, None]:
        """Find out whether sudo wants the password."""
        outcome = yield from self._outcome(Exec(remote.line("true", self.manner.agent.shape)))
        if outcome.ending is not Ending.EXITED:
            raise _End(lambda node: command.result(node, outcome))
        self.asks = outcome.code != 0

    def _outcome(self, exec: Exec) -> Generator[Exec, Outcome, Outcome]:
        outcome = yield exec
        seconds = self.row.seconds + outcome.seconds
        self.row = replace(self.row, seconds=seconds, attempts=max(self.row.attempts, outcome.attempts))
        return outcome

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
                raise _failed(f"gather {name}: {error}") from None
            except Refused as refused:
                raise _failed(str(refused)) from None


class _End(Exception):
    """The talk cannot go on: the row that it ends with."""

    def __init__(self, row: Callable[[Node], Result]) -> None:
        super().__init__()
        self.row = row


def _failed(reason: str) -> _End:
    return _End(lambda node: Result(node.name, Status.FAILED, reason=reason))


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


def _changed(row: Result, changes: Sequence[Change], status: Status = Status.CHANGED) -> Result:
    shown = (Changed(diff.headline(change), diff.lines(change)) for change in changes)
    return replace(row, status=status, changes=(*row.changes, *shown))
