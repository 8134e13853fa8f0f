"""A change is shown so that a person sees what it will do, and no secret in it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan import diff
from nowfab.plan.changes import (
    Change,
    FetchLists,
    MakeFolder,
    MakeLink,
    Packages,
    RemovePath,
    RunArgv,
    SetSysctl,
    SetUnit,
    Upgrade,
    WriteFile,
)
from nowfab.plan.questions import Absent, File, Folder, Link, Package, Sysctl, Unit

OLD = MemoryBlob(b"one\ntwo\nthree")
WAS = File(OLD.sha256, 0o644, "root", "root", OLD)
WRITE = WriteFile("/etc/motd", MemoryBlob(b"one\nTWO\nthree\n"), 0o644, "root", "root", WAS)

HEADLINES: list[tuple[Change, str]] = [
    (WRITE, "change /etc/motd: 14 bytes"),
    (replace(WRITE, was=Absent()), "write /etc/motd 0644 root:root, 14 bytes"),
    (replace(WRITE, was=Link("/x")), "write /etc/motd 0644 root:root, 14 bytes, instead of a link"),
    (replace(WRITE, content=OLD, mode=0o600, owner="pi"), "change /etc/motd: 0644 root:root → 0600 pi:root"),
    (replace(WRITE, secret=True), "change /etc/motd: its content"),
    (replace(WRITE, secret=True, was=Absent()), "write /etc/motd 0644 root:root, a secret file"),
    (MakeLink("/a", "b", Absent()), "link /a → b"),
    (MakeFolder("/a", 0o755, "pi", "pi", Absent()), "make folder /a 0755 pi:pi"),
    (MakeFolder("/a", 0o700, "pi", "pi", Folder(0o755, "pi", "pi")), "set folder /a 0700 pi:pi"),
    (RemovePath("/a", WAS), "remove file /a"),
    (Packages(("tmux", "htop"), ("nano",), (("tmux", Package()),)), "install tmux htop; remove nano"),
    (FetchLists(), "fetch the lists of packages"),
    (Upgrade((("tmux", "2"), ("a", "1")), (), ("htop",)), "upgrade tmux a; held back: htop"),
    (SetUnit("nginx", Unit(), enabled=True, running=True), "enable, start nginx"),
    (SetUnit("nginx", Unit(), restart=True), "restart nginx"),
    (SetSysctl("net.x", "1", Sysctl("0")), "set net.x to 1 (was 0)"),
    (RunArgv(("python3", "-c", "pass"), shown="do nothing"), "do nothing"),
    (RunArgv(("apt-mark", "hold", "x y"), stdin=MemoryBlob(b"pw")), "run apt-mark hold 'x y'"),
]


@pytest.mark.parametrize(("change", "expected"), HEADLINES)
def test_each_change_has_a_headline(change: Change, expected: str) -> None:
    assert expected == diff.headline(change)


def test_lines_that_differ_are_shown_with_a_missing_end() -> None:
    assert (
        "--- /etc/motd",
        "+++ /etc/motd",
        "@@ -1,3 +1,3 @@",
        " one",
        "-two",
        "-three",
        "\\ No newline at end of file",
        "+TWO",
        "+three",
    ) == diff.lines(WRITE)


def test_a_new_file_is_shown_whole() -> None:
    assert ("+one", "+TWO", "+three") == diff.lines(replace(WRITE, was=Absent()))[3:]


@pytest.mark.parametrize(
    "change",
    [
        replace(WRITE, secret=True),
        replace(WRITE, content=MemoryBlob(b"\0\1")),
        replace(WRITE, content=MemoryBlob(b"\xff")),
        replace(WRITE, content=MemoryBlob(b"x" * (diff.SHOWN + 1))),
        replace(WRITE, was=replace(WAS, content=None)),
        replace(WRITE, was=Link("/x")),
    ],
)
def test_secrets_and_what_is_no_text_have_no_lines(change: Change) -> None:
    assert () == diff.lines(change)
