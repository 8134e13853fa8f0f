"""Killed at any operation on the disk, an errand leaves one version, and what is somebody else's."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from nowfab.plan.program import errand
from tests.agent.asking import sha256
from tests.agent.test_killed import OPERATIONS
from tests.agent.test_unpack import MARKS, link, member, names, seen, tar, unpacked

FATAL = """
import os, signal
_left = %d
def _deadly(real):
    def operation(*given, **more):
        global _left
        _left -= 1
        if not _left:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)
    return operation
for _name in "%s".split():
    setattr(os, _name, _deadly(getattr(os, _name)))
class _Sorted:
    def __init__(self, found):
        self.found = iter(sorted(found, key=lambda entry: entry.name))
    def __iter__(self):
        return self
    def __next__(self):
        return next(self.found)
    def __enter__(self):
        return self
    def __exit__(self, *given):
        pass
    def close(self):
        pass
_scandir = os.scandir
os.scandir = lambda *given: _Sorted(_scandir(*given))
"""
"""Stands before the errand's text: it is killed before its n-th operation.

Names come in their order, so that what nowfab keeps of an archive's names would go before all else.
"""

MOST = 200
NEW = {"bin": ("0o40755", None), "bin/app": ("0o100644", b"2"), "mine": ("0o100644", b"mine")}
OLD = {
    "bin": ("0o40755", None),
    "bin/app": ("0o100644", b"1"),
    "bin/old": ("0o120777", Path("app")),
    **{f"old{number}": ("0o100644", b"1") for number in range(3)},
    "mine": ("0o100644", b"mine"),
}


def killed(name: str, count: int, *words: str) -> bool:
    """Do an errand that is killed before its n-th operation; say whether it came that far."""
    argv = [sys.executable, "-IS", "-c", FATAL % (count, OPERATIONS) + errand(name), *words]
    ended = subprocess.run(argv, capture_output=True, timeout=60)
    assert ended.returncode in (0, -9), ended.stderr
    return ended.returncode == -9


def test_an_archive_is_unpacked_after_any_kill_and_nobody_s_file_is_lost(tmp_path: Path) -> None:
    """Between two renames no folder stands there; the next run puts one there, with all that was in it."""
    more = [member(f"old{number}", b"1") for number in range(3)]
    one = tar(tmp_path / "one", member("bin/app", b"1"), link("bin/old", "app"), *more)
    two = tar(tmp_path / "two", member("bin/app", b"2"))
    came = 0
    for count in range(1, MOST):
        top = tmp_path / str(count)
        top.mkdir()
        app = top / "app"
        assert (0, "") == unpacked(tmp_path / "one", one, app)
        (app / "mine").write_bytes(b"mine")
        if not killed("unpack", count, (tmp_path / "two").as_uri(), two, str(app), "0"):
            break
        came = count
        stands = seen(app) if app.exists() else {}
        whole = stands in (OLD, NEW, {name: what for name, what in NEW.items() if name != "mine"})
        assert whole or not app.exists(), f"{count}: {stands}"
        assert [b"mine"] == [path.read_bytes() for path in top.rglob("mine")], count
        done = (app / MARKS[0]).read_text() if (app / MARKS[0]).exists() else ""
        assert not done.startswith(two) or stands == NEW, f"{count}: marked before it was whole"

        assert (0, "") == unpacked(tmp_path / "two", two, app)
        assert (NEW, ["app"]) == (seen(app), names(top)), count
    assert 20 < came < MOST - 1


@pytest.mark.parametrize("old", [b"old", None])
def test_a_download_is_the_old_file_or_the_new_one_after_any_kill(old: bytes | None, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    words = ((tmp_path / "source").as_uri(), sha256(b"new"), str(tmp_path / "at/file"), "0600", "", "")
    came = 0
    for count in range(1, MOST):
        at = tmp_path / "at"
        at.mkdir()
        if old is not None:
            (at / "file").write_bytes(old)
        if not killed("download", count, *words):
            break
        came = count
        assert ((at / "file").read_bytes() if (at / "file").exists() else None) in (old, b"new")

        assert not killed("download", MOST, *words)
        assert ([b"new"], ["file"]) == ([(at / "file").read_bytes()], names(at))
        (at / "file").unlink()
        at.rmdir()
    assert 5 < came < MOST - 1
