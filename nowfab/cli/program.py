"""Be the program `nowfab`: the tasks of `inv`, from any folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from invoke import Exit, Program

from nowfab import __version__
from nowfab.cli.namespace import tasks
from nowfab.cli.sentences import sentences
from nowfab.terminal.screen import standard


class Nowfab(Program):
    """Invoke's program; what it prints itself arrives, or its loss is told as that of a result is."""

    def parse_core(self, argv: list[str] | None) -> None:
        """Read Invoke's own flags; here it prints its version."""
        with sentences(), standard().lent():
            super().parse_core(argv)

    def parse_cleanup(self) -> None:
        """See to what is no task; here Invoke prints help and lists."""
        with sentences(), standard().lent():
            super().parse_cleanup()


def main(argv: Sequence[str]) -> None:
    """Run what the line says; ends in SystemExit."""
    try:
        ours = tasks(argv)
    except Exit as wrong:
        print(wrong.message, file=sys.stderr)  # noqa: T201 - as Invoke itself shows an Exit
        sys.exit(wrong.code)
    Nowfab(__version__, ours, "nowfab", "nowfab").run(list(argv))
