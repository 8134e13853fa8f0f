"""Name everything that can be wrong before anything is sent.

NowfabError            exit code 1: nothing was sent
├── UsageError         a flag, a word or a number that cannot be meant
├── NameRefused        a word that cannot be a node, a user, a port or a range
├── FileError          a file of ours that cannot be read as it stands, with its place
├── NoSuchTarget       a group or node that nobody defines, or a selection of nothing
├── JumpLoop           a gateway that would be reached through itself
├── FleetError         a practice fleet that cannot start, stop or be reached
└── OutputError        exit code 5: results could not be written
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: a file and its line, counted from 1."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


class NowfabError(Exception):
    """The base of every error that is shown as one sentence instead of a traceback."""

    exit_code = 1


class UsageError(NowfabError):
    """A flag, a word or a number that cannot be meant."""


class NameRefused(NowfabError):
    """A word that cannot be a node, a user, a port or a range."""


class FileError(NowfabError):
    """A file of ours that cannot be read as it stands; the message begins with its place."""

    def __init__(self, place: Place | str, what: str) -> None:
        super().__init__(f"{place}: {what}")
        self.place = place
        self.what = what


class NoSuchTarget(NowfabError):
    """A group or node that nobody defines, or a selection of nothing."""


class JumpLoop(NowfabError):
    """A gateway that would be reached through itself; it becomes the row of its node."""


class FleetError(NowfabError):
    """A practice fleet that cannot start, stop or be reached."""


class OutputError(NowfabError):
    """Results could not be written."""

    exit_code = 5
