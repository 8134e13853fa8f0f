"""Say what a plan is: steps in order, each of which asks and then wants changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from nowfab.plan.changes import Change
from nowfab.plan.questions import OutputOf, Question
from nowfab.plan.view import View


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that should be so on a node.

    `decide` is pure: given the answers to `questions` it names the changes that are missing, none
    where all is well; it raises what the view raises, and Refused where the step cannot be. A step
    that `rests` wants nothing any more once its changes are made; only a program that runs each time
    does not.
    """

    title: str
    questions: tuple[Question, ...]
    decide: Callable[[View], tuple[Change, ...]]
    rests: bool = True


class Refused(Exception):
    """The step cannot be done on this node, and why; nothing after it is done either."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What should be so on one node, in order; `gathers` are named values that others need afterwards."""

    title: str
    steps: tuple[Step, ...]
    gathers: tuple[tuple[str, OutputOf], ...] = ()

    @property
    def questions(self) -> tuple[Question, ...]:
        """Everything that is to be asked, each once."""
        asked = (question for step in self.steps for question in step.questions)
        return tuple(dict.fromkeys((*asked, *(question for _, question in self.gathers))))
