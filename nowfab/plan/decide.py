"""Decide the next stage of a plan: the changes that can be made at once, and what must wait."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from nowfab.plan.changes import Change, RunArgv, SetUnit, WriteFile, ends_all, undoable
from nowfab.plan.dangers import closes_passwords, endangers
from nowfab.plan.diff import headline
from nowfab.plan.once import once
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import NeedsStage, Unanswered, View

_FOR_GOOD = "it could cut us off, and cannot be taken back: {}; {}`--no-rollback` makes it all the same"
_WITH_UNDO = "with an `undo` it would be guarded, "
_LATE = (
    "it restarts `{}` in a later stage, after `{}`; until then `{}` would be confirmed untried, "
    "so put this step right behind that one"
)
_EDITED = (
    "somebody has edited it there; `--overwrite` replaces that and keeps the old file, `check` shows both"
)
_TORN = "it wants one change that could cut us off and one that cannot be taken back; make two steps of it"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The changes that one step wants; `deferred` says that a later step of its stage makes more of them.

    `maybe` is the change after which it can be told, None when it is told.
    """

    step: Step
    changes: tuple[Change, ...] = ()
    maybe: Change | None = None
    deferred: bool = False


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

    @property
    def by_key(self) -> bool:
        """Whether a key must let us in before it is made, since passwords will not any more."""
        return any(map(closes_passwords, self.changes))


def next_stage(steps: Sequence[Step], view: View, guards: bool = True, overwrite: bool = False) -> Stage:
    """Take steps for as long as they can be decided, and may go together; without guards all may.

    What somebody else has edited is refused unless it may be overwritten. What turns passwords off
    begins a stage: the keys that must let us in then are there before.
    """
    wanted: list[Wanted] = []
    began = view
    for number, step in enumerate(steps):
        stage = Stage(tuple(wanted), tuple(steps[number:]))
        try:
            changes = step.decide(view)
        except NeedsStage:
            return _cut(stage, began, view, guards)
        except (Refused, Unanswered) as error:
            return Stage((), (), f"{step.title}: {error}")
        if refused := _against(changes, guards, overwrite):
            return Stage((), (), f"{step.title}: {refused}")
        if _apart(stage.changes, changes, guards):
            return _cut(stage, began, view, guards)
        wanted.append(Wanted(step, changes))
        view = _after(view, changes)
    return Stage(_once(wanted))


def foresee(steps: Sequence[Step], view: View, guards: bool = True, overwrite: bool = False) -> Stage:
    """Decide all steps without making anything; what cannot be told yet is `maybe`.

    What `next_stage` would refuse is refused here too, as far as it can be told.
    """
    wanted: list[Wanted] = []
    began, cut = view, 0  # of the stage that would be under way
    for number, step in enumerate(steps):
        stage = Stage(tuple(wanted[cut:]), tuple(steps[number:]))
        changes: tuple[Change, ...] = ()
        maybe = None
        try:
            changes = step.decide(view)
        except NeedsStage as error:
            maybe = error.change
        except (Refused, Unanswered) as error:
            return Stage(tuple(wanted), (), f"{step.title}: {error}")
        if maybe or _apart(stage.changes, changes, guards):
            ended = _cut(stage, began, view, guards)
            if ended.refused:
                return Stage(tuple(wanted), (), ended.refused)
            wanted[cut:] = ended.wanted
            began, cut = view, number
        wanted.append(Wanted(step, changes, maybe))
        if refused := _against(changes, guards, overwrite):
            return Stage(tuple(wanted), (), f"{step.title}: {refused}")
        view = view.unsure(step.questions, maybe) if maybe else _after(view, changes)
    return Stage((*wanted[:cut], *_once(wanted[cut:])))


def _against(changes: Sequence[Change], guards: bool, overwrite: bool) -> str:
    """Say why a step's changes are not made, "" where they may be."""
    if not overwrite and _edited(changes):
        return _EDITED
    lost = [change for change in changes if endangers(change) and not undoable(change)]
    if guards and lost:
        could = isinstance(lost[0], RunArgv) and not ends_all(lost[0])
        return _FOR_GOOD.format(headline(lost[0]), _WITH_UNDO if could else "")
    return _TORN if guards and not _together(changes) else ""


def _apart(before: Sequence[Change], changes: Sequence[Change], guards: bool) -> bool:
    """Say whether changes begin a stage of their own behind those before."""
    closing = bool(before) and any(map(closes_passwords, changes))
    return closing or (guards and not _together([*before, *changes]))


def _cut(stage: Stage, began: View, view: View, guards: bool) -> Stage:
    """End a stage before all is decided, unless it would be confirmed before what it is for has been tried.

    sshd reads a new file only when it is restarted: were that in a later stage, the file would have been
    confirmed by then, and nothing would take it back. `view` is the node once the stage is made; what
    that itself restarts it restarts behind all its files.
    """
    stage = replace(stage, wanted=_once(stage.wanted))
    tried = {change.name for change in stage.changes if isinstance(change, SetUnit) and change.restart}
    for step in stage.rest[1:] if guards and stage.guarded else ():
        before = _restarts(step, began)
        late = [each for each in _restarts(step, view) if each not in before and each.name not in tried]
        if late:
            first = next(wanted for wanted in stage.wanted if any(map(endangers, wanted.changes)))
            why = _LATE.format(late[0].name, stage.rest[0].title, first.step.title)
            return Stage((), (), f"{step.title}: {why}")
    return stage


def _once(wanted: Sequence[Wanted]) -> tuple[Wanted, ...]:
    """Have each unit start anew once in a stage."""
    kept = once([each.changes for each in wanted])
    return tuple(
        replace(each, changes=changes, deferred=len(changes) < len(each.changes))
        for each, changes in zip(wanted, kept, strict=True)
    )


def _after(view: View, changes: Sequence[Change]) -> View:
    for change in changes:
        view = view.after(change)
    return view


def _restarts(step: Step, view: View) -> list[SetUnit]:
    """Give the restarts that a step would want, of units that could cut us off; none where it cannot tell."""
    try:
        changes = step.decide(view)
    except (NeedsStage, Refused, Unanswered):
        return []
    return [
        change for change in changes if isinstance(change, SetUnit) and change.restart and endangers(change)
    ]


def _edited(changes: Sequence[Change]) -> bool:
    return any(isinstance(change, WriteFile) and change.edited for change in changes)


def _together(changes: Sequence[Change]) -> bool:
    """Say whether changes may be one stage: what a guard takes back must be all of it."""
    return all(map(undoable, changes)) or not any(map(endangers, changes))
