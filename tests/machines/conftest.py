"""Carry commands out over the real crew, and gather what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from nowfab import engine
from nowfab.inventory.node import Node
from nowfab.machines.crew import FabricCrew, open_crew
from nowfab.machines.options import Options
from nowfab.machines.until import Limit
from nowfab.machines.watch import Watch
from nowfab.results import Report, Result
from nowfab.store.spool import Spool
from nowfab.talk import Event, Until, Work
from nowfab.work.command import command


@dataclass
class Controller:
    """One nowfab: a home folder, and what it does with nodes."""

    home: Path
    spool: Spool
    crews: list[tuple[FabricCrew, Watch]] = field(default_factory=list)

    def crew(self, **options: object) -> tuple[FabricCrew, Watch]:
        """Open a crew that is closed after the test."""
        watch = Watch()
        given: dict[str, object] = {"home": self.home, "connect_timeout": 5.0, **options}
        crew = open_crew(Options(**given), self.spool, watch)  # type: ignore[arg-type]
        self.crews.append((crew, watch))
        return crew, watch

    def run(
        self,
        nodes: Sequence[Node],
        work: Work | str,
        timeout: float | None = None,
        hear: Callable[[Event, Until], None] = lambda event, until: None,
        **options: object,
    ) -> Report:
        """Carry work, or a command, out; `hear` gets every event and the run's limit."""
        crew, watch = self.crew(**options)
        until = Limit(watch)
        job = command(work, timeout) if isinstance(work, str) else work
        return engine.carry_out("test", nodes, job, crew, until, (lambda event: hear(event, until),))

    def one(self, node: Node, work: Work | str, **options: object) -> Result:
        """Give the only row."""
        (result,) = self.run([node], work, **options).results  # type: ignore[arg-type]
        return result


@pytest.fixture
def controller(tmp_path: Path) -> Iterator[Controller]:
    """Give a controller with an empty home folder."""
    home = tmp_path / "controller"
    home.mkdir()
    with Spool(tmp_path) as spool:
        it = Controller(home, spool)
        yield it
        for crew, watch in it.crews:
            crew.close()
            watch.close()
