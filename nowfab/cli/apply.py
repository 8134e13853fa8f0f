"""inv apply, inv check: a person's own plan on the chosen nodes."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from nowfab import settings
from nowfab.cli import agent_flags
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Job, Session
from nowfab.errors import UsageError
from nowfab.report.visible import visible
from nowfab.results import Report

if TYPE_CHECKING:
    from nowfab.cli.agents import How

LONGEST = 86_400
"""Seconds; who has not come back after a day will not."""

_PLAN = "the plan, a YAML file; docs/how-to/plans.md says what stands in it"
_SHARED = {
    "plan": _PLAN,
    **agent_flags.HELP,
}
_APPLY = {
    **_SHARED,
    "diff": "show each change, files line by line",
    "rollback": "seconds after which a node takes back what could cut us off, unless confirmed (90)",
    "no-rollback": "make such changes like all others: nothing takes them back",
    "overwrite": "replace blocks of ours that somebody has edited; the node keeps the old file",
}


@node_task(name="apply", help=_APPLY)
def apply_plan(
    on: Session,
    plan: str,
    diff: bool = False,
    rollback: str = "90",
    no_rollback: bool = False,
    overwrite: bool = False,
    no_sudo: bool = False,
    ask_sudo: bool = False,
    state: str | None = None,
) -> None:
    """Have the chosen nodes be as PLAN says: look at each, change what is missing, look again."""
    seconds = 0 if no_rollback else settings.count("--rollback", rollback, LONGEST)
    how = _how(on, no_sudo, ask_sudo, state)
    how = replace(how, dry=on.dry, rollback=seconds, overwrite=overwrite)
    _carry_out(on, plan, how, diff or on.dry, ask_sudo)


@node_task(name="check", help=_SHARED)
def check_plan(
    on: Session, plan: str, no_sudo: bool = False, ask_sudo: bool = False, state: str | None = None
) -> None:
    """Show what PLAN would change on the chosen nodes, and change nothing; exit code 10 if anything."""
    _carry_out(on, plan, replace(_how(on, no_sudo, ask_sudo, state), dry=True), True, ask_sudo)


def _how(on: Session, no_sudo: bool, ask_sudo: bool, state: str | None) -> How:
    from nowfab.cli.agents import How

    agent_flags.refuse_both(no_sudo, ask_sudo)
    return How(sudo=not no_sudo, state=state, timeout=on.settings.timeout)


def _carry_out(on: Session, plan: str, how: How, diff: bool, ask_sudo: bool) -> None:
    from nowfab.cli import plans
    from nowfab.cli.agents import Agents

    if on.settings.format == "stream":
        raise UsageError("--format takes table or json here: a plan has no lines to stream")
    agents = Agents(on.nodes, how, tuple(on.inventory.behind({node.name for node in on.nodes})))
    read = plans.read(Path(plan), agents)
    if ask_sudo:
        read.agents = agents.with_password(on.screen)
    verb, fine = ("check", {0}) if how.dry and not on.dry else ("apply", {0, 10})
    show = partial(_show, on, diff)
    on.carry_out(Job(f"{verb} `{read.title}`", read.work(), show, read.rank, how.dry, frozenset(fine)))


def _show(on: Session, diff: bool, report: Report) -> None:
    from nowfab.report import changes, json, summary

    hidden = False
    if on.settings.format == "json":
        on.screen.data(json.pieces(report))
    else:
        if diff:
            on.screen.data(f"{line}\n" for line in changes.details(report))
        laid = changes.rows(report, on.screen.columns())
        on.screen.data([laid.text])
        hidden = laid.hidden
    on.screen.say(visible(summary.summary(report)))
    if hidden:
        shows = "" if diff else "--diff shows each change, "
        on.screen.say(f"there is more than the rows show: {shows}--format json has it all")
