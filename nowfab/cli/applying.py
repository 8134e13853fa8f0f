"""Carry out what the nodes' plans say, and show each change: what `apply` and whole set-ups share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from nowfab import settings
from nowfab.cli import agent_flags, show
from nowfab.cli.session import Job, Session, Then
from nowfab.errors import UsageError
from nowfab.inventory.node import Node
from nowfab.results import Report
from nowfab.talk import Work

if TYPE_CHECKING:
    from nowfab.cli.agents import Agents, How

LONGEST = 86_400
"""Seconds; who has not come back after a day will not."""

HELP = {
    "diff": "show each change, files line by line",
    "rollback": "seconds after which a node takes back what could cut us off, unless confirmed (90)",
    "no-rollback": "make such changes like all others: nothing takes them back",
    "overwrite": "replace blocks of ours that somebody has edited; the node keeps the old file",
}


@dataclass(frozen=True, slots=True)
class Applied:
    """What is to be applied: on which nodes it goes first (`rank`), and how its agents are asked.

    `then` is what comes after it, unless nodes are only looked at.
    """

    title: str
    work: Work
    rank: Callable[[Node], int]
    how: How
    then: Then | None = None


def how(
    on: Session, no_sudo: bool = False, ask_sudo: bool = False, state: str | None = None, rollback: int = 0
) -> How:
    """Say how agents are asked; UsageError for flags that contradict each other."""
    from nowfab.cli.agents import How

    if on.settings.format == "stream":
        raise UsageError("--format takes table or json here: a plan has no lines to stream")
    agent_flags.refuse_both(no_sudo, ask_sudo)
    return How(dry=on.dry, rollback=rollback, sudo=not no_sudo, state=state, timeout=on.settings.timeout)


def seconds(rollback: str, no_rollback: bool) -> int:
    """Read after how many seconds a node takes back what was not confirmed; 0 for never."""
    if not no_rollback and rollback.strip() == "0":
        raise UsageError(
            "`--rollback 0` would give nobody time to confirm; `--no-rollback` does without a guard"
        )
    return 0 if no_rollback else settings.count("--rollback", rollback, LONGEST)


def agents(on: Session, how: How) -> Agents:
    """Give the agents of the run; what is behind its nodes counts too."""
    from nowfab.cli.agents import Agents

    return Agents(on.nodes, how, tuple(on.inventory.behind({node.name for node in on.nodes})))


def carry_out(on: Session, applied: Applied, diff: bool) -> None:
    """Apply it, or only look; shows the changes, and raises Exit unless all is well."""
    dry = applied.how.dry
    verb, fine = ("check", {0}) if dry and not on.dry else ("apply", {0, 10})
    show = partial(_show, on, diff or on.dry)
    title, then = f"{verb} `{applied.title}`", None if dry else applied.then
    on.carry_out(Job(title, applied.work, show, applied.rank, dry, frozenset(fine), then=then))


def _show(on: Session, diff: bool, report: Report) -> None:
    from nowfab.report import changes, json

    hidden = False
    if on.settings.format == "json":
        on.screen.data(json.pieces(report))
    else:
        if diff:
            on.screen.data(f"{line}\n" for line in changes.details(report))
        laid = changes.rows(report, on.screen.columns())
        on.screen.data([laid.text])
        hidden = laid.hidden
    show.ending(report, on.screen, hidden, "" if diff else "--diff shows each change, ")
