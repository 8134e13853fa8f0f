"""Know the runs that a node keeps: which one waits to be confirmed, and what became of the others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Run:
    """One run on one node. `left` is how many seconds it still waits to be confirmed, None if it does not.

    `state` is the agent's word: of one that waits how far it is (`armed`, `applying`, `applied`, `stuck`).
    """

    name: str
    title: str
    who: str
    state: str
    reason: str
    changed: int = 0
    left: float | None = None

    @property
    def line(self) -> str:
        """Say it in one line."""
        if self.left is None:
            count = f", {self.changed} changed" if self.state in ("applied", "confirmed") else ""
            state = f"{self.state}{count}"
        else:
            state = f"waits for its confirmation, {self.left:.0f} s left ({self.state})"
        why = f": {self.reason}" if self.reason else ""
        return f"{self.name} {state}, `{self.title}` by {self.who}{why}"

    def is_of(self, name: str) -> bool:
        """Say whether a name means it: its own, or that of the whole run, of which it is a part."""
        return self.name == name or self.name.startswith(f"{name}-")


def runs(header: Mapping[str, Any]) -> tuple[Run, ...]:
    """Read what an agent's `status` tells, the oldest first. KeyError, TypeError, ValueError for none."""
    waits = header.get("armed")
    found = [
        Run(*_who(each), str(each["state"]), str(each["reason"]), int(each["changed"]))
        for each in header.get("runs", ())
        if waits is None or each["run"] != waits["run"]
    ]
    if waits is not None:
        found.append(Run(*_who(waits), str(waits["state"]), str(waits["reason"]), 0, float(waits["left"])))
    return tuple(found)


def _who(each: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(each["run"]), str(each["title"]), str(each["who"])


def meant(found: Sequence[Run], name: str) -> Run | None:
    """Choose the run that is meant by a name: the one that waits, else the last."""
    fitting = [run for run in found if run.is_of(name)]
    return next((run for run in fitting if run.left is not None), fitting[-1] if fitting else None)
