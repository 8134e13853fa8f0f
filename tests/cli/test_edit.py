"""inv groups.add, remove, delete and rename change the right file, show what changed, and nothing else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cli.conftest import call


@pytest.fixture
def clusters(tmp_path: Path) -> Path:
    (tmp_path / "groups").mkdir()
    path = tmp_path / "groups" / "clusters"
    path.write_text("# ours\nred red01  # the first\nall red\n")
    return path


def test_what_changed_is_shown_as_a_diff_and_in_a_sentence(clusters: Path, tmp_path: Path) -> None:
    answer = call(tmp_path, "groups.add", "red", "red[02-04]")

    assert (0, "`red` has 4 nodes: red[01-04]\n") == (answer.returncode, answer.stderr)
    assert "-red red01  # the first\n+red red01 red{02..04}  # the first\n" in answer.stdout
    assert "# ours\nred red01 red{02..04}  # the first\nall red\n" == clusters.read_text()


def test_dry_shows_the_same_and_writes_nothing(clusters: Path, tmp_path: Path) -> None:
    before = clusters.read_text()
    answer = call(tmp_path, "groups.rename", "red", "pink", "--dry")

    assert (0, before) == (answer.returncode, clusters.read_text())
    assert "+pink red01  # the first\n" in answer.stdout
    assert answer.stderr.startswith(
        "nothing was written, because of --dry; otherwise: `pink` has 1 node: red01"
    )


def test_a_new_group_makes_the_file_where_there_is_none(tmp_path: Path) -> None:
    answer = call(tmp_path, "groups.add", "red", "red01")

    assert (0, "red red01\n") == (answer.returncode, (tmp_path / "groups" / "clusters").read_text())


def test_what_is_so_already_is_said(clusters: Path, tmp_path: Path) -> None:
    before = clusters.stat()
    answer = call(tmp_path, "groups.add", "red", "red01")

    assert (0, "", "nothing to do: `red` has 1 node: red01\n") == (
        answer.returncode,
        answer.stdout,
        answer.stderr,
    )
    assert before.st_ino == clusters.stat().st_ino


def test_a_file_of_ones_own_is_edited_alone(clusters: Path, tmp_path: Path) -> None:
    other = tmp_path / "theirs"
    other.write_text("red x\n")
    answer = call(tmp_path, "groups.add", "red", "y", "--file", "theirs")

    assert (0, "red x y\n") == (answer.returncode, other.read_text())


def test_a_group_that_was_hidden_is_told_when_it_comes_back(clusters: Path, tmp_path: Path) -> None:
    """Who deletes a group should not find other nodes under its name tomorrow."""
    (tmp_path / ".clusterssh").mkdir()
    (tmp_path / ".clusterssh" / "clusters").write_text("lab x\n")
    clusters.write_text("lab y\n")
    answer = call(tmp_path, "groups.delete", "lab")

    assert (0, "") == (answer.returncode, clusters.read_text())
    assert "which was hidden, counts now" in answer.stderr


def test_a_node_of_nodes_yaml_does_not_become_a_group(clusters: Path, tmp_path: Path) -> None:
    (tmp_path / "groups" / "nodes.yaml").write_text("nodes:\n  gate: {user: pi}\n")
    answer = call(tmp_path, "groups.add", "gate", "red01")

    assert 1 == answer.returncode
    assert f"`gate` is a node ({tmp_path}/groups/nodes.yaml:2)" in answer.stderr


def test_a_warning_of_lint_that_is_new_is_said(clusters: Path, tmp_path: Path) -> None:
    answer = call(tmp_path, "groups.add", "red", "[::1]:22")

    assert 0 == answer.returncode
    assert "cssh makes nothing of it" in answer.stderr


def test_a_file_that_cannot_be_written_is_said(clusters: Path, tmp_path: Path) -> None:
    """Nobody makes files beside those of the kernel, root neither."""
    clusters.unlink()
    clusters.symlink_to("/proc/filesystems")
    answer = call(tmp_path, "groups.add", "red", "red02")

    assert (5, "") == (answer.returncode, answer.stdout)
    assert f"nowfab: `{clusters}` cannot be written: " in answer.stderr


def test_E5_eight_people_at_once_all_get_their_member_in(clusters: Path, tmp_path: Path) -> None:
    """The last one to write must not undo what the others wrote."""
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: call(tmp_path, "groups.add", "red", f"new{n}"), range(8)))

    assert {0} == {answer.returncode for answer in answers}
    line = clusters.read_text().splitlines()[1]
    assert {"red01", *(f"new{n}" for n in range(8))} == set(line.partition("#")[0].split()[1:])
