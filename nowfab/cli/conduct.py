"""Carry one work out on many nodes, with everything that a run needs around it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace

from nowfab import engine
from nowfab.cli import strangers, surroundings
from nowfab.cli.sentences import sentence
from nowfab.cli.watching import watching
from nowfab.errors import NowfabError
from nowfab.inventory.node import Node
from nowfab.machines.crew import FabricCrew, Stranger, open_crew
from nowfab.machines.options import HostKeys, Options
from nowfab.machines.until import Limit
from nowfab.machines.watch import Watch
from nowfab.report.visible import visible
from nowfab.results import Report
from nowfab.settings import Settings
from nowfab.store.spool import Spool
from nowfab.talk import Work
from nowfab.terminal import ask, signals
from nowfab.terminal.screen import Screen


def conduct(
    title: str,
    work: Work,
    nodes: Sequence[Node],
    settings: Settings,
    screen: Screen,
    show: Callable[[Report], None],
) -> int:
    """Carry work out, have its report shown while the outputs still lie in the spool; gives the exit code."""
    screen.check()
    options = _options(settings, screen)
    with Spool() as space, closing(Watch()) as clock:
        until = Limit(clock)
        with (
            signals.stopping(until.cancel, screen.urgent) as caught,
            _crew(open_crew(options, space, clock), caught) as crew,
            watching(len(nodes), settings.format, screen, until.cancel) as watch,
        ):
            waves = strangers.waves(lambda: crew.strangers, lambda new: _trust(new, crew, settings, screen))
            report = engine.carry_out(title, nodes, work, crew, until, watch=(watch,), waves=waves)
        for warning in crew.warnings:
            screen.say(visible(warning))
        report = replace(report, cut=caught.number)
        show(report)
        if crew.mend:
            screen.say(visible(f"if these nodes were set up anew, forget their old host keys: {crew.mend}"))
    if caught.left:
        signals.leave(report.exit_code)
    return report.exit_code


def _trust(new: Sequence[Stranger], crew: FabricCrew, settings: Settings, screen: Screen) -> bool:
    """Ask whether unknown host keys are to be trusted from now on, where somebody can answer."""
    if settings.host_keys not in (None, "ask") or not ask.possible(sys.stdin, screen):
        return False
    screen.say(strangers.question(new), end="")
    if not ask.yes("Trust these host keys from now on?", screen, sys.stdin):
        return False
    try:
        crew.trust(new)
    except NowfabError as error:  # the other nodes have done their work; their rows must not be lost
        screen.say(sentence(error))
        return False
    return True


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
