"""The spool holds what memory should not, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

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
