"""A plan is cut into stages where it cannot be told yet, and where a guard could not take it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import Change, Packages, RunArgv, SetUnit, WriteFile
from nowfab.plan.decide import Stage, foresee, next_stage
from nowfab.plan.questions import (
    Absent,
    Answer,
    CannotTell,
    File,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Unit,
    UnitNamed,
)
from nowfab.plan.steps import Plan, Refused, Step
from nowfab.plan.view import View

ANSWERS: dict[Question, Answer] = {
    PackageNamed("nginx"): Package(),
    PathAt("/etc/nginx.conf"): Absent(),
    PathAt("/etc/ssh/sshd_config"): Absent(),
    PathAt("/etc/motd"): Absent(),
    UnitNamed("nginx"): Unit("enabled", "active", 3.0),
}


def _package(view: View) -> tuple[Change, ...]:
    was = view.package("nginx")
    return () if was.version else (Packages(("nginx",), (), (("nginx", was),)),)


def _file(path: str, content: bytes = b"hi\n") -> Step:
    def decide(view: View) -> tuple[Change, ...]:
        was = view.at(path)
        if isinstance(was, File):
            return ()
        return (WriteFile(path, MemoryBlob(content), 0o644, "root", "root", was),)

    return Step(f"file {path}", (PathAt(path),), decide)


def _restart(view: View) -> tuple[Change, ...]:
    conf, unit = view.at("/etc/nginx.conf"), view.unit("nginx")
    if isinstance(conf, File) and conf.changed > unit.since:
        return (SetUnit("nginx", unit, restart=True),)
    return ()


PACKAGE = Step("package nginx", (PackageNamed("nginx"),), _package)
CONF = _file("/etc/nginx.conf")
MOTD = _file("/etc/motd")
SSHD = _file("/etc/ssh/sshd_config")
SERVICE = Step("service nginx", (UnitNamed("nginx"), PathAt("/etc/nginx.conf")), _restart)


def test_what_a_package_decides_waits_for_it() -> None:
    stage = next_stage((PACKAGE, CONF, SERVICE), View(ANSWERS))

    assert ["package nginx"] == [wanted.step.title for wanted in stage.wanted]
    assert (CONF, SERVICE) == stage.rest


def test_a_restart_is_decided_in_one_stage_with_the_file_that_asks_for_it() -> None:
    stage = next_stage((CONF, SERVICE), View(ANSWERS))

    assert [WriteFile, SetUnit] == [type(change) for change in stage.changes]
    assert () == stage.rest


def test_asked_again_after_all_is_made_nothing_is_wanted() -> None:
    steps = (CONF, SERVICE, MOTD)
    view = View(ANSWERS)
    for change in next_stage(steps, view).changes:
        view = view.after(change)

    assert () == next_stage(steps, view).changes


def test_a_guarded_change_does_not_go_with_one_that_cannot_be_taken_back() -> None:
    first = next_stage((PACKAGE, SSHD, MOTD), View(ANSWERS))
    assert (PACKAGE,) == tuple(wanted.step for wanted in first.wanted)
    assert not first.guarded

    second = next_stage((SSHD, MOTD, PACKAGE), View(ANSWERS))
    assert (SSHD, MOTD) == tuple(wanted.step for wanted in second.wanted)
    assert second.guarded
    assert (PACKAGE,) == second.rest


def test_what_turns_passwords_off_begins_a_stage_with_or_without_guards() -> None:
    """The keys that must let us in from then on are there before, and can be tried."""
    keys = _file("/home/pi/.ssh/authorized_keys")
    close = _file("/etc/ssh/sshd_config.d/x.conf", b"PasswordAuthentication no\n")
    view = View({question: Absent() for step in (keys, close, MOTD) for question in step.questions})
    for guards in (True, False):
        first = next_stage((keys, close, MOTD), view, guards)
        second = next_stage(first.rest, view, guards)

        assert ((keys,), False) == (tuple(wanted.step for wanted in first.wanted), first.by_key)
        assert ((close, MOTD), True) == (tuple(wanted.step for wanted in second.wanted), second.by_key)


def test_one_step_that_wants_both_is_refused() -> None:
    """It could be neither guarded nor left unguarded."""
    both = Step("both", (), lambda view: (*SSHD.decide(view), RunArgv(("make",))))
    stage = next_stage((MOTD, both), View(ANSWERS))

    assert () == stage.changes
    assert stage.refused.startswith("both: it wants one change that could cut us off")


def test_what_cuts_us_off_for_good_is_made_only_by_who_wants_no_guard() -> None:
    """The removal of sshd: nothing could take it back."""
    sshd = Packages((), ("openssh-server",), (("openssh-server", Package("1")),))
    step = Step("package openssh-server", (), lambda view: (sshd,))
    guarded, bare = (next_stage((SSHD, step), View(ANSWERS), guards) for guards in (True, False))

    assert guarded.refused.startswith("package openssh-server: it could cut us off, and cannot be taken back")
    assert "`--no-rollback`" in guarded.refused
    assert (SSHD, step) == tuple(wanted.step for wanted in bare.wanted)


@pytest.mark.parametrize("argv", [("systemctl", "reboot"), ("poweroff",), ("nft", "flush", "ruleset")])
def test_a_program_that_could_cut_us_off_for_good_is_refused_and_told_what_would_help(
    argv: tuple[str, ...],
) -> None:
    """An undo helps against a firewall, and against nothing that ends the node."""
    stage = next_stage((Step("run", (), lambda view: (RunArgv(argv),)),), View(ANSWERS))

    assert f"cannot be taken back: run {' '.join(argv)}; " in stage.refused
    assert (argv[0] == "nft") == ("with an `undo`" in stage.refused)


def _ssh(view: View) -> tuple[Change, ...]:
    conf, unit = view.at("/etc/ssh/sshd_config"), view.unit("ssh")
    if isinstance(conf, File) and conf.changed > unit.since:
        return (SetUnit("ssh", unit, restart=True),)
    return ()


SSH = Step("service ssh", (UnitNamed("ssh"), PathAt("/etc/ssh/sshd_config")), _ssh)
WITH_SSH: dict[Question, Answer] = {**ANSWERS, UnitNamed("ssh"): Unit("enabled", "active", 3.0)}
MAKE = Step("run make", (), lambda view: (RunArgv(("make",)),))


@pytest.mark.parametrize("between", [PACKAGE, MAKE])
@pytest.mark.parametrize("decide", [next_stage, foresee])
def test_a_file_that_would_be_confirmed_before_it_is_tried_is_refused(
    between: Step, decide: Callable[..., Stage]
) -> None:
    """sshd reads it only when it is restarted, and then nothing would take it back."""
    stage = decide((SSHD, between, SSH), View(WITH_SSH))

    assert stage.refused == (
        f"service ssh: it restarts `ssh` in a later stage, after `{between.title}`; until then "
        "`file /etc/ssh/sshd_config` would be confirmed untried, so put this step right behind that one"
    )


@pytest.mark.parametrize("decide", [next_stage, foresee])
def test_a_file_and_its_restart_in_one_stage_are_fine(decide: Callable[..., Stage]) -> None:
    """Also where something that cannot be guarded comes before or after both."""
    for steps in ((SSHD, SSH, PACKAGE), (PACKAGE, SSHD, SSH), (SSHD, SSH)):
        assert "" == decide(steps, View(WITH_SSH)).refused


def test_a_restart_that_is_due_anyway_is_no_matter_of_this_file() -> None:
    changed = File(b"", 0o644, "root", "root", changed=9.0)
    view = View({**WITH_SSH, PathAt("/etc/ssh/sshd_config"): changed, PathAt("/etc/sudoers"): Absent()})

    assert "" == next_stage((_file("/etc/sudoers"), PACKAGE, SSH), view).refused


@pytest.mark.parametrize("guards", [True, False])
def test_check_refuses_what_apply_would(guards: bool) -> None:
    """A check that promises it would be wrong about the one thing it is asked."""
    sshd = Packages((), ("openssh-server",), (("openssh-server", Package("1")),))
    step = Step("package openssh-server", (), lambda view: (sshd,))
    told = foresee((MOTD, step), View(ANSWERS), guards).refused

    assert next_stage((MOTD, step), View(ANSWERS), guards).refused == told
    assert guards == bool(told)


def test_a_step_that_cannot_be_keeps_everything_as_it_is() -> None:
    def never(view: View) -> tuple[Change, ...]:
        raise Refused("there is no such interface")

    stage = next_stage((MOTD, Step("network", (), never)), View(ANSWERS))

    assert ((), "network: there is no such interface") == (stage.changes, stage.refused)


def test_a_node_that_cannot_answer_is_refused_with_its_reason() -> None:
    stage = next_stage((PACKAGE,), View({PackageNamed("nginx"): CannotTell("there is no apt")}))

    assert "package nginx: there is no apt" == stage.refused


def test_what_cannot_be_foreseen_is_maybe_and_the_rest_is_told() -> None:
    stage = foresee(
        (PACKAGE, CONF, SERVICE, _file("/etc/motd")), View({**ANSWERS, PathAt("/etc/motd"): _old()})
    )

    assert [False, True, True, False] == [wanted.maybe is not None for wanted in stage.wanted]
    assert isinstance(stage.wanted[1].maybe, Packages)


def _old() -> File:
    return File(b"", 0o644, "root", "root")


def test_a_plan_asks_everything_once() -> None:
    plan = Plan("web", (PACKAGE, CONF, SERVICE))

    assert (PackageNamed("nginx"), PathAt("/etc/nginx.conf"), UnitNamed("nginx")) == plan.questions
