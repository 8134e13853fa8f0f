"""Carry one work out on many nodes, with everything that a run needs around it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from functools import partial

from nowfab import engine
from nowfab.cli import surroundings
from nowfab.cli.course import course
from nowfab.cli.session import Job
from nowfab.cli.watching import watching
from nowfab.inventory.node import Node
from nowfab.machines.crew import FabricCrew, open_crew
from nowfab.machines.options import HostKeys, Options
from nowfab.machines.until import Limit
from nowfab.machines.watch import Watch
from nowfab.report.visible import visible
from nowfab.results import Report
from nowfab.settings import Settings
from nowfab.store.spool import Spool
from nowfab.terminal import ask, signals
from nowfab.terminal.screen import Screen


def conduct(
    job: Job,
    nodes: Sequence[Node],
    settings: Settings,
    screen: Screen,
    show: Callable[[Report], None],
) -> int:
    """Carry work out, have its report shown while the outputs still lie in the spool; gives the exit code."""
    screen.check()
    options = _options(settings, screen)
    with Spool() as space, closing(Watch()) as clock:
        until = Limit(clock, settings.deadline, f"stopped by --deadline, after {settings.deadline or 0:g} s")
        with (
            signals.stopping(until.cancel, screen.urgent) as caught,
            _crew(open_crew(options, space, clock), caught) as crew,
        ):
            go = partial(_carried, crew, until, settings, screen)
            report = go(job, nodes)
            if job.then is not None:
                second = Job(job.title, job.then.work, rank=job.then.rank)
                report = engine.followed_by(partial(go, second), report, nodes, job.then.untold)
        for warning in crew.warnings:
            screen.say(visible(warning))
        report = replace(report, cut=caught.number)
        show(report)
        if crew.mend:
            screen.say(visible(f"if these nodes were set up anew, forget their old host keys: {crew.mend}"))
    if caught.left:
        signals.leave(report.exit_code)
    return report.exit_code


def _carried(
    crew: FabricCrew, until: Limit, settings: Settings, screen: Screen, job: Job, nodes: Sequence[Node]
) -> Report:
    """Carry work out once, while it is watched."""
    with watching(len(nodes), settings.format, screen, until.cancel) as watch:
        waves, watchers = course(settings, len(nodes), crew, until, screen)
        waves = waves if job.rank is None else engine.ranked(job.rank, waves)
        return engine.carry_out(job.title, nodes, job.work, crew, until, (watch, *watchers), waves)


@contextmanager
def _crew(crew: FabricCrew, caught: signals.Caught) -> Iterator[FabricCrew]:
    """Close a crew at the end; who leaves at once does not wait for that."""
    try:
        yield crew
    finally:
        if not caught.left:
            crew.close()


def _options(settings: Settings, screen: Screen) -> Options:
    """Say how nodes are to be reached; asking is strict until the answer is yes."""
    policies: dict[str | None, HostKeys | None] = {"accept-new": "accept-new", None: None}
    return Options(
        surroundings.home(),
        settings.fanout,
        settings.connect_timeout,
        policies.get(settings.host_keys, "strict"),
        settings.silence,
        live=settings.format == "stream",
        password=ask.password("login password", screen, sys.stdin) if settings.ask_password else None,
        environ=os.environ,
    )
