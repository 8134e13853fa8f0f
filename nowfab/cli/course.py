"""Compose the waves of one run: how many nodes at a time, who goes again, what is asked, when it ends."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial

from nowfab import engine, names
from nowfab.cli import strangers
from nowfab.cli.sentences import sentence
from nowfab.errors import NowfabError
from nowfab.inventory.node import Node
from nowfab.machines.crew import FabricCrew, Stranger
from nowfab.machines.until import Limit
from nowfab.report.visible import visible
from nowfab.settings import Settings
from nowfab.terminal import ask
from nowfab.terminal.screen import Screen


def course(
    settings: Settings, nodes: int, crew: FabricCrew, until: Limit, screen: Screen
) -> tuple[engine.Waves, tuple[engine.Watcher, ...]]:
    """Give the waves for so many nodes, and what must hear of their events to end the run in time."""
    pace = settings.pace
    able = settings.host_keys in (None, "ask") and ask.possible(sys.stdin, screen)
    asking = strangers.Strangers(lambda: crew.strangers, partial(_trust, crew, screen), able)
    retry = engine.Retry(pace.retry, pace.lost, partial(_rest, crew, until, screen, pace.retry_delay))
    waves = retry.waves(asking.waves)
    if pace.max_fail is None:
        return engine.serial(pace.serial, waves), ()
    budget = engine.Budget(pace.max_fail.of(nodes), until.cancel, (retry.hopes, asking.hopes))
    return engine.serial(pace.serial, budget.waves(waves)), (budget,)


def _rest(crew: FabricCrew, until: Limit, screen: Screen, seconds: float, nodes: Sequence[Node]) -> None:
    """Let the time pass until nodes go again, their gateways too."""
    screen.passing(visible(f"again in {seconds:g} s: {names.fold(node.name for node in nodes)}"))
    until.wait(seconds)
    crew.forgive()


def _trust(crew: FabricCrew, screen: Screen, new: Sequence[Stranger]) -> bool:
    """Ask whether unknown host keys are to be trusted from now on."""
    screen.say(strangers.question(new), end="")
    if not ask.yes("Trust these host keys from now on?", screen, sys.stdin):
        return False
    try:
        crew.trust(new)
    except NowfabError as error:  # the other nodes have done their work; their rows must not be lost
        screen.say(sentence(error))
        return False
    return True
