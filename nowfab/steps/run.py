"""Have a program run, once or until something is there."""

from __future__ import annotations

import shlex

from nowfab.blobs import Blob
from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.questions import Absent, OutputOf, PathAt, Question
from nowfab.plan.steps import Step
from nowfab.plan.view import View


def run(
    argv: tuple[str, ...],
    creates: str | None = None,
    unless: tuple[str, ...] | None = None,
    undo: tuple[str, ...] | None = None,
    stdin: Blob | None = None,
) -> Step:
    """Run the program unless the path `creates` is there, or `unless` ends with 0.

    Without either it runs each time that the plan is applied.
    """
    questions: list[Question] = []
    if creates is not None:
        questions.append(PathAt(creates, content=False))
    if unless is not None:
        questions.append(OutputOf(unless))

    def decide(view: View) -> tuple[Change, ...]:
        if creates is not None and not isinstance(view.at(creates, content=False), Absent):
            return ()
        if unless is not None and view.said(*unless).code == 0:
            return ()
        return (RunArgv(argv, undo, stdin),)

    return Step(f"run {shlex.join(argv)}", tuple(questions), decide, rests=bool(questions))
