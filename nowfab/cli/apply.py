"""inv apply, inv check: a person's own plan on the chosen nodes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from nowfab.cli import agent_flags, applying
from nowfab.cli.applying import Applied
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Session

if TYPE_CHECKING:
    from nowfab.cli.agents import How

_PLAN = "the plan, a YAML file; docs/how-to/plans.md says what stands in it"
_CHECK = {"plan": _PLAN, **agent_flags.HELP}
_APPLY = {**_CHECK, **applying.HELP}


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
    how = applying.how(on, no_sudo, ask_sudo, state, applying.seconds(rollback, no_rollback))
    _carry_out(on, plan, replace(how, overwrite=overwrite), diff, ask_sudo)


@node_task(name="check", help=_CHECK)
def check_plan(
    on: Session, plan: str, no_sudo: bool = False, ask_sudo: bool = False, state: str | None = None
) -> None:
    """Show what PLAN would change on the chosen nodes, and change nothing; exit code 10 if anything."""
    _carry_out(on, plan, replace(applying.how(on, no_sudo, ask_sudo, state, 90), dry=True), True, ask_sudo)


def _carry_out(on: Session, plan: str, how: How, diff: bool, ask_sudo: bool) -> None:
    from nowfab.cli import plans

    read = plans.read(Path(plan), applying.agents(on, how))
    if ask_sudo:
        read.agents = read.agents.with_password(on.screen)
    applying.carry_out(on, Applied(read.title, read.work(), read.rank, how), diff)
