"""An archive is unpacked into its folder alone, all of it or nothing, whatever stood there."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import errand
from tests.agent.asking import ask, request, run, tree
from tests.agent.test_errands import done, names, sha256
from tests.agent.test_joined import PYTHONS

MARKS = (".nowfab-archive", ".nowfab-archive-names")
BESIDE = ["app", "x"]


def member(name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE, **other: Any) -> tuple[Any, bytes]:
    info = tarfile.TarInfo(name)
    info.type, info.size, info.mode = kind, len(content), 0o644
    for key, value in other.items():
        setattr(info, key, value)
    return info, content


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tuple[Any, bytes]:
    return member(name, kind=kind, linkname=target)


def tar(path: Path, *members: tuple[Any, bytes], mode: str = "w:gz") -> str:
    """Make a tar; give its sha256."""
    with tarfile.open(path, mode) as packed:  # type: ignore[call-overload]
        for info, content in members:
            packed.addfile(info, io.BytesIO(content))
    return sha256(path.read_bytes())


def unpacked(
    path: Path, known: str, to: Path, strip: int = 0, python: str = sys.executable
) -> tuple[int, str]:
    return done("unpack", path.as_uri(), known, str(to), str(strip), python=python)


def seen(top: Path) -> dict[str, Any]:
    """Give all that stands in the folder beside our own marks."""
    return {name: what for name, what in tree(top).items() if name not in MARKS}


SOFTWARE = (
    member("app-1.0/", kind=tarfile.DIRTYPE, mode=0o777),
    member("app-1.0/bin/app", b"#!/bin/sh\n", mode=0o6777, uid=1000, gid=1000, uname="pi", gname="pi"),
    member("app-1.0/README", b"read me\n", mode=0o400),
    link("app-1.0/bin/latest", "app"),
    link("app-1.0/again", "app-1.0/README", tarfile.LNKTYPE),
    link("app-1.0/up", "bin/../README"),
)
STANDS = {
    "README": ("0o100600", b"read me\n"),
    "again": ("0o100600", b"read me\n"),
    "bin": ("0o40755", None),
    "bin/app": ("0o100755", b"#!/bin/sh\n"),
    "bin/latest": ("0o120777", Path("app")),
    "up": ("0o120777", Path("bin/../README")),
}


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_each_python_unpacks_each_tar(python: str, mode: str, tmp_path: Path) -> None:
    """Modes are bounded: nobody but the owner writes, nobody becomes another."""
    known = tar(tmp_path / "x", *SOFTWARE, mode=mode)
    said = unpacked(tmp_path / "x", known, tmp_path / "app", 1, python)

    assert (0, "") == said
    assert STANDS == seen(tmp_path / "app")
    assert (BESIDE, f"{known} 1\n") == (names(tmp_path), (tmp_path / "app" / MARKS[0]).read_text())
    assert {os.geteuid()} == {path.lstat().st_uid for path in (tmp_path / "app").rglob("*")}


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_unpacks_a_zip(python: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x", "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("app/", b"")
        for name, mode, content in (
            ("app/run", 0o100755 << 16, b"run"),
            ("app/link", 0o120777 << 16, b"run"),
            ("app/plain", 0x20, b"x"),  # as DOS has it
        ):
            info = zipfile.ZipInfo(name, (2020, 1, 2, 3, 4, 6))
            info.external_attr = mode
            packed.writestr(info, content)
    said = unpacked(tmp_path / "x", sha256((tmp_path / "x").read_bytes()), tmp_path / "app", 1, python)

    assert (0, "") == said
    assert {
        "link": ("0o120777", Path("run")),
        "plain": ("0o100644", b"x"),
        "run": ("0o100755", b"run"),
    } == seen(tmp_path / "app")


def test_a_tar_that_zstd_packed_is_unpacked_where_zstd_is(tmp_path: Path) -> None:
    tar(tmp_path / "plain", *SOFTWARE, mode="w")
    program = tmp_path / "bin/zstd"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\nfor file; do :; done\ntail -c +5 "$file"\n')
    program.chmod(0o755)
    packed = b"\x28\xb5\x2f\xfd" + (tmp_path / "plain").read_bytes()  # what the stand-in takes for packed
    (tmp_path / "x").write_bytes(packed)
    argv = [sys.executable, "-IS", "-c", errand("unpack"), (tmp_path / "x").as_uri(), sha256(packed)]
    argv += [str(tmp_path / "app"), "1"]
    without = subprocess.run(argv, env={"PATH": str(tmp_path)}, capture_output=True, text=True, timeout=60)
    env = {"PATH": f"{program.parent}:{os.environ['PATH']}"}
    said = subprocess.run(argv, env=env, capture_output=True, text=True, timeout=60)

    assert (0, "") == (said.returncode, said.stderr)
    assert STANDS == seen(tmp_path / "app")
    assert "the package `zstd` brings it" in without.stderr


ESCAPES = {
    "an absolute name": [member("/tmp/escaped", b"x")],
    "a name that climbs": [member("a/../../escaped", b"x")],
    "a link out": [link("a", "../escaped")],
    "a link out by an absolute name": [link("a", "/etc/passwd")],
    "a link through a link": [
        member("d/e/x", b""),
        link("d/e/l", ".."),
        link("m", "d/e/l/../.."),
    ],
    "a file behind a link": [link("a", ".."), member("a/escaped", b"x")],
    "a link behind a link": [link("a", ".."), link("a/escaped", "b")],
    "another name of what is outside": [link("a", "../x", tarfile.LNKTYPE)],
    "another name behind a link": [link("a", ".."), link("b", "a/x", tarfile.LNKTYPE)],
    "a device": [member("a", kind=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "a pipe": [member("a", kind=tarfile.FIFOTYPE)],
    "our own mark": [member(".nowfab-archive", b"x")],
    "nothing": [],
}


@pytest.mark.parametrize("python", [PYTHONS[0], sys.executable])
@pytest.mark.parametrize("what", ESCAPES)
def test_what_leads_out_of_the_folder_is_refused_and_nothing_is_changed(
    what: str, python: str, tmp_path: Path
) -> None:
    """Of any archive: that its sha256 is the one that was meant says nothing of who made it."""
    (tmp_path / "at").mkdir()
    old = tar(tmp_path / "old", member("file", b"old"))
    assert (0, "") == unpacked(tmp_path / "old", old, tmp_path / "at/app")
    known = (
        tar(tmp_path / "at/x", member("fine", b"x"), *ESCAPES[what])
        if ESCAPES[what]
        else tar(tmp_path / "at/x")
    )
    before = tree(tmp_path)
    code, said = unpacked(tmp_path / "at/x", known, tmp_path / "at/app", python=python)

    assert (1, before) == (code, tree(tmp_path))
    assert said
    assert "\n" not in said


def test_a_new_version_takes_the_old_one_away_and_leaves_what_is_somebody_else_s(tmp_path: Path) -> None:
    """A program's own data often stands in its folder."""
    app = tmp_path / "app"
    one = tar(tmp_path / "x", member("bin/app", b"1"), member("old/lib", b"1"), member("conf", b"1"))
    assert (0, "") == unpacked(tmp_path / "x", one, app)
    app.chmod(0o750)
    (app / "data").mkdir()
    (app / "data/log").write_bytes(b"mine")
    (app / "old/mine").write_bytes(b"mine")
    (app / "new").write_bytes(b"mine, and in the way")
    two = tar(tmp_path / "x", member("bin/app", b"2"), member("conf", b"2"), member("new", b"2"))
    said = unpacked(tmp_path / "x", two, app)

    assert (0, "") == said
    assert {
        "bin": ("0o40755", None),
        "bin/app": ("0o100644", b"2"),
        "conf": ("0o100644", b"2"),
        "data": ("0o40755", None),
        "data/log": ("0o100644", b"mine"),
        "new": ("0o100644", b"2"),
        "old": ("0o40755", None),
        "old/mine": ("0o100644", b"mine"),
    } == seen(app)
    assert (BESIDE, 0o40750) == (names(tmp_path), app.stat().st_mode)


