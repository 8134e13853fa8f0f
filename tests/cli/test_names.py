"""inv names shows names, tells whom they collide with, and writes groups that are there only once."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import call


def test_the_chapter_s_clusters_are_shown_and_nothing_is_written(tmp_path: Path) -> None:
    answer = call(tmp_path, "names", "--clusters", "20", "--size", "5", "--format", "json")
    clusters = json.loads(answer.stdout)["clusters"]

    assert (0, "", 20) == (answer.returncode, answer.stderr, len(clusters))
    assert {
        "name": "cluster11",
        "master": "node051",
        "nodes": [f"node05{n}" for n in range(1, 6)],
    } == clusters[10]
    assert [] == list(tmp_path.iterdir())


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    first = call(tmp_path, "names", "--clusters", "2", "--write")
    assert (0, "2 clusters, 10 nodes\n") == (first.returncode, first.stderr)
    assert (
        "cluster01 node{001..005}\ncluster02 node{006..010}\n" == (tmp_path / "groups/clusters").read_text()
    )
    shown = call(tmp_path, "groups.show", "cluster02", "--format", "names")
    assert "node006\nnode007\nnode008\nnode009\nnode010\n" == shown.stdout

    again = call(tmp_path, "names", "--clusters", "2", "--write")
    assert (0, "nothing to do: 2 clusters, 10 nodes\n") == (again.returncode, again.stderr)
    more = call(tmp_path, "names", "--clusters", "3", "--write")
    assert 0 == more.returncode
    assert (
        "nodes:\n  node001: {role: master}\n  node006: {role: master}\n  node011: {role: master}\n"
        == (tmp_path / "groups/nodes.yaml").read_text()
    )


def test_each_collision_is_told_with_its_place_and_nothing_is_written(tmp_path: Path) -> None:
    """Two computers of one name on one network answer in turns."""
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups/clusters").write_text("lab Node003 x\ncluster02 y\n")
    (tmp_path / "groups/nodes.yaml").write_text(
        "nodes:\n  node[001-002]: {user: pi}\n  node004: {mac: 'b8:27:eb:00:00:01'}\n"
    )
    answer = call(tmp_path, "names", "--clusters", "2", "--write")

    assert 1 == answer.returncode
    assert answer.stderr.splitlines() == [
        f"nowfab: `node003` is taken: `Node003` in `lab` at {tmp_path}/groups/clusters:1",
        f"`node004` is taken: the node `node004` at {tmp_path}/groups/nodes.yaml:3",
        f"`cluster02` is taken: the group `cluster02` at {tmp_path}/groups/clusters:2",
    ]
    assert "lab Node003 x\ncluster02 y\n" == (tmp_path / "groups/clusters").read_text()


def test_colours_that_run_into_each_other_are_told(tmp_path: Path) -> None:
    answer = call(tmp_path, "names", "--colors", "red,Red")

    assert 1 == answer.returncode
    assert "`Red01` would be named twice" in answer.stderr


def test_a_line_without_a_number_says_what_would_do(tmp_path: Path) -> None:
    for words in (
        (),
        ("--colors", " , "),
        ("--clusters", "2", "--colors", "red"),
        ("--clusters", "0"),
        ("--colors", "a_b"),
    ):
        answer = call(tmp_path, "names", *words)

        assert (1, "", 1) == (answer.returncode, answer.stdout, answer.stderr.count("\n"))


def test_dry_writes_nothing(tmp_path: Path) -> None:
    answer = call(tmp_path, "names", "--colors", "red", "--size", "2", "--write", "--dry")

    assert (0, []) == (answer.returncode, list(tmp_path.iterdir()))
    assert "+red red01 red02\n" in answer.stdout


def test_what_is_for_programs_has_no_diff_in_it(tmp_path: Path) -> None:
    answer = call(tmp_path, "names", "--colors", "red", "--size", "2", "--write", "--format", "names")

    assert (0, "red01\nred02\n") == (answer.returncode, answer.stdout)
    assert (tmp_path / "groups/clusters").exists()
