"""Decide the next stage of a plan: the changes that can be made at once, and what must wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nowfab.plan.changes import Change, WriteFile, undoable
from nowfab.plan.dangers import endangers
from nowfab.plan.diff import headline
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import NeedsStage, Unanswered, View

_FOR_GOOD = "it could cut us off, and cannot be taken back: {}; `--no-rollback` makes it all the same"
_EDITED = (
    "somebody has edited it there; `--overwrite` replaces that and keeps the old file, `check` shows both"
)
_TORN = "it wants one change that could cut us off and one that cannot be taken back; make two steps of it"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The changes that one step wants; `maybe` says after which change it can be told, "" when it is told."""

    step: Step
    changes: tuple[Change, ...] = ()
    maybe: Change | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """Changes that are made in one go. `rest` are the steps that are decided after it.

    `refused` is why the plan cannot go on on this node, "" when it can: then nothing is made.
    """

    wanted: tuple[Wanted, ...]
    rest: tuple[Step, ...] = ()
    refused: str = ""

    @property
    def changes(self) -> tuple[Change, ...]:
        """All changes in order."""
        return tuple(change for wanted in self.wanted for change in wanted.changes)

    @property
    def guarded(self) -> bool:
        """Whether one of them could cut us off, so that all must be taken back unless confirmed."""
        return any(map(endangers, self.changes))


def next_stage(steps: Sequence[Step], view: View, guards: bool = True, overwrite: bool = False) -> Stage:
    """Take steps for as long as they can be decided, and may go together; without guards all may.

    What somebody else has edited is refused unless it may be overwritten.
    """
    wanted: list[Wanted] = []
    for number, step in enumerate(steps):
        try:
            changes = step.decide(view)
        except NeedsStage:
            return Stage(tuple(wanted), tuple(steps[number:]))
        except (Refused, Unanswered) as error:
            return Stage((), (), f"{step.title}: {error}")
        if not overwrite and _edited(changes):
            return Stage((), (), f"{step.title}: {_EDITED}")
        if guards and (lost := [change for change in changes if endangers(change) and not undoable(change)]):
            return Stage((), (), f"{step.title}: {_FOR_GOOD.format(headline(lost[0]))}")
        if guards and not _together(changes):
            return Stage((), (), f"{step.title}: {_TORN}")
        if guards and not _together([*(change for some in wanted for change in some.changes), *changes]):
            return Stage(tuple(wanted), tuple(steps[number:]))
        wanted.append(Wanted(step, changes))
        for change in changes:
            view = view.after(change)
    return Stage(tuple(wanted))


def foresee(steps: Sequence[Step], view: View, overwrite: bool = False) -> Stage:
    """Decide all steps without making anything; what cannot be told yet is `maybe`."""
    wanted: list[Wanted] = []
    for step in steps:
        try:
            changes = step.decide(view)
        except NeedsStage as error:
            wanted.append(Wanted(step, maybe=error.change))
            view = view.unsure(step.questions, error.change)
            continue
        except (Refused, Unanswered) as error:
            return Stage(tuple(wanted), (), f"{step.title}: {error}")
        wanted.append(Wanted(step, changes))
        if not overwrite and _edited(changes):
            return Stage(tuple(wanted), (), f"{step.title}: {_EDITED}")
        for change in changes:
            view = view.after(change)
    return Stage(tuple(wanted))


def _edited(changes: Sequence[Change]) -> bool:
    return any(isinstance(change, WriteFile) and change.edited for change in changes)


def _together(changes: Sequence[Change]) -> bool:
    """Say whether changes may be one stage: what a guard takes back must be all of it."""
    return all(map(undoable, changes)) or not any(map(endangers, changes))