def test_a_folder_of_somebody_else_is_never_taken_away(tmp_path: Path) -> None:
    known = tar(tmp_path / "x", member("a", b"x"))
    (tmp_path / "app").mkdir()
    (tmp_path / "app/mine").write_bytes(b"mine")
    before = tree(tmp_path)
    code, said = unpacked(tmp_path / "x", known, tmp_path / "app")

    assert (1, before) == (code, tree(tmp_path))
    assert "no archive brought, such as `mine`" in said


def test_an_empty_folder_is_taken_and_one_that_is_missing_above_is_said(tmp_path: Path) -> None:
    known = tar(tmp_path / "x", member("a", b"x"))
    (tmp_path / "app").mkdir(0o700)

    assert (0, "") == unpacked(tmp_path / "x", known, tmp_path / "app")
    assert (["a", *MARKS], 0o40700) == (
        sorted(names(tmp_path / "app"), key=len),
        (tmp_path / "app").stat().st_mode,
    )
    assert (
        "a step `folder` before this one makes it" in unpacked(tmp_path / "x", known, tmp_path / "no/app")[1]
    )


@pytest.mark.parametrize("new_is_there", [False, True])
def test_what_was_cut_off_between_the_renames_is_brought_to_its_end(
    new_is_there: bool, tmp_path: Path
) -> None:
    """What is somebody else's survives that too."""
    app, old = tmp_path / "app", tmp_path / ".nowfab-app-old"
    known = tar(tmp_path / "x", member("a", b"1"))
    unpacked(tmp_path / "x", known, old)
    (old / "mine").write_bytes(b"mine")
    if new_is_there:
        unpacked(tmp_path / "x", known, tmp_path / "new")
        (tmp_path / "new" / MARKS[0]).unlink()
        (tmp_path / "new").rename(app)
    said = unpacked(tmp_path / "x", known, app)

    assert (0, "") == said
    assert {"a": ("0o100644", b"1"), "mine": ("0o100644", b"mine")} == seen(app)
    assert (BESIDE, True) == (names(tmp_path), (app / MARKS[0]).exists())


