"""Say where this process stands: the current folder, its project, the home."""

from __future__ import annotations

from pathlib import Path

from nowfab.errors import UsageError

_MARKS = ("groups", "tasks.py")
"""What makes a folder the project of those below it."""


def folder() -> Path:
    """Give the current folder."""
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder does not exist any more; go to another one") from None


def project() -> Path:
    """Give the nearest folder upwards that holds groups/ or tasks.py; without any, the current one."""
    here = folder()
    places = (here, *here.parents)
    return next((place for place in places if any((place / mark).exists() for mark in _MARKS)), here)


def home() -> Path:
    """Give the user's home folder."""
    try:
        return Path.home()
    except RuntimeError:
        raise UsageError("no home folder is known; set HOME") from None
