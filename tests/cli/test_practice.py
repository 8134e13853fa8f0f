"""Practice nodes from up to down, and unknown host keys on a terminal."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from nowfab.fleet import state
from nowfab.inventory import Node
from tests.cli.conftest import ROOT, Program, program, type_into


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Program]:
    """Have two practice nodes in a project of their own."""
    folder = tmp_path / "practice"
    folder.mkdir()
    (folder / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    run = program("nowfab", folder)
    up = run("fleet.up", "--nodes", "2")
    assert (0, "") == (up.returncode, up.stderr)
    yield run
    run("fleet.down", "--forget")


def test_the_life_of_practice_nodes(fleet: Program) -> None:
    """Each of their tables says what they are; after their end their names lead nowhere."""
    above = "practice nodes: no sandbox, their commands run on this computer"
    shown = fleet("fleet.ps")
    ran = fleet("run", "pwd", "-w", "red[01-02]")
    down = fleet("fleet.down")
    gone = fleet("run", "pwd", "-w", "red01")

    assert [above, above] == [done.stdout.splitlines()[0] for done in (shown, ran)]
    assert (0, "2 nodes: 2 ok\n") == (ran.returncode, ran.stderr)
    assert (0, "down: red[01-02]\n") == (down.returncode, down.stderr)
    assert (4, "1 node: 1 unreachable: red01\n") == (gone.returncode, gone.stderr)


def test_json_is_not_disturbed_by_the_line_above_tables(fleet: Program) -> None:
    """A program reads it."""

    assert fleet("run", "true", "-w", "red01", "--format", "json").stdout.startswith('{"schema": 1')


def nodes_of(fleet: Program, tmp_path: Path) -> tuple[Node, ...]:
    assert fleet("fleet.ps").returncode == 0
    folder = state.folder(tmp_path / "practice", state.home(os.environ))
    return state.load(folder)


@pytest.fixture
def strangers(fleet: Program, project: Path, tmp_path: Path) -> Path:
    """Let another project reach the same servers as plain nodes, whose keys nobody knows."""
    entries = [
        f"  pi{number}: {{address: {node.address}, port: {node.port}, user: {node.user or 'pi'}, "
        f"identity: {node.identity}}}"
        for number, node in enumerate(nodes_of(fleet, tmp_path))
    ]
    (project / "groups" / "nodes.yaml").write_text("nodes:\n" + "\n".join(entries) + "\n")
    return project


def test_B4_unknown_keys_are_shown_once_and_trusted_after_a_yes(strangers: Path, tmp_path: Path) -> None:
    """One table for all, then their rows; the next run knows them and asks nothing."""
    home = tmp_path / "somebody"
    home.mkdir()
    code, shown = type_into(strangers, home, "yes\n", "run", "echo hello", "-w", "pi[0-1]")
    again = program("nowfab", strangers)("run", "echo hello", "-w", "pi[0-1]", HOME=str(home))

    assert (0, 1, 2) == (code, shown.count("(yes/no)"), shown.count("SHA256:"))
    assert shown.endswith("2 nodes: 2 ok\r\n")
    assert (0, "2 nodes: 2 ok\n") == (again.returncode, again.stderr)


def test_B4_after_a_no_nothing_is_trusted(strangers: Path, tmp_path: Path) -> None:
    """The rows say refused, and nothing is written."""
    home = tmp_path / "somebody"
    home.mkdir()
    code, shown = type_into(strangers, home, "no\n", "run", "echo hello", "-w", "pi[0-1]")

    assert 4 == code
    assert "2 nodes: 2 refused: pi[0-1]" in shown
    assert not (home / ".ssh" / "known_hosts").exists()


def test_B2_without_a_terminal_unknown_keys_are_refused(strangers: Path, tmp_path: Path) -> None:
    """Even when asking was asked for: nobody is there."""
    home = tmp_path / "somebody"
    home.mkdir()
    done = program("nowfab", strangers)("ping", "-w", "pi0", "--host-keys", "ask", HOME=str(home))

    assert (4, "1 node: 1 refused: pi0\n") == (done.returncode, done.stderr)


def test_B3_accept_new_takes_them_without_a_question(strangers: Path, tmp_path: Path) -> None:
    """For whoever sets up new nodes all day."""
    home = tmp_path / "somebody"
    home.mkdir()
    done = program("nowfab", strangers)("ping", "-w", "pi[0-1]", "--host-keys", "accept-new", HOME=str(home))

    assert (0, "2 nodes: 2 ok\n") == (done.returncode, done.stderr)
