"""A service starts anew once, after the last of its files, and only where one of them became another."""

from __future__ import annotations

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan import diff
from nowfab.plan.changes import SetUnit
from nowfab.plan.decide import Stage, foresee, next_stage
from nowfab.plan.questions import (
    Absent,
    Answer,
    File,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Unit,
    UnitNamed,
)
from nowfab.plan.steps import Step
from nowfab.plan.view import View
from nowfab.steps.file import file
from nowfab.steps.package import package
from nowfab.steps.run import run
from nowfab.steps.service import service
from tests.steps.cases import a_file

A, B, C = "/etc/page/a", "/etc/page/b", "/etc/page/c"
UNIT = "page.service"
NEW = MemoryBlob(b"new")
RUNS, OFF = Unit("enabled", "active", 10.0), Unit("disabled", "inactive")
RESTART = "restart page.service"


def step(*paths: str, enabled: bool | None = None, running: bool | None = None) -> Step:
    return service(UNIT, enabled, running, paths)


def write(path: str) -> Step:
    return file(path, NEW)


def node(unit: Unit = RUNS, changed: float = 9.0, content: bytes = b"old") -> View:
    answers: dict[Question, Answer] = {UnitNamed(UNIT): unit, PackageNamed("tmux"): Package()}
    for path in (A, B, C):
        known = a_file(content, changed=changed)
        bare = File(known.sha256, known.mode, known.owner, known.group, None, changed)
        answers |= {PathAt(path): known, PathAt(path, content=False): bare}
    return View(answers)


def lines(stage: Stage) -> list[str]:
    return [diff.headline(change).partition(":")[0] for change in stage.changes]


WRITES = [f"change {path}" for path in (A, B, C)]
ONCE = {
    "several files, one service": ((write(A), write(B), write(C), step(A, B, C)), [*WRITES, RESTART]),
    "two services of one unit at the end": ((write(A), write(B), step(A), step(B)), [*WRITES[:2], RESTART]),
    "a file between two services of its unit": (
        (write(A), step(A), write(B), step(B)),
        [*WRITES[:2], RESTART],
    ),
    "three times": ((write(A), step(A), write(B), step(B), write(C), step(C)), [*WRITES, RESTART]),
    "a file that none of them reads": ((write(A), step(A), write(B)), [WRITES[0], RESTART, WRITES[1]]),
    "what the first one enables": (
        (write(A), step(A, enabled=False), write(B), step(B)),
        [*WRITES[:2], f"disable, {RESTART}"],
    ),
}


@pytest.mark.parametrize("what", ONCE)
def test_one_restart_after_the_last_of_its_files(what: str) -> None:
    """A service that was started before its last file was written would run with the old one."""
    steps, expected = ONCE[what]
    stage = next_stage(steps, node())

    assert (expected, ()) == (lines(stage), stage.rest)
    assert expected == lines(foresee(steps, node())), "check says what apply does"


@pytest.mark.parametrize("what", ONCE)
def test_where_no_file_became_another_nothing_is_restarted(what: str) -> None:
    steps, _ = ONCE[what]
    stage = next_stage(steps, node(Unit("disabled", "active", 10.0), content=b"new"))

    assert () == stage.changes


@pytest.mark.parametrize("what", ONCE)
def test_asked_again_after_that_nothing_is_wanted(what: str) -> None:
    steps, _ = ONCE[what]
    view = node()
    for change in next_stage(steps, view).changes:
        view = view.after(change)

    assert () == next_stage(steps, view).changes


def test_a_start_before_the_last_file_is_a_start_behind_it() -> None:
    """It stands for the other two, and is decided on how the unit was before them."""
    steps = (step(running=True), step(enabled=True), write(A), step(A))
    stage = next_stage(steps, node(OFF))

    assert [WRITES[0], f"enable, {RESTART}"] == lines(stage)
    assert SetUnit(UNIT, OFF, True, True, restart=True) == stage.changes[-1]
    assert [True, True, False, False] == [wanted.deferred for wanted in stage.wanted]


def test_what_is_stopped_in_between_is_not_started_for_that() -> None:
    steps = (write(A), step(A), step(running=False), write(B), step(B))

    assert [WRITES[0], RESTART, "stop page.service", WRITES[1]] == lines(next_stage(steps, node()))


def test_units_do_not_stand_for_one_another() -> None:
    other = service("other.service", after_change_of=(A,))
    view = View({**node().answers, UnitNamed("other.service"): RUNS})
    stage = next_stage((write(A), other, step(A), write(B), step(B)), view)

    assert [WRITES[0], "restart other.service", WRITES[1], RESTART] == lines(stage)


def test_a_package_in_between_does_not_make_two_of_it() -> None:
    steps = (write(A), step(A), package(("tmux",)), write(B), step(B))

    assert [WRITES[0], "install tmux", WRITES[1], RESTART] == lines(next_stage(steps, node()))


def test_a_program_in_between_finds_the_service_started_anew() -> None:
    """It may need it; what it leaves behind is asked for, in a later stage."""
    program = run(("make",))
    stage = next_stage((write(A), step(A), program, write(B), step(B)), node())

    assert [WRITES[0], RESTART, "run make"] == lines(stage)
    assert 2 == len(stage.rest)


def test_a_guarded_restart_has_tried_all_files_of_its_stage() -> None:
    """It comes after all of them there, so nothing of it is left for the stage behind a package."""
    one, two = "/etc/ssh/sshd_config.d/1.conf", "/etc/ssh/sshd_config.d/2.conf"
    restarts = tuple(service("ssh.service", after_change_of=(path,)) for path in (one, two))
    known = {PathAt(path, content): Absent() for path in (one, two) for content in (True, False)}
    view = View({**node().answers, **known, UnitNamed("ssh.service"): RUNS})
    tail = (package(("tmux",)), restarts[1])
    stage = next_stage((write(one), restarts[0], write(two), *tail), view)

    assert ("", tail) == (stage.refused, stage.rest)
    assert next_stage((write(one), write(two), *tail), view).refused, "where nothing has tried it"


@pytest.mark.parametrize("running", [None, True])
def test_a_restart_that_failed_is_tried_again_once_a_file_is_younger(running: bool | None) -> None:
    """The file that made it fail is younger than its last start; and so is the one that mends it."""
    view = node(Unit("enabled", "failed", 10.0), changed=11.0)

    assert [RESTART] == lines(next_stage((step(A, running=running),), view))


def test_a_unit_that_failed_for_other_reasons_is_left_alone() -> None:
    assert () == next_stage((step(A),), node(Unit("enabled", "failed", 10.0))).changes
