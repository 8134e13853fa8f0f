"""inv groups.export writes to the screen or into a file, and nothing over what is there."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.cli.conftest import call


def export(folder: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    (folder / "groups").mkdir(exist_ok=True)
    (folder / "groups" / "clusters").write_text("red red01 red02\nblue red h1\nother x\n")
    return call(folder, "groups.export", *flags)


def test_the_screen_has_the_data_and_standard_error_what_is_lost(tmp_path: Path) -> None:
    answer = export(tmp_path, "--to", "pssh", "-g", "blue")

    assert (0, "red01\nred02\nh1\n") == (answer.returncode, answer.stdout)
    assert "pssh does not hold groups: blue, red\n" == answer.stderr


def test_a_file_is_replaced_only_when_that_is_said(tmp_path: Path) -> None:
    first = export(tmp_path, "--to", "clusterssh", "--out", "theirs")
    again = export(tmp_path, "--to", "clusterssh", "--out", "theirs", "-g", "red")
    assert (0, 1) == (first.returncode, again.returncode)
    assert "red red01 red02\nblue red h1\nother x\n" == (tmp_path / "theirs").read_text()
    assert "nowfab: `theirs` is there already; `--overwrite` replaces it\n" == again.stderr

    over = export(tmp_path, "--to", "clusterssh", "--out", "theirs", "-g", "red", "--overwrite")
    assert (0, "red red01 red02\n") == (over.returncode, (tmp_path / "theirs").read_text())


def test_a_link_stays_a_link_and_a_mode_a_mode(tmp_path: Path) -> None:
    """Whoever keeps such files elsewhere has them written there."""
    (tmp_path / "real").write_text("old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "theirs").symlink_to("real")
    export(tmp_path, "--to", "clusterssh", "--out", "theirs", "-g", "red", "--overwrite")

    assert (tmp_path / "theirs").is_symlink()
    assert "red red01 red02\n" == (tmp_path / "real").read_text()
    assert 0o640 == (tmp_path / "real").stat().st_mode & 0o777
    assert ["groups", "real", "theirs"] == sorted(
        path.name for path in tmp_path.iterdir() if path.name[0] != "."
    )


def test_several_files_want_a_folder(tmp_path: Path) -> None:
    assert "name a folder with `--out`" in export(tmp_path, "--to", "dsh").stderr
    assert 0 == export(tmp_path, "--to", "dsh", "--out", "dsh/group").returncode
    assert "red01\nred02\nh1\n" == (tmp_path / "dsh" / "group" / "blue").read_text()


def test_a_mistyped_format_or_group_is_one_sentence(tmp_path: Path) -> None:
    assert "clusterssh-portable" in export(tmp_path, "--to", "cssh").stderr
    answer = export(tmp_path, "--to", "hosts", "-g", "rde")
    assert (1, 1) == (answer.returncode, answer.stderr.count("\n"))
    assert "no group `rde`" in answer.stderr


def test_groups_of_another_tool_are_shown_or_written(tmp_path: Path) -> None:
    (tmp_path / "genders").write_text("red[01-02] red,address=10.0.0.9,rack=7\n")
    theirs = ["groups.import", "--from", "genders", "--file", "genders"]
    shown = call(tmp_path, *theirs)
    assert (
        "# groups/clusters\nred red01 red02\n"
        "# groups/nodes.yaml\nnodes:\n  red01:\n    address: 10.0.0.9\n  red02:\n    address: 10.0.0.9\n"
    ) == shown.stdout
    assert "nowfab does not take attributes with values: rack\n" == shown.stderr

    assert 0 == call(tmp_path, *theirs, "--write").returncode
    assert "red red01 red02\n" == (tmp_path / "groups" / "clusters").read_text()
    assert "red01 red02" == " ".join(call(tmp_path, "groups.show", "red", "--format", "names").stdout.split())

    again = call(tmp_path, *theirs, "--write")
    assert (1, 1) == (again.returncode, again.stderr.count("\n"))
    assert "is there already" in again.stderr
