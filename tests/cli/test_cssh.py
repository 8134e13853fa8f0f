"""cssh itself asks nowfab for its groups, and gets hosts that nobody can be harmed with."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PERL = ROOT / "tests" / "groups" / "clusterssh" / "cssh.pl"

NODES = """\
nodes:
  red01: {address: 10.0.0.1, user: ada, port: 2200}
  six: {address: "::1", port: 22}
  far: {address: 192.168.50.2, via: red01}
  here: {local: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / "groups").mkdir(parents=True)
    (folder / "groups" / "clusters").write_text("red red01 pi@red02\nblue red h{1..2}:22\n")
    (folder / "groups" / "nodes.yaml").write_text(NODES)
    return folder


def environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "AUTHOR_TESTING": "1"}


def ask(folder: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from nowfab.cli.cssh import main; main()", *words],
        cwd=folder,
        env={**environment(folder), **more},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("words", "hosts"),
    [
        (["-L"], "red blue"),
        (["red"], "ada@10.0.0.1:2200 pi@red02"),
        (["bob@blue"], "bob@10.0.0.1:2200 bob@red02 bob@h1:22 bob@h2:22"),
        (["red01", "red"], "ada@10.0.0.1:2200 pi@red02"),
        (["x[1-2]", "strange.lan", "u@y:22=80x24+0+0"], "x1 x2 strange.lan u@y:22=80x24+0+0"),
        (["six", "here"], "[::1]:22 localhost"),
        ([], ""),
    ],
)
def test_words_go_in_and_hosts_come_out(project: Path, words: list[str], hosts: str) -> None:
    answer = ask(project, *words)

    assert (0, f"{hosts}\n", "") == (answer.returncode, answer.stdout, answer.stderr)


@pytest.mark.parametrize("word", ["-oProxyCommand=id", "a;id", "$(id)", "`id`", "a b", "a|b", "../x", "a\nb"])
def test_what_ssh_or_a_shell_could_mistake_is_left_out(project: Path, word: str) -> None:
    """cssh hands our answer to ssh, and asked us through a shell without quotes."""
    answer = ask(project, "red02", word)

    assert (0, "red02\n") == (answer.returncode, answer.stdout)
    assert answer.stderr.startswith("nowfab-cssh: left out: ")
    assert 1 == answer.stderr.count("\n")


def test_a_node_behind_a_gateway_is_named_and_the_user_told(project: Path) -> None:
    """Its address means something else here."""
    answer = ask(project, "far")

    assert "far\n" == answer.stdout
    assert "`far` is behind `red01`" in answer.stderr


def test_another_project_is_named_by_the_environment(project: Path, tmp_path: Path) -> None:
    """cssh is started from a menu, in any folder."""
    answer = ask(tmp_path, "red", NOWFAB_PROJECT=str(project))

    assert "ada@10.0.0.1:2200 pi@red02\n" == answer.stdout


def test_a_broken_file_is_one_sentence_and_an_error(project: Path) -> None:
    """cssh then keeps the words that it had."""
    (project / "groups" / "clusters").write_text("red a;b\n")
    answer = ask(project, "red")

    assert (1, "") == (answer.returncode, answer.stdout)
    assert "groups/clusters:1: `a;b`" in answer.stderr


@pytest.fixture
def cssh_home(project: Path, tmp_path: Path) -> Path:
    if shutil.which("cssh") is None:
        pytest.skip("ClusterSSH is not installed (Debian: clusterssh)")
    program = tmp_path / "nowfab-cssh"
    program.write_text(f"#!{sys.executable}\nfrom nowfab.cli.cssh import main\nmain()\n")
    program.chmod(0o755)
    (tmp_path / "home" / ".clusterssh").mkdir(parents=True)
    (tmp_path / "home" / ".clusterssh" / "config").write_text(f"external_cluster_command={program}\n")
    return tmp_path / "home"


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (["-Q", "-L", "blue"], "ada@10.0.0.1:2200 pi@red02 h1:22 h2:22"),
        (["-Q", "-L", "unknown"], "unknown"),
        (["-L"], "Available cluster tags: Available external command tags: blue red"),
    ],
)
def test_the_real_cssh_asks_us(project: Path, cssh_home: Path, flags: list[str], said: str) -> None:
    answer = subprocess.run(
        ["perl", PERL, *flags],
        cwd=project,
        env=environment(cssh_home),
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert said.split() == answer.stdout.split()
