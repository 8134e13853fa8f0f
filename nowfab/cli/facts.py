"""inv facts, inv status: what the chosen nodes are, and how they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial

from nowfab.blobs import EMPTY
from nowfab.cli import show
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Job, Session
from nowfab.errors import UsageError
from nowfab.report.json import Own
from nowfab.report.table import Table
from nowfab.results import GOOD, Report


@dataclass(frozen=True, slots=True)
class View:
    """How answers are shown: as rows for a terminal of so many columns, and in JSON."""

    rows: Callable[[Report, int | None], Table]
    members: Own


@node_task(name="facts")
def show_facts(on: Session) -> None:
    """Show what the chosen nodes are: model, system, kernel, memory, disk, network; changes nothing."""
    from nowfab.facts import nature
    from nowfab.report import facts

    _look(on, "facts", nature.ASKS, View(facts.rows, facts.members))


@node_task(name="status")
def show_status(on: Session) -> None:
    """Show how the chosen nodes are: up, load, memory, disk, temperature, throttling; changes nothing."""
    from nowfab.facts import health
    from nowfab.report import health as healths

    _look(on, "status", health.ASKS, View(healths.rows, healths.members))


def _look(on: Session, title: str, asks: Iterable[str], view: View) -> None:
    from nowfab.work import looking

    if on.settings.format == "stream":
        raise UsageError("--format takes table or json here: what nodes say of themselves is one row each")
    on.carry_out(Job(title, looking.look(asks, on.settings.timeout), partial(_show, on, view)))


def _show(on: Session, view: View, report: Report) -> None:
    """Show a report as `view` lays it out; the raw answers are nobody's concern once they are read."""
    from nowfab.report import json

    hidden = False
    if on.settings.format == "json":
        told = {result.node: view.members(result) for result in report.results}
        read = [replace(one, stdout=EMPTY) if one.status in GOOD else one for one in report.results]
        bare = replace(report, results=tuple(read))
        on.screen.data(json.pieces(bare, lambda result: told[result.node]))
    else:
        laid = view.rows(report, on.screen.columns())
        on.screen.data([show.practice(on.nodes), laid.text])
        hidden = laid.hidden
    show.ending(report, on.screen, hidden)
