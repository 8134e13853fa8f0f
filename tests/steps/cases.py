"""Hold a step, as a pure decider, to the law of all steps: what a node says, and what is wanted then."""

from __future__ import annotations

from dataclasses import dataclass, field

from nowfab.blobs import MemoryBlob
from nowfab.plan import diff
from nowfab.plan.changes import AptChange, RunArgv, WriteFile
from nowfab.plan.questions import Answer, File, OutputOf, PathAt, Question
from nowfab.plan.steps import Step
from nowfab.plan.view import View


def a_file(content: bytes, mode: int = 0o644, owner: str = "root", changed: float = 0.0) -> File:
    blob = MemoryBlob(content)
    return File(blob.sha256, mode, owner, "root", blob, changed)


@dataclass(frozen=True)
class Case:
    """`wants` are the headlines; `text` is what the file says afterwards, None where that is not asked."""

    step: Step
    answers: dict[Question, Answer]
    wants: list[str] = field(default_factory=list)
    text: bytes | None = None


def at(path: str, standing: Answer, content: bool = True) -> dict[Question, Answer]:
    return {PathAt(path, content): standing}


def lawful(case: Case) -> None:
    """See that it wants what is missing, asks nothing else, and once that is made wants nothing."""
    assert set(case.answers) == set(case.step.questions), "a node is asked just these"
    view = View(case.answers)
    changes = case.step.decide(view)
    assert case.wants == [diff.headline(change) for change in changes]
    if case.text is not None:
        written = [change.content for change in changes if isinstance(change, WriteFile)]
        assert [case.text] == [blob.head(blob.size) for blob in written]
    told = any(isinstance(question, OutputOf) for question in case.step.questions)
    if changes and (told or any(isinstance(change, RunArgv | AptChange) for change in changes)):
        return  # what a program leaves behind, or says then, is known only on a node
    for change in changes:
        view = view.after(change)
    assert () == case.step.decide(view)
