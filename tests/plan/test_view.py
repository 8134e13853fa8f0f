"""A view knows what changes will make of a node, and admits what it cannot know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import (
    Change,
    FetchLists,
    MakeLink,
    Packages,
    RemovePath,
    RunArgv,
    SetSysctl,
    SetUnit,
    Upgrade,
    WriteFile,
)
from nowfab.plan.questions import (
    Absent,
    Answer,
    CannotTell,
    File,
    Link,
    OutputOf,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Reached,
    Said,
    Sysctl,
    SysctlNamed,
    TcpTo,
    Unit,
    UnitNamed,
)
from nowfab.plan.view import NOW, NeedsStage, Unanswered, View

THERE = File(b"x" * 32, 0o644, "root", "root", MemoryBlob(b"old"), 5.0)
ANSWERS: dict[Question, Answer] = {
    PathAt("/there"): THERE,
    PathAt("/gone"): Absent(),
    PathAt("/etc/link/below"): Absent(),
    PackageNamed("tmux"): Package(),
    UnitNamed("nginx"): Unit("enabled", "active", 7.0),
    UnitNamed("new"): Unit(),
    SysctlNamed("net.x"): Sysctl("0"),
    SysctlNamed("new.x"): Sysctl(None),
    OutputOf(("uptime",)): Said(0, b"root"),
    OutputOf(("getent", "passwd", "pi")): Said(0, b"pi:x:1000"),
    OutputOf(("grep", "-r", "x", "/srv/y")): Said(1, b""),
    TcpTo("red02", 22): Reached(False),
}
GREP = OutputOf(("grep", "-r", "x", "/srv/y"))
WRITE = WriteFile("/there", MemoryBlob(b"new"), 0o600, "pi", "users", THERE)
INSTALL = Packages(("tmux",), (), (("tmux", Package()),))
RESTART = SetUnit("nginx", Unit("enabled", "active", 7.0), restart=True)
SYSCTL = SetSysctl("net.x", "1", Sysctl("0"))
LINK = MakeLink("/etc/link", "/srv", Absent())
UNIT_FILE = WriteFile("/etc/systemd/system/new.service", MemoryBlob(b""), 0o644, "root", "root", Absent())


def test_a_file_that_will_be_written_is_known_with_all_it_says() -> None:
    view = View(ANSWERS).after(WRITE)

    assert File(WRITE.content.sha256, 0o600, "pi", "users", WRITE.content, NOW) == view.at("/there")
    assert Absent() == view.at("/gone")


def test_a_second_change_of_one_file_sees_the_first() -> None:
    """Where the second decides on what was, it undoes the first."""
    second = WriteFile(
        "/there", MemoryBlob(b"newer"), 0o600, "pi", "users", View(ANSWERS).after(WRITE).at("/there")
    )

    assert second.content == _content(View(ANSWERS).after(WRITE).after(second).at("/there"))


def _content(standing: object) -> object:
    return standing.content if isinstance(standing, File) else None


def test_a_secret_content_is_not_kept_in_the_view() -> None:
    secret = WriteFile("/there", MemoryBlob(b"psk"), 0o600, "root", "root", THERE, secret=True)

    assert _content(View(ANSWERS).after(secret).at("/there", content=False)) is None


def test_removed_linked_installed_set_are_known() -> None:
    view = View(ANSWERS).after(RemovePath("/there", THERE)).after(LINK).after(SYSCTL)

    assert Absent() == view.at("/there")
    assert Link("/srv") == view.at("/etc/link")
    assert Sysctl("1") == view.sysctl("net.x")
    assert view.after(INSTALL).package("tmux").version


@pytest.mark.parametrize(
    "change",
    [
        RemovePath("/srv/now", Link("v1")),
        WriteFile("/srv/now", MemoryBlob(b""), 0o644, "root", "root", Link("v1")),
    ],
)
def test_what_stood_behind_a_link_that_goes_is_asked_anew(change: Change) -> None:
    """Else a plan that puts a folder there would take the old target's files for the new folder's."""
    view = View({PathAt("/srv/now/a"): THERE, PathAt("/srv/now/b"): Absent()}).after(change)

    assert Absent() == view.at("/srv/now/b")
    with pytest.raises(NeedsStage):
        view.at("/srv/now/a")


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (RESTART, Unit("enabled", "active", NOW)),
        (SetUnit("nginx", Unit("enabled", "active", 7.0), running=True), Unit("enabled", "active", 7.0)),
        (SetUnit("nginx", Unit("enabled", "active", 7.0), running=False), Unit("enabled", "inactive", 7.0)),
        (SetUnit("nginx", Unit("disabled", "inactive"), True, True), Unit("enabled", "active", NOW)),
    ],
)
def test_a_unit_is_known_with_when_it_started(change: SetUnit, expected: Unit) -> None:
    assert expected == View(ANSWERS).after(change).unit("nginx")


CLOUDED: dict[str, tuple[Change, set[Question]]] = {
    "a program": (RunArgv(("make",)), set(ANSWERS)),
    "a program that alters one folder": (
        RunArgv(("make",), alters=("/there", "/gone/below")),
        {PathAt("/there"), PathAt("/gone"), OutputOf(("uptime",)), TcpTo("red02", 22)},
    ),
    "a program that alters what is not asked for": (
        RunArgv(("make",), alters=("/ther", "/there/below", "/etc/passwd-")),
        {OutputOf(("uptime",)), TcpTo("red02", 22)},
    ),
    "a program that alters accounts": (
        RunArgv(("usermod",), alters=("/etc/passwd",)),
        {OutputOf(("uptime",)), OutputOf(("getent", "passwd", "pi")), TcpTo("red02", 22)},
    ),
    "a program that alters the kernel, units and packages": (
        RunArgv(("make",), alters=("/proc", "/etc/systemd/system/x.service", "/var")),
        {
            OutputOf(("uptime",)),
            TcpTo("red02", 22),
            PackageNamed("tmux"),
            UnitNamed("nginx"),
            UnitNamed("new"),
            SysctlNamed("net.x"),
            SysctlNamed("new.x"),
        },
    ),
    "a program that alters nothing that is told": (
        RunArgv(("make",), alters=()),
        {OutputOf(("uptime",)), TcpTo("red02", 22)},
    ),
    "lists of packages": (
        FetchLists(),
        {OutputOf(("uptime",))},
    ),
    "an upgrade": (
        Upgrade((("tmux", "2"),), (("tmux", Package()),)),
        set(ANSWERS) - {PackageNamed("tmux")},
    ),
    "packages": (
        INSTALL,
        {
            PathAt("/gone"),
            PathAt("/etc/link/below"),
            UnitNamed("new"),
            SysctlNamed("new.x"),
            OutputOf(("uptime",)),
            OutputOf(("getent", "passwd", "pi")),
            GREP,
            TcpTo("red02", 22),
        },
    ),
    "a unit": (RESTART, {OutputOf(("uptime",)), TcpTo("red02", 22)}),
    "a kernel parameter": (SYSCTL, {OutputOf(("uptime",)), TcpTo("red02", 22)}),
    "a file": (WRITE, {OutputOf(("uptime",))}),
    "a file of a unit": (UNIT_FILE, {OutputOf(("uptime",)), UnitNamed("new")}),
    "a file of a unit that goes": (
        RemovePath("/etc/systemd/system/nginx.service", Absent()),
        {OutputOf(("uptime",)), UnitNamed("nginx"), UnitNamed("new")},
    ),
    "a file of accounts": (
        replace(WRITE, path="/etc/passwd"),
        {OutputOf(("uptime",)), OutputOf(("getent", "passwd", "pi"))},
    ),
    "a file that grep reads": (
        replace(WRITE, path="/srv/y/z"),
        {OutputOf(("uptime",)), GREP},
    ),
    "a link": (LINK, {OutputOf(("uptime",)), PathAt("/etc/link/below")}),
}


@pytest.mark.parametrize("what", CLOUDED)
def test_what_a_change_may_alter_unforeseen_is_not_answered(what: str) -> None:
    """An answer that is guessed becomes a change that is decided wrongly."""
    change, expected = CLOUDED[what]
    view = View(ANSWERS).after(change)

    assert expected == {question for question in ANSWERS if _needs_stage(view, question)}


def _needs_stage(view: View, question: Question) -> bool:
    try:
        view.ask(question)
    except NeedsStage as error:
        return question == error.question
    return False


def test_what_is_written_after_a_program_is_known_again() -> None:
    assert isinstance(View(ANSWERS).after(RunArgv(("make",))).after(WRITE).at("/there"), File)


def test_a_node_that_cannot_tell_is_told_with_its_reason() -> None:
    with pytest.raises(Unanswered, match="no apt here"):
        View({PackageNamed("tmux"): CannotTell("no apt here")}).package("tmux")
