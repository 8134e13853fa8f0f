"""Give a node task what it needs: the chosen nodes, the settings, and one way to carry work out."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from random import SystemRandom
from typing import Any

from invoke import Exit

from nowfab import names
from nowfab.cli import show, targets
from nowfab.cli.flags import Typed
from nowfab.errors import UsageError
from nowfab.inventory import Inventory
from nowfab.inventory.node import Node
from nowfab.report import summary
from nowfab.report.visible import visible
from nowfab.results import Report
from nowfab.settings import Settings
from nowfab.talk import Work
from nowfab.terminal.screen import Screen, standard


@dataclass(frozen=True, slots=True)
class Then:
    """What nodes that ended well do once all nodes are through, those of a lower `rank` first.

    Where the run ends before, their rows say `untold` and why.
    """

    work: Work
    rank: Callable[[Node], int]
    untold: str


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be carried out, and what is its own about it.

    `show` shows the report in another way than as outputs; `rank` says which nodes go first; one that
    `looks` only is carried out in a dry run too; exit codes that are `fine` are no failure. `asks` names
    a task that begins after a yes only, "" for one that need not ask. `then` is done after it.
    """

    title: str
    work: Work
    show: Callable[[Report], None] | None = None
    rank: Callable[[Node], int] | None = None
    looks: bool = False
    fine: frozenset[int] = frozenset({0})
    asks: str = ""
    then: Then | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One call of a node task; `dry` and `echo` are Invoke's own flags."""

    nodes: tuple[Node, ...]
    inventory: Inventory
    settings: Settings
    dry: bool
    echo: bool
    screen: Screen

    def carry_out(self, job: Job) -> None:
        """Carry a job out and show what became of every node; raises Exit unless all is well."""
        folded = names.fold(node.name for node in self.nodes)
        pace = f", {self.settings.pace}" if str(self.settings.pace) else ""
        line = visible(f"{job.title} on {summary.nodes(len(self.nodes))}{pace}: {folded}")
        if self.dry and not job.looks:
            self.screen.data([f"dry: would {line}\n"])
            return
        if self.settings.confirm or job.asks:
            self._confirm(line, job.asks)
        elif self.echo:
            self.screen.say(line)
        from nowfab.cli import conduct

        code = conduct.conduct(job, self.nodes, self.settings, self.screen, job.show or self._show)
        if code not in job.fine:
            raise Exit(code=code)

    def _confirm(self, line: str, task: str) -> None:
        """Go on after a yes only; `task` is one that asks by itself."""
        from nowfab.terminal import ask

        if not ask.possible(sys.stdin, self.screen):
            if task and not self.settings.confirm:
                raise UsageError(f"`{task}` asks first, and there is no terminal to ask on; say `--yes`")
            raise UsageError("`--confirm` asks on a terminal, and there is none; nothing was sent")
        self.screen.say(line)
        if not ask.yes("Go on?", self.screen, sys.stdin):
            raise UsageError("not confirmed; nothing was sent")

    def _show(self, report: Report) -> None:
        show.report(report, self.nodes, self.settings.format, self.screen)


def open_session(typed: Typed, config: Any, fed: bool = False) -> Session:
    """Read what was typed, files and all; `config` is Invoke's, of which run and timeouts count.

    `fed` says that the nodes get our own standard input.
    """
    timeout = config.timeouts.command
    settings = typed.settings(None if timeout is None else str(timeout))
    known, screen = targets.known(), standard()
    nodes = targets.chosen(known, typed, fed)
    if settings.pick is not None:
        chosen, nodes = nodes, targets.pick(nodes, settings.pick, SystemRandom())
        screen.say(
            visible(f"picked {len(nodes)} of {len(chosen)}: {names.fold(node.name for node in nodes)}")
        )
    return Session(nodes, known, settings, bool(config.run.dry), bool(config.run.echo), screen)
