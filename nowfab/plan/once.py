"""Have a unit that several steps of a stage start anew start once: after the last of its files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from nowfab.plan.changes import Change, SetUnit


def once(wanted: Sequence[Sequence[Change]]) -> list[tuple[Change, ...]]:
    """Give the changes that each step wants, without those of a unit that a later restart stands for.

    It stands for all that was wanted of the unit before, as what comes between was decided on that.
    """
    kept: list[tuple[int, Change]] = []
    for number, changes in enumerate(wanted):
        for change in changes:
            if isinstance(change, SetUnit) and change.restart:
                before = [each for _, each in kept if isinstance(each, SetUnit) and each.name == change.name]
                if _run(before):
                    kept = [(at, each) for at, each in kept if each not in before]
                    change = reduce(_joined, (*before, change))
            kept.append((number, change))
    return [tuple(change for at, change in kept if at == number) for number in range(len(wanted))]


def _run(before: Sequence[SetUnit]) -> bool:
    """Say whether a unit was started by these, and stopped by none."""
    started = any(change.restart or change.running for change in before)
    return started and all(change.running is not False for change in before)


def _joined(first: SetUnit, then: SetUnit) -> SetUnit:
    """Make one change of two; a restart starts what does not run, and what was started for another's sake."""
    enabled = first.enabled if then.enabled is None else then.enabled
    running = first.running if then.running is None else then.running
    return SetUnit(first.name, first.was, enabled, running, restart=True)
