"""inv init: the first groups/ and tasks.py of a folder."""

from __future__ import annotations

from invoke import Context

from nowfab.cli import surroundings
from nowfab.cli.node_task import our_task
from nowfab.errors import UsageError
from nowfab.inventory import starter
from nowfab.terminal.screen import standard


@our_task()
def init(context: Context) -> None:
    """Write commented groups/ files and a tasks.py here, never over existing ones."""
