"""The spool holds what memory should not, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from nowfab.blobs import Collector
from nowfab.store.spool import Spool


def test_nothing_is_made_before_it_is_needed(tmp_path: Path) -> None:
    """Most runs have small outputs: they must not touch the disk."""
    with Spool(tmp_path):
        found = list(tmp_path.iterdir())

    assert [] == found


def test_a_large_stream_lies_in_a_private_file_and_is_whole(tmp_path: Path) -> None:
    """Output is bytes: what the node sent is what is stored, wherever it lies."""
    data = bytes(range(256)) * 40
    with Spool(tmp_path) as spool:
        collector = Collector(spool, limit=1000)
        for start in range(0, len(data), 700):
            collector.add(data[start : start + 700])
        blob = collector.blob()
        (folder,) = tmp_path.iterdir()
        mode = stat.S_IMODE(folder.stat().st_mode)
        with blob.open() as file:
            found = file.read()
        name = (blob.size, blob.sha256)

    assert (0o700, data) == (mode, found)
    assert (len(data), hashlib.sha256(data).digest()) == name


def test_head_and_tail_are_the_same_in_memory_and_in_a_file(tmp_path: Path) -> None:
    """The table reads the last line of a blob without knowing where it lies."""
    data = b"first\n" + b"x" * 500 + b"\nlast\n"
    with Spool(tmp_path) as spool:
        blobs = []
        for limit in (10, 10_000):
            collector = Collector(spool, limit)
            collector.add(data)
            blobs.append(collector.blob())
        found = [(blob.head(6), blob.tail(5), blob.tail(0), blob.sha256) for blob in blobs]

    assert found[0] == found[1]
    assert (b"first\n", b"last\n", b"") == found[0][:3]


def test_the_folder_goes_at_the_end(tmp_path: Path) -> None:
    """Outputs of a class of Pis may hold anything; they do not stay in /tmp."""
    with Spool(tmp_path) as spool:
        spool().close()

    assert [] == list(tmp_path.iterdir())


@pytest.fixture(params=[0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set what the caller's shell may have set."""
    before = os.umask(request.param)
    yield
    os.umask(before)


@pytest.mark.usefixtures("umask")
def test_D12_what_is_spooled_is_for_its_owner_alone(tmp_path: Path) -> None:
    """An output may be a secret, and a umask of 0 is common in containers."""
    with Spool(tmp_path) as spool, spool() as file:
        modes = [stat.S_IMODE(Path(each).stat().st_mode) for each in (Path(file.name).parent, file.name)]

    assert [0o700, 0o600] == modes


def test_D13_a_link_under_the_very_name_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a temporary folder that all may write to, somebody may have guessed our name."""
    victim = tmp_path / "victim"
    victim.mkdir()
    (tmp_path / "nowfab-guessed").symlink_to(victim)
    guessed = iter(["guessed", "fresh"])
    monkeypatch.setattr(tempfile, "_get_candidate_names", lambda: guessed)
    with Spool(tmp_path) as spool, spool() as file:
        where = Path(file.name).parent

    assert tmp_path / "nowfab-fresh" == where
    assert [] == list(victim.iterdir())
