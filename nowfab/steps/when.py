"""Have a step hold only where the node answers so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from nowfab.inventory.strict_yaml import Value
from nowfab.plan.changes import Change
from nowfab.plan.questions import Absent, OutputOf, PackageNamed, PathAt, Question, SysctlNamed, UnitNamed
from nowfab.plan.steps import Step
from nowfab.plan.view import View
from nowfab.steps import fields


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a node is asked, and whether its answers mean yes."""

    questions: tuple[Question, ...]
    holds: Callable[[View], bool]


def step(inner: Step, all_of: Sequence[Condition], none_of: Sequence[Condition]) -> Step:
    """Make the step that wants what `inner` wants, where all of these and none of those hold."""
    if not all_of and not none_of:
        return inner
    asked = (question for condition in (*all_of, *none_of) for question in condition.questions)

    def decide(view: View) -> tuple[Change, ...]:
        if not all(condition.holds(view) for condition in all_of):
            return ()
        if any(condition.holds(view) for condition in none_of):
            return ()
        return inner.decide(view)

    questions = tuple(dict.fromkeys((*asked, *inner.questions)))
    return replace(inner, questions=questions, decide=decide)


def exists(value: Value) -> Condition:
    """Hold where anything stands at a path."""
    path = fields.path(value)
    question = PathAt(path, content=False)
    return Condition((question,), lambda view: not isinstance(view.at(path, content=False), Absent))


def package(value: Value) -> Condition:
    """Hold where all these packages are installed."""
    names = fields.packages(value)
    questions = tuple(map(PackageNamed, names))
    return Condition(questions, lambda view: all(view.package(name).version for name in names))


def running(value: Value) -> Condition:
    """Hold where a unit runs."""
    name = fields.unit(value)
    return Condition((UnitNamed(name),), lambda view: view.unit(name).active == "active")


def sysctl(value: Value) -> Condition:
    """Hold where a kernel parameter is something else than 0."""
    key = fields.sysctl(value)
    return Condition((SysctlNamed(key),), lambda view: view.sysctl(key).value not in (None, "0"))


def succeeds(value: Value) -> Condition:
    """Hold where a program, which must change nothing, ends with 0."""
    argv = fields.argv(value)
    return Condition((OutputOf(argv),), lambda view: view.said(*argv).code == 0)


def true(value: Value) -> Condition:
    """Hold where a text is `true`, as `{{ node.role == "master" }}` becomes."""
    wanted = fields.boolean(value)
    return Condition((), lambda view: wanted)


CONDITIONS: Mapping[str, Callable[[Value], Condition]] = {
    "exists": exists,
    "package": package,
    "running": running,
    "sysctl": sysctl,
    "succeeds": succeeds,
    "is": true,
}
"""By the key that begins a condition."""
