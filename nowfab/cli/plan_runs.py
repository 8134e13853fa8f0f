"""inv plan.status, plan.rollback, plan.keep: the runs that nodes keep, and the one that waits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from nowfab.cli import agent_flags, show
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Job, Session
from nowfab.errors import UsageError
from nowfab.inventory.node import Node
from nowfab.results import Report
from nowfab.talk import Work

if TYPE_CHECKING:
    from nowfab.work.asking import Manner

_HELP = {**agent_flags.HELP, "run": "the run that is meant, as `plan.status` names it, or its first part"}


@node_task(name="status", help=agent_flags.HELP)
def show_runs(on: Session, no_sudo: bool = False, ask_sudo: bool = False, state: str | None = None) -> None:
    """Show what became of the last plans on the chosen nodes, and which one waits to be confirmed."""
    from nowfab.work import waiting

    _carry_out(on, "look at the runs", waiting.status, True, no_sudo, ask_sudo, state)


@node_task(name="rollback", help=_HELP)
def roll_back(
    on: Session,
    run: str | None = None,
    no_sudo: bool = False,
    ask_sudo: bool = False,
    state: str | None = None,
) -> None:
    """Take a run back that waits to be confirmed, now."""
    from nowfab.work import waiting

    name = _named(run)
    _carry_out(on, f"take back run {name}", partial(waiting.rollback, name), False, no_sudo, ask_sudo, state)


@node_task(name="keep", help=_HELP)
def keep_run(
    on: Session,
    run: str | None = None,
    no_sudo: bool = False,
    ask_sudo: bool = False,
    state: str | None = None,
) -> None:
    """Confirm a run that waits, so that its changes stay."""
    from nowfab.work import waiting

    name = _named(run)
    _carry_out(on, f"keep run {name}", partial(waiting.keep, name), False, no_sudo, ask_sudo, state)


def _named(run: str | None) -> str:
    if not run:
        raise UsageError("say which run, `--run RUN`; `plan.status` shows those that nodes know")
    return run


def _carry_out(
    on: Session,
    title: str,
    work: Callable[[Callable[[Node], Manner]], Work],
    looks: bool,
    no_sudo: bool,
    ask_sudo: bool,
    state: str | None,
) -> None:
    from nowfab.cli.agents import Agents, How

    if on.settings.format == "stream":
        raise UsageError("--format takes table or json here: an agent's answer has no lines to stream")
    agent_flags.refuse_both(no_sudo, ask_sudo)
    agents = Agents(on.nodes, How(sudo=not no_sudo, state=state, timeout=on.settings.timeout))
    for node in on.nodes:  # a mistake in --state ends it before anything is sent
        agents.manner(node)
    if ask_sudo:
        agents = agents.with_password(on.screen)

    def shown(report: Report) -> None:
        show.report(report, on.nodes, on.settings.format, on.screen, streams=False)

    on.carry_out(Job(title, work(agents.manner), shown, looks=looks))
