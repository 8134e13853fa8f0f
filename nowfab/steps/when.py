"""Have a step hold only where the node answers so."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from nowfab.inventory.strict_yaml import Value
from nowfab.plan.changes import Change
from nowfab.plan.questions import Absent, OutputOf, PackageNamed, PathAt, Question, SysctlNamed, UnitNamed
from nowfab.plan.steps import Step
from nowfab.plan.view import View
from nowfab.steps import fields
from nowfab.steps.kind import Read


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that a node is asked, and whether its answers mean yes."""

    questions: tuple[Question, ...]
    holds: Callable[[View], bool]


@dataclass(frozen=True, slots=True)
class Predicate:
    """A kind of condition: what reads its value, what makes the condition, and an example of the value."""

    read: Read
    make: Callable[[Any], Condition]
    example: str

    def of(self, value: Value) -> Condition:
        """Make the condition that is meant by a value; FileError."""
        return self.make(self.read(value))


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


def exists(path: str) -> Condition:
    """Hold where anything stands there."""
    question = PathAt(path, content=False)
    return Condition((question,), lambda view: not isinstance(view.at(path, content=False), Absent))


def package(names: tuple[str, ...]) -> Condition:
    """Hold where all of them are installed."""
    questions = tuple(map(PackageNamed, names))
    return Condition(questions, lambda view: all(view.package(name).version for name in names))


def running(name: str) -> Condition:
    """Hold where it runs."""
    return Condition((UnitNamed(name),), lambda view: view.unit(name).active == "active")


def sysctl(key: str) -> Condition:
    """Hold where the kernel has it, and its value is not 0."""
    return Condition((SysctlNamed(key),), lambda view: view.sysctl(key).value not in (None, "0"))


def succeeds(argv: tuple[str, ...]) -> Condition:
    """Hold where it ends with 0; it must change nothing."""
    return Condition((OutputOf(argv),), lambda view: view.said(*argv).code == 0)


def true(wanted: bool) -> Condition:
    """Hold where that is true."""
    return Condition((), lambda view: wanted)


CONDITIONS: Mapping[str, Predicate] = {
    "exists": Predicate(fields.path, exists, "/etc/hostname"),
    "package": Predicate(fields.packages, package, "[sudo, openssh-server]"),
    "running": Predicate(fields.unit, running, "ssh.service"),
    "sysctl": Predicate(fields.sysctl, sysctl, "kernel.pid_max"),
    "succeeds": Predicate(fields.argv, succeeds, "[grep, -q, root, /etc/passwd]"),
    "is": Predicate(fields.boolean, true, "\"{{ node.name != 'red01' }}\""),
}
"""By the key that begins a condition."""
