"""Be the program `nowfab`: the tasks of `inv`, from any folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from invoke import Exit, Program

from nowfab import __version__
from nowfab.cli.namespace import tasks


def main(argv: Sequence[str]) -> None:
    """Run what the line says; ends in SystemExit."""
    try:
        ours = tasks(argv)
    except Exit as wrong:
        print(wrong.message, file=sys.stderr)  # noqa: T201 - as Invoke itself shows an Exit
        sys.exit(wrong.code)
    Program(__version__, ours, "nowfab", "nowfab").run(list(argv))
