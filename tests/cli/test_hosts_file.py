"""inv hosts-file shows and writes a block, and names who has no line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import call

LOCALHOST = "127.0.0.1 localhost\n"
RED = "# nowfab red: begin\n10.0.0.1 red01\n10.0.0.2 red02\n# nowfab red: end cd439b9a78d1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups/clusters").write_text("red red{01..03}\nblue b1 red01\n")
    (tmp_path / "groups/nodes.yaml").write_text(
        "nodes:\n  red01: {address: 10.0.0.1}\n  red02: {address: 10.0.0.2}\n  b1: {address: 10.0.0.1}\n"
    )
    (tmp_path / "hosts").write_text(LOCALHOST)
    return tmp_path


def test_the_block_is_written_once_and_taken_out_again(folder: Path) -> None:
    first = call(folder, "hosts-file", "-g", "red", "--file", "hosts")
    assert (0, LOCALHOST + RED) == (first.returncode, (folder / "hosts").read_text())
    assert first.stderr == (
        "no line for red03: nodes.yaml has no IP address\nhosts has 2 nodes in block `red`: red[01-02]\n"
    )
    again = call(folder, "hosts-file", "-g", "@red", "--file", "hosts")
    assert (0, "") == (again.returncode, again.stdout)
    assert "nothing to do: hosts has 2 nodes" in again.stderr
    gone = call(folder, "hosts-file", "-g", "red", "--remove", "--file", "hosts")
    assert (0, LOCALHOST) == (gone.returncode, (folder / "hosts").read_text())


def test_dry_shows_the_diff_of_this_computer_s_file(folder: Path) -> None:
    before = Path("/etc/hosts").read_bytes()
    answer = call(folder, "hosts-file", "-g", "red", "--dry")

    assert (0, before) == (answer.returncode, Path("/etc/hosts").read_bytes())
    assert answer.stdout.startswith("--- /etc/hosts\n+++ /etc/hosts\n")
    assert "+10.0.0.1 red01\n" in answer.stdout


def test_G2_a_block_that_somebody_edited_is_replaced_only_when_asked_and_the_old_file_is_kept(
    folder: Path,
) -> None:
    edited = LOCALHOST + RED.replace("red02\n", "red02 printer\n") + "# mine\n"
    (folder / "hosts").write_text(edited)
    words = ("hosts-file", "-g", "red", "--file", "hosts")
    for more in ((), ("--remove",)):
        refused = call(folder, *words, *more)
        assert (1, edited) == (refused.returncode, (folder / "hosts").read_text())
        assert "somebody has edited block `red` of hosts; `--overwrite`" in refused.stderr
    assert not (folder / "hosts.nowfab-old").exists()

    done = call(folder, *words, "--overwrite")
    assert (0, f"{LOCALHOST}{RED}# mine\n") == (done.returncode, (folder / "hosts").read_text())
    assert edited == (folder / "hosts.nowfab-old").read_text()
    assert "-10.0.0.2 red02 printer" in done.stdout


def test_a_name_with_another_address_is_refused_with_its_place(folder: Path) -> None:
    (folder / "hosts").write_text(f"{LOCALHOST}10.0.0.99 red02\n")
    answer = call(folder, "hosts-file", "-g", "red", "--file", "hosts")

    assert (1, f"{LOCALHOST}10.0.0.99 red02\n") == (answer.returncode, (folder / "hosts").read_text())
    assert "hosts:2: `red02` is 10.0.0.99 there, 10.0.0.2 in nodes.yaml" in answer.stderr


def test_E5_one_address_for_two_names_is_an_error_here(folder: Path) -> None:
    answer = call(folder, "hosts-file", "-g", "blue", "--file", "hosts")

    assert 1 == answer.returncode
    assert "`b1` and `red01` have one address, 10.0.0.1" in answer.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "say whose addresses"),
        (("-w", "red01"), "name the block, `--block NAME`"),
        (("-g", "red!red01"), "name the block, `--block NAME`"),
        (("-g", "red", "--block", "a b"), "cannot be the name of a block"),
        (("-g", "green"), "no group `green`"),
        (("-w", "red03", "--block", "x"), "none of them has an IP address"),
        (("-g", "red", "--file", "none/hosts"), ""),
    ],
)
def test_what_cannot_be_meant_says_what_would_do(folder: Path, words: tuple[str, ...], message: str) -> None:
    answer = call(folder, "hosts-file", *words, "--dry")

    assert (1 if message else 0) == answer.returncode
    assert message in answer.stderr
    assert LOCALHOST == (folder / "hosts").read_text()


def test_lint_looks_at_nodes_yaml_too(folder: Path) -> None:
    answer = call(folder, "groups.lint", "--format", "json")
    found = json.loads(answer.stdout)["findings"]

    assert (0, ["address"]) == (answer.returncode, [one["kind"] for one in found])
    alone = call(folder, "groups.lint", "--file", "groups/nodes.yaml")
    assert "groups/nodes.yaml:4: warning: `b1` has the address of `red01`" in alone.stdout
