"""Turn flags into one call; every task is a file here."""

from nowfab.cli.namespace import tasks
from nowfab.cli.program import main

__all__ = ["main", "tasks"]
