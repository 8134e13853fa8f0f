"""Make one step of several that belong together."""

from __future__ import annotations

from collections.abc import Sequence

from nowfab.plan.changes import Change
from nowfab.plan.steps import Step
from nowfab.plan.view import View


def together(title: str, steps: Sequence[Step], act: Step | None = None) -> Step:
    """Want what all of them want, each seeing what those before it change.

    `act` runs a program, behind which nothing is known: it is decided first, and done last.
    """
    all_steps = (*steps, *(() if act is None else (act,)))
    questions = tuple(dict.fromkeys(question for step in all_steps for question in step.questions))

    def decide(view: View) -> tuple[Change, ...]:
        acts = act.decide(view) if act is not None else ()
        changes: list[Change] = []
        for step in steps:
            for change in step.decide(view):
                changes.append(change)
                view = view.after(change)
        return (*changes, *acts)

    return Step(title, questions, decide)
