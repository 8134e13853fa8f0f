"""A file is replaced whole, by one at a time, and never over somebody else's change."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nowfab.errors import OutputError
from nowfab.store import replace
from nowfab.store.replace import New

ROOT = Path(__file__).parent.parent.parent


def listed(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_files_are_replaced_together_or_not_at_all(tmp_path: Path) -> None:
    """A group renamed in one file of two is a host in the other."""
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("1")
    second.write_text("changed meanwhile")

    assert not replace.change([New(first, "one", "1"), New(second, "two", "2")])
    assert ("1", ["first", "second"]) == (first.read_text(), listed(tmp_path))
    assert replace.change([New(first, "one", "1"), New(second, "two", "changed meanwhile")])
    assert ("one", "two") == (first.read_text(), second.read_text())


def test_a_file_that_cannot_be_written_spares_the_others(tmp_path: Path) -> None:
    first, folder = tmp_path / "first", tmp_path / "second"
    first.write_text("1")
    folder.write_text("a file where a folder is wanted")
    with pytest.raises(OutputError, match="second"):
        replace.change([New(first, "one", "1"), New(folder / "inner", "two", None)])

    assert "1" == first.read_text()


def test_a_new_file_is_made_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "groups" / "clusters"

    assert replace.change([New(path, "red a\n", None)])
    assert ("red a\n", ["clusters"]) == (path.read_text(), listed(path.parent))
    assert not replace.change([New(path, "blue b\n", None)])


def test_a_link_stays_a_link_and_a_mode_a_mode(tmp_path: Path) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to("real")
    replace.change([New(link, "new", "old")])

    assert (True, "new", 0o640) == (link.is_symlink(), real.read_text(), real.stat().st_mode & 0o777)


def test_a_folder_that_somebody_holds_is_waited_for(tmp_path: Path) -> None:
    """Two people who add to a group at once both want their member in it."""
    path = tmp_path / "clusters"
    path.write_text("1")
    descriptor = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    done: list[bool] = []
    writer = threading.Thread(target=lambda: done.append(replace.change([New(path, "2", "1")])))
    writer.start()
    writer.join(0.3)
    assert [] == done
    os.close(descriptor)
    writer.join(10)

    assert ([True], "2") == (done, path.read_text())


_KILLED = """
import os, sys
from pathlib import Path
from nowfab.store import replace
left = int(sys.argv[2])
def counted(event, arguments):
    global left
    if event in ("open", "os.rename", "os.remove", "os.chmod", "os.chown", "fcntl.flock"):
        left -= 1
        if left < 0:
            os._exit(9)
sys.addaudithook(counted)
replace.change([replace.New(Path(sys.argv[1]), "new" * 1000, "old" * 1000)])
"""


def test_a_file_is_the_old_or_the_new_one_wherever_the_writer_dies(tmp_path: Path) -> None:
    """Half a groups file is a group without some of its nodes, and nobody would notice."""
    path = tmp_path / "clusters"
    seen = []
    for left in range(30):
        path.write_text("old" * 1000)
        argv = [sys.executable, "-c", _KILLED, str(path), str(left)]
        ended = subprocess.run(argv, env={"PYTHONPATH": str(ROOT)}, timeout=60, check=False).returncode
        seen.append(path.read_text())
        assert ended in (0, 9)
        if ended == 0:
            break

    assert {"old" * 1000, "new" * 1000} == set(seen)
    assert "new" * 1000 == seen[-1]
    assert len(seen) > 4