@pytest.mark.parametrize(
    "raw", [b"", b"no archive at all" * 99, b"\x1f\x8b\x08rubbish", b"PK\x03\x04rubbish"]
)
def test_what_is_no_archive_is_one_line(raw: bytes, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(raw)
    code, said = unpacked(tmp_path / "x", sha256(raw), tmp_path / "app")

    assert (1, ["x"]) == (code, names(tmp_path))
    assert said
    assert "\n" not in said


@pytest.mark.parametrize("cut", [200, 700])
def test_half_an_archive_is_not_half_unpacked(cut: int, tmp_path: Path) -> None:
    tar(tmp_path / "whole", member("a", os.urandom(500)), member("b", os.urandom(500)))
    raw = (tmp_path / "whole").read_bytes()[:-cut]
    (tmp_path / "x").write_bytes(raw)
    code, _ = unpacked(tmp_path / "x", sha256(raw), tmp_path / "app")

    assert (1, ["whole", "x"]) == (code, names(tmp_path))


def test_the_agent_hands_an_archive_on_and_tells_why_it_cannot_be(state: Path, tmp_path: Path) -> None:
    """What came from here is no secret, so the reason need not be kept back."""
    known = tar(tmp_path / "x", member("a", b"x"))
    raw = (tmp_path / "x").read_bytes()
    argv = ["python3", "-IS", "-c", errand("unpack"), ""]
    change = run(*argv, known, str(tmp_path / "app"), "0", stdin=0) | {"quiet": False}
    wrong = run(*argv, "0" * 64, str(tmp_path / "app"), "0", stdin=0) | {"quiet": False}
    first = ask(request(state, [change], [], [raw]))
    second = ask(request(state, [wrong], [], [raw]))

    assert ("applied", "") == (first.state, first.reason)
    assert {"a": ("0o100644", b"x")} == seen(tmp_path / "app")
    assert f"`what came` is not the file that was meant: its {len(raw)} bytes" in second.reason


def test_a_name_with_another_line_end_goes_with_its_version(tmp_path: Path) -> None:
    """macOS packs files named `Icon\\r`: what came with an archive is nobody else's."""
    app = tmp_path / "app"
    first = tar(tmp_path / "x", member("Icon\r", b"1"), member("a\x0cb\u2028c", b"1"), member("a", b"1"))
    assert (0, "") == unpacked(tmp_path / "x", first, app)
    second = tar(tmp_path / "y", member("a", b"2"))
    assert (0, "") == unpacked(tmp_path / "y", second, app)

    assert ["a"] == list(seen(app))


def test_what_would_have_no_place_in_the_new_version_is_told_before_anything_changes(tmp_path: Path) -> None:
    """Told after the folders changed places, no further run could end it."""
    app = tmp_path / "app"
    first = tar(tmp_path / "x", member("conf/a", b"1"))
    assert (0, "") == unpacked(tmp_path / "x", first, app)
    (app / "conf/mine").write_text("mine")
    before = seen(app)
    code, said = unpacked(tmp_path / "y", tar(tmp_path / "y", member("conf", b"2")), app)

    assert (1, before, [*BESIDE, "y"]) == (code, seen(app), names(tmp_path))
    assert f"`conf` is no folder in the archive, and `{app}/conf/mine` stands in it here" in said
