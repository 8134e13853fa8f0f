"""A step with a condition wants its changes where the node answers so, and waits where it cannot tell yet."""

from __future__ import annotations

import pytest

from nowfab.blobs import Blob
from nowfab.errors import FileError, Place
from nowfab.plan.changes import RunArgv
from nowfab.plan.decide import next_stage
from nowfab.plan.questions import (
    Absent,
    Answer,
    CannotTell,
    Folder,
    OutputOf,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Said,
    Sysctl,
    SysctlNamed,
    Unit,
    UnitNamed,
)
from nowfab.plan.steps import Plan
from nowfab.plan.view import View
from nowfab.steps import document

YES: dict[str, tuple[Question, Answer]] = {
    "exists: /a": (PathAt("/a", False), Folder(0o755, "root", "root")),
    "package: ab": (PackageNamed("ab"), Package("1.0")),
    "running: a": (UnitNamed("a"), Unit("enabled", "active", 1.0)),
    "sysctl: net.a": (SysctlNamed("net.a"), Sysctl("1")),
    "succeeds: test -e /a": (OutputOf(("test", "-e", "/a")), Said(0, b"", b"")),
}
NO: dict[str, Answer] = {
    "exists: /a": Absent(),
    "package: ab": Package(),
    "running: a": Unit("disabled", "inactive", 0.0),
    "sysctl: net.a": Sysctl("0"),
    "succeeds: test -e /a": Said(1, b"", b""),
}


def build(condition: str) -> Plan:
    return _plan(f"title: t\nsteps:\n  - run: {{argv: [date], always: true}}\n    {condition}\n")


def _plan(text: str) -> Plan:
    def source(name: str, place: Place) -> Blob:
        raise AssertionError(name)

    return document.build(document.read(text, "plan.yaml"), lambda text: text.value, source)


def wanted(condition: str, answer: Answer | None) -> int:
    plan = build(condition)
    answers = {question: answer for question in plan.questions if answer is not None}
    return len(next_stage(plan.steps, View(answers)).changes)


@pytest.mark.parametrize("condition", YES)
def test_when_and_unless_are_opposites(condition: str) -> None:
    question, yes = YES[condition]

    assert (question,) == build(f"when: {{{condition}}}").questions
    assert (1, 0) == (wanted(f"when: {{{condition}}}", yes), wanted(f"when: {{{condition}}}", NO[condition]))
    assert (0, 1) == (
        wanted(f"unless: {{{condition}}}", yes),
        wanted(f"unless: {{{condition}}}", NO[condition]),
    )


def test_all_conditions_must_hold() -> None:
    assert (1, 0) == (wanted("when: {is: 'true'}", None), wanted("when: {is: 'True', exists: /a}", Absent()))
    assert 0 == wanted("when: {is: 'false'}", None)


def test_a_node_that_cannot_answer_is_refused_and_not_passed_over() -> None:
    plan = build("when: {package: ab}")
    stage = next_stage(plan.steps, View({plan.questions[0]: CannotTell("no dpkg")}))

    assert (0, "run date: no dpkg") == (len(stage.changes), stage.refused)


def test_a_condition_on_what_the_plan_changes_waits_for_it() -> None:
    text = (
        "title: t\nsteps:\n"
        "  - run: {argv: [make], creates: /done}\n"
        "  - run: {argv: [date], always: true}\n    when: {succeeds: test -e /x}\n"
    )
    plan = _plan(text)
    says = Said(1, b"", b"")
    answers: dict[Question, Answer] = {PathAt("/done", False): Absent(), OutputOf(("test", "-e", "/x")): says}
    stage = next_stage(plan.steps, View(answers))

    assert ((RunArgv(("make",)),), 1) == (stage.changes, len(stage.rest))


def test_a_condition_that_cannot_be_meant_has_its_line() -> None:
    with pytest.raises(FileError, match=r"plan.yaml:4: .*true or false"):
        build("when: {is: perhaps}")
