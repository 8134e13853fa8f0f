"""A wrong call is one short sentence and exit 1, and nothing is sent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nowfab import cli
from tests.cli.conftest import ROOT, Program


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "x", "-g", "green"], "no group `green`"),
        (["run", "x", "-w", "red[5-1]"], "red[5-1]"),
        (["run", "x", "-w", "red[1-999999999]"], "red[1-999999999]"),
        (["run", "x", "-w", "-oProxyCommand=x"], "-oProxyCommand=x"),
        (["run", "x", "-g", "red", "-x", "red"], "no node is left"),
        (["run", "x", "-g", ""], "no node is named"),
        (["run", "x"], "say where"),
        (["ping"], "say where"),
        (["run", "x", "-g", "red", "--fanout", "abc"], "--fanout takes a number from 1 to 10000, not `abc`"),
        (["run", "x", "-g", "red", "--fanout=0"], "not `0`"),
        (["run", "x", "-g", "red", "-T", "soon"], "--timeout takes seconds"),
        (["run", "x", "-g", "red", "--timeout", "-1"], "not `-1`"),
        (["run", "x", "-g", "red", "--timeout", "nan"], "not `nan`"),
        (["run", "x", "-g", "red", "--command-timeout", "abc"], "--timeout takes seconds"),
        (["run", "x", "-g", "red", "--connect-timeout", "0"], "--connect-timeout takes seconds"),
        (["run", "x", "-g", "red", "--port", "99999"], "`99999` cannot be a port"),
        (["run", "x", "-g", "red", "--user", "a b"], "`a b` cannot be the name of a user"),
        (["run", "x", "-g", "red", "--format", "xml"], "--format takes table, json or stream, not `xml`"),
        (["run", "x", "-g", "red", "--host-keys", "no"], "takes strict, ask or accept-new, not `no`"),
        (["run", "", "-g", "red"], "needs a command"),
        (["groups.show", "green"], "green"),
        (["groups.list", "--format", "stream"], "--format takes table or json, not `stream`"),
        (["fleet.up", "--nodes", "many"], "--nodes takes a number from 1 to 1000, not `many`"),
        (["fleet.up", "--kind", "toy"], "embedded or docker, not `toy`"),
        (["run", "x", "-g", "red", "\x1b[2J"], r"\x1b[2J"),
        (["frobnicate"], "frobnicate"),
        (["run", "x", "-g"], "-g"),
        (["ping", "--nonsense"], "--nonsense"),
    ],
)
def test_a_wrong_word_is_answered_in_one_line(
    words: list[str],
    said: str,
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """It names what was typed and what would have worked."""
    monkeypatch.chdir(project)
    with pytest.raises(SystemExit) as end:
        cli.main(["nowfab", *words])
    out, err = capsys.readouterr()

    assert (1, "", True, 1) == (end.value.code, out, said in err, err.count("\n"))


def test_inv_answers_the_same(inv: Program) -> None:
    """With Invoke's own program our errors must not become tracebacks either."""
    calls = {
        "run x -g green": "no group `green`",
        "run x -w red[5-1]": "red[5-1]",
        "run x -w red[1-999999999]": "red[1-999999999]",
        "run x -w -oProxyCommand=x": "-oProxyCommand=x",
        "run x -g red -x red": "no node is left",
        "run x -g red --fanout abc": "--fanout takes a number",
    }
    answers = {line: inv(*line.split()) for line in calls}

    assert dict.fromkeys(calls, (1, "", True, 1)) == {
        line: (done.returncode, done.stdout, calls[line] in done.stderr, done.stderr.count("\n"))
        for line, done in answers.items()
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("clusters", "red blue\nblue red\n", "red"),
        ("clusters", "red red[5-1]\n", "clusters:1"),
        ("nodes.yaml", "nodes:\n  red01: !!python/object/apply:os.system [id]\n", "nodes.yaml:2"),
        ("nodes.yaml", "nodes: {red01: {adress: x}}\n", "adress"),
        ("nodes.yaml", "[" * 3000, "nodes.yaml:1"),
    ],
)
def test_a_wrong_file_is_named_with_its_line(
    inv: Program, project: Path, name: str, text: str, said: str
) -> None:
    """The reader of the message goes there next."""
    (project / "groups" / name).write_text(text)
    done = inv("run", "x", "-g", "red")

    assert (1, "", True, 1) == (done.returncode, done.stdout, said in done.stderr, done.stderr.count("\n"))


def test_a_groups_file_that_is_a_folder_is_refused(inv: Program, project: Path) -> None:
    """It must not be taken for an empty file."""
    (project / "groups" / "clusters").unlink()
    (project / "groups" / "clusters").mkdir()
    done = inv("run", "x", "-g", "red")

    assert (1, "") == (done.returncode, done.stdout)
    assert "it is a folder, not a file" in done.stderr


def test_D14_without_a_home_the_project_still_counts(nowfab: Program) -> None:
    """Services and containers have no HOME."""
    done = nowfab("groups.list", HOME="")

    assert (0, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("line", ["groups.list", "run true -w red01", "init"])
def test_D14_a_folder_that_was_removed_is_a_sentence(project: Path, line: str) -> None:
    """A shell may stand in a folder that another one has removed."""
    words = ["sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh"]
    done = subprocess.run(
        [*words, sys.executable, "-m", "nowfab", *line.split()],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (1, "", "nowfab: the current folder does not exist any more; go to another one\n") == (
        done.returncode,
        done.stdout,
        done.stderr,
    )
