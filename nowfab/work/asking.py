"""Ask a node's agent time after time in one talk; what keeps it from answering is the node's row."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field, replace

from nowfab import remote
from nowfab.blobs import Secret
from nowfab.inventory.node import Node
from nowfab.plan import call
from nowfab.plan.call import Agent, NoReply
from nowfab.plan.changes import Change
from nowfab.plan.questions import Question, TcpTo
from nowfab.plan.view import View
from nowfab.plan.wire import Reply, Request
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Outcome, Talk
from nowfab.talk import Reply as Password
from nowfab.work import command


@dataclass(frozen=True, slots=True)
class Manner:
    """How a node's agent is asked.

    `state` is the agent's folder on the node, `who` is shown to others who are kept out, `run` names
    this run on all its nodes and is no other's. With a `password` for sudo, `prompts` gives words that
    nobody can guess.
    What could cut us off is taken back by the node unless we confirm it within `rollback` seconds; with
    0 it is made like all else; for a gateway, what it `reaches` behind it must be reached after that too,
    if it was before. `dry` looks and decides only. What somebody else has edited in a block
    of ours is replaced with `overwrite` only.
    """

    agent: Agent
    state: str
    who: str
    run: str
    dry: bool = False
    rollback: int = 90
    overwrite: bool = False
    reaches: tuple[TcpTo, ...] = ()
    password: Secret | None = None
    prompts: Callable[[], str] = str


class End(Exception):
    """The talk cannot go on: the row that it ends with."""

    def __init__(self, row: Callable[[Node], Result]) -> None:
        super().__init__()
        self.row = row


def failed(reason: str) -> End:
    """End as failed."""
    return ended(Status.FAILED, reason)


def ended(status: Status, reason: str) -> End:
    """End with a status and why."""
    return End(lambda node: Result(node.name, status, reason=reason))


@dataclass(slots=True)
class Asking:
    """The requests of one talk: each gets a RUN of its own, and all their time counts."""

    manner: Manner
    title: str
    seconds: float = field(default=0.0, init=False)
    attempts: int = field(default=0, init=False)
    _asked: int = field(default=0, init=False)
    _sudo_asks: bool = field(default=False, init=False)

    def talk(self, node: Node, course: Generator[Exec, Outcome, Result]) -> Talk:
        """Go through a course; who raises End in it has ended the talk."""
        try:
            if self.manner.password is not None:
                yield from self._probe()
            row = yield from course
        except End as end:
            row = end.row(node)
        return replace(row, seconds=self.seconds, attempts=self.attempts)

    def request(self, verb: str) -> Request:
        """Make a request with a RUN of its own, which may be filled in."""
        self._asked += 1
        run = f"{self.manner.run}-{self._asked:02}"
        return Request(run, verb, self.manner.state, self.title, self.manner.who)

    def send(
        self, request: Request, fresh: bool = False, patience: float = 0.0
    ) -> Generator[Exec, Outcome, Outcome]:
        """Have an agent started with a request."""
        agent, password = self.manner.agent, self.manner.password
        if self._sudo_asks and password is not None:
            prompt, ready = self.manner.prompts(), self.manner.prompts()
            exec = replace(agent.exec(request, prompt, ready), reply=Password(prompt, password, ready))
        else:
            exec = agent.exec(request)
        return (yield from self._outcome(replace(exec, fresh=fresh, patience=patience)))

    def ask(
        self, request: Request, fresh: bool = False, patience: float = 0.0
    ) -> Generator[Exec, Outcome, Reply]:
        """Have a request answered; raises End."""
        return told((yield from self.send(request, fresh, patience)), request)

    def try_key(self) -> Generator[Exec, Outcome, None]:
        """See that a key of ours lets us in over a new connection; raises End."""
        outcome = yield from self._outcome(Exec(remote.line("true"), fresh=True, by_key=True))
        if outcome.ending is Ending.REFUSED:
            why = "no key of yours is accepted by {}; passwords stay on: {}"
            raise End(
                lambda node: Result(node.name, Status.FAILED, reason=why.format(node.name, outcome.reason))
            )
        if outcome.ending is not Ending.EXITED:
            raise End(lambda node: command.result(node, outcome))

    def _probe(self) -> Generator[Exec, Outcome, None]:
        """Find out whether sudo wants the password."""
        outcome = yield from self._outcome(Exec(remote.line("true", self.manner.agent.shape)))
        if outcome.ending is not Ending.EXITED:
            raise End(lambda node: command.result(node, outcome))
        self._sudo_asks = outcome.code != 0

    def _outcome(self, exec: Exec) -> Generator[Exec, Outcome, Outcome]:
        outcome = yield exec
        self.seconds += outcome.seconds
        self.attempts = max(self.attempts, outcome.attempts)
        return outcome


def told(outcome: Outcome, request: Request) -> Reply:
    """Read what an agent said; an exec that did not end is the row. Raises End."""
    if outcome.ending is not Ending.EXITED:
        raise End(lambda node: command.result(node, outcome))
    try:
        return call.reply(outcome, request)
    except NoReply as error:
        raise failed(str(error)) from None


def view(questions: Sequence[Question], reply: Reply) -> View:
    """Give the answers of a reply by their questions."""
    return View(dict(zip(questions, reply.answers, strict=True)))


def undone(reply: Reply, changes: Sequence[Change]) -> str:
    """Say why changes were not made, and how many were."""
    done = sum(word == "changed" for word in reply.made)
    behind = f"; {done} of {len(changes)} changes were made before" if done else ""
    return f"{reply.state}: {reply.reason}{behind}"
