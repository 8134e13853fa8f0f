"""Our files are found where they belong, and read whole or refused at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nowfab.errors import FileError
from nowfab.store import files
from nowfab.store.files import Extra, Found


def write(path: Path, text: str = "red a\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o644)
    return path


def test_files_come_in_clusterssh_order_then_the_nearest_of_ours(tmp_path: Path) -> None:
    """A later one replaces the groups of an earlier one."""
    home, etc, deep = tmp_path / "home", tmp_path / "etc", tmp_path / "lab" / "a" / "b"
    deep.mkdir(parents=True)
    expected = Found(
        (
            write(etc / "clusters"),
            write(home / ".clusterssh/clusters"),
            write(tmp_path / "lab/groups/clusters"),
        ),
        (),
        write(tmp_path / "lab/groups/nodes.yaml"),
        tmp_path / "lab",
    )
    write(tmp_path / "groups/clusters")

    assert expected == files.find(deep, home, etc=etc)


def test_further_files_and_tags_come_in_clusterssh_order(tmp_path: Path) -> None:
    """`~/` and `$HOME/` are expanded and nothing else; what is not there is nobody's mistake."""
    home, etc, project = tmp_path / "home", tmp_path / "etc", tmp_path / "lab"
    own = project / "groups/tags"
    clusters = write(etc / "clusters"), write(home / "a"), write(home / "b"), write(tmp_path / "c")
    tags = (
        write(etc / "tags"),
        write(home / ".clusterssh/tags"),
        write(home / "t"),
        write(own),
    )
    extra = Extra(("~/a", "$HOME/b", str(tmp_path / "c"), "~/gone", "~/a"), ("~/t",))

    assert Found(clusters, tags, None, project) == files.find(project, home, extra, etc)


def test_settings_of_clusterssh_come_in_its_order(tmp_path: Path) -> None:
    found = tuple(
        write(tmp_path / name, "") for name in ("etc/csshrc", "home/.csshrc", "home/.clusterssh/config")
    )

    assert found == files.settings(tmp_path / "home", tmp_path / "etc")


def test_nothing_is_found_where_nothing_is(tmp_path: Path) -> None:
    """A fresh machine has no groups and still takes -w."""

    assert Found((), (), None, None) == files.find(tmp_path, tmp_path, etc=tmp_path)


def test_nodes_yaml_alone_makes_a_project(tmp_path: Path) -> None:
    """Groups may stand in /etc/clusters only."""
    nodes = write(tmp_path / "groups/nodes.yaml")

    assert Found((), (), nodes, tmp_path) == files.find(tmp_path / "x", tmp_path, etc=tmp_path)


def test_a_file_is_read_as_text(tmp_path: Path) -> None:
    """Windows' editors put a mark in front and two characters behind each line."""
    path = tmp_path / "clusters"
    path.write_bytes(b"\xef\xbb\xbfred a\r\nblue \xc3\xa9\r\n")
    path.chmod(0o644)

    assert "red a\nblue é\n" == files.read(path)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"red a\nblue \xe9\n", ":2: byte `0xe9` is not UTF-8; save the file as UTF-8"),
        (b"red a\n\n\x00", ":3: there is a NUL byte; this is not a text"),
        (b"\xff\xfer\x00", ":1: there is a NUL byte; this is not a text"),
    ],
)
def test_E4_what_is_no_text_is_refused_with_its_line(tmp_path: Path, data: bytes, message: str) -> None:
    """Latin-1 read as UTF-8 would rename nodes."""
    path = tmp_path / "clusters"
    path.write_bytes(data)
    path.chmod(0o644)
    with pytest.raises(FileError) as refused:
        files.read(path)

    assert f"{path}{message}" == str(refused.value)


def test_E4_a_file_has_a_limit_and_may_reach_it(tmp_path: Path) -> None:
    """A sparse gigabyte is refused before a byte is read."""
    path = write(tmp_path / "clusters", "a" * files.LARGEST)
    whole = len(files.read(path))
    os.truncate(path, 2**30)
    with pytest.raises(FileError, match="larger than 16 MiB"):
        files.read(path)

    assert files.LARGEST == whole


def test_E4_a_pipe_does_not_block(tmp_path: Path) -> None:
    """Opening a FIFO that nobody writes waits for ever."""
    os.mkfifo(tmp_path / "clusters")
    with pytest.raises(FileError, match="it is a pipe, not a file"):
        files.read(tmp_path / "clusters")


@pytest.mark.parametrize(("path", "what"), [("/dev/zero", "a device"), ("/", "a folder")])
def test_E4_a_device_or_a_folder_is_refused(path: str, what: str) -> None:
    """/dev/zero never ends."""
    with pytest.raises(FileError) as refused:
        files.read(Path(path))

    assert f"{path}: it is {what}, not a file" == str(refused.value)


def test_a_folder_in_the_place_of_a_file_is_found_and_refused(tmp_path: Path) -> None:
    """Passing over it would run on fewer groups than the user sees."""
    (tmp_path / "groups" / "clusters").mkdir(parents=True)
    found = files.find(tmp_path, tmp_path, etc=tmp_path)
    with pytest.raises(FileError, match="it is a folder, not a file"):
        files.read(found.clusters[0])


def test_a_link_to_nothing_is_found_and_refused(tmp_path: Path) -> None:
    """The file that it meant was moved away, not given up."""
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups" / "clusters").symlink_to("gone")
    found = files.find(tmp_path, tmp_path, etc=tmp_path)
    with pytest.raises(FileError, match="cannot be read: it is a link to nothing"):
        files.read(found.clusters[0])


def test_E7_root_reads_nothing_that_anybody_may_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As sshd's StrictModes: whoever writes this file chooses where root's commands go."""
    path = write(tmp_path / "clusters")
    path.chmod(0o666)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    as_user = files.read(path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(FileError, match="anybody may write it, and you are root"):
        files.read(path)

    assert "red a\n" == as_user
