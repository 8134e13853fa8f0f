"""What contacts nobody is instant, says what it would do, and works from anywhere."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import CLUSTERS, ROOT, Program

HEAVY = ("fabric", "paramiko", "asyncssh", "docker", "cryptography")

CODE = f"""
import runpy, sys
module, *sys.argv[1:] = sys.argv[1:]
try:
    runpy.run_module(module, run_name="__main__")
finally:
    print("loaded:", *[name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)
"""


@pytest.mark.parametrize("module", ["invoke", "nowfab"])
@pytest.mark.parametrize(
    "line",
    [
        "--list",
        "--help",
        "--help run",
        "run --help",
        "groups.list",
        "groups.show red",
        "run reboot -g red --dry",
        "fleet.ps",
    ],
)
def test_what_asks_no_node_loads_no_ssh(project: Path, module: str, line: str) -> None:
    """`import fabric` alone takes longer than all of these."""
    argv = [sys.executable, "-c", CODE, module, *line.split()]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(argv, cwd=project, env=environ, capture_output=True, text=True, timeout=60)

    assert done.stderr.endswith("loaded:\n")


def test_dry_says_who_and_what_and_runs_nothing(either: Program, project: Path) -> None:
    """Wherever Invoke takes its own flag, it holds."""
    lines = [
        ("run", "touch ran", "-w", "here", "--dry"),
        ("run", "touch ran", "-w", "here", "-R"),
        ("--dry", "run", "touch ran", "-w", "here"),
        ("-R", "run", "touch ran", "-w", "here"),
    ]
    answers = [either(*line) for line in lines]

    assert [(0, "dry: would run `touch ran` on 1 node: here\n", "")] * 4 == [
        (done.returncode, done.stdout, done.stderr) for done in answers
    ]
    assert not (project / "ran").exists()


def test_dry_folds_the_nodes(inv: Program) -> None:
    """A thousand names fit one line."""

    assert "dry: would run `x` on 4 nodes: red[01-03],blue01\n" == inv("run", "x", "-g", "all", "-R").stdout


def test_dry_writes_and_starts_nothing(inv: Program, project: Path) -> None:
    """It is honoured by tasks without nodes too."""
    (project / "groups" / "nodes.yaml").unlink()
    answers = [inv("init", "--dry"), inv("fleet.up", "--dry"), inv("fleet.down", "--dry")]

    assert [
        "groups/clusters: is there already\n"
        "groups/nodes.yaml: would be written (dry)\n"
        "tasks.py: is there already\n",
        "dry: would start 5 nodes (embedded): red[01-05]\n",
        "dry: would end nothing\n",
    ] == [done.stdout for done in answers]
    assert not (project / "groups" / "nodes.yaml").exists()


def test_inv_works_from_a_folder_below(inv: Program, project: Path) -> None:
    """Invoke looks upwards for tasks.py; the groups are found the same way."""
    below = project / "a" / "b"
    below.mkdir(parents=True)

    assert inv("groups.show", "red").stdout == inv("groups.show", "red", folder=below).stdout


def test_the_program_works_without_a_tasks_file(nowfab: Program, project: Path) -> None:
    """It is installed once and used from any folder."""
    (project / "tasks.py").unlink()
    done = nowfab("groups.show", "red", "--format", "json")

    assert (0, "red[01-03]") == (done.returncode, json.loads(done.stdout)["folded"])


def test_the_groups_are_listed(either: Program) -> None:
    """In the order of the file, with who is in them."""
    table, document = either("groups.list"), either("groups.list", "--format=json")

    assert [line.split()[0] for line in CLUSTERS.splitlines()] == [
        group["name"] for group in json.loads(document.stdout)["groups"]
    ]
    assert [
        "group  nodes  members            from",
        "all        4  red[01-03],blue01  groups/clusters:3",
    ] == [table.stdout.splitlines()[0], table.stdout.splitlines()[-1]]


def test_a_group_is_shown_with_what_is_known_of_its_nodes(either: Program, project: Path) -> None:
    """The schema is the one that the first issue gives, with where each name comes from."""
    done = either("groups.show", "blue,red01", "--format", "json")
    place = {"group": "blue", "from": f"{project / 'groups' / 'clusters'}:2"}

    assert {
        "schema": 1,
        "name": "blue,red01",
        "count": 2,
        "nodes": [
            {"name": "blue01", "user": "pi", "address": None, "port": None, **place},
            {"name": "red01", "user": "pi", "address": "127.0.0.1", "port": 9, "group": None, "from": None},
        ],
        "folded": "blue01,red01",
    } == json.loads(done.stdout)


def test_help_is_the_same_however_often_it_is_asked(either: Program) -> None:
    """Invoke loses the texts when a task is parsed twice."""
    done = either("--help", "run")

    assert (0, 0) == (done.returncode, done.stderr.count("\n"))
    assert all(word in done.stdout for word in ("-w, --hosts", "-T STRING", "quoted", "login shell"))


def test_D6_lists_and_help_can_be_shown_in_ascii(either: Program) -> None:
    """Invoke itself prints them, and would end in a traceback."""
    answers = [either(*words, PYTHONIOENCODING="ascii") for words in (["--list"], ["--help", "run"])]

    assert [0, 0] == [done.returncode for done in answers]


@pytest.mark.parametrize("line", ["--help run", "--list", "--version"])
def test_D4_a_reader_of_the_help_may_leave(nowfab: Program, line: str) -> None:
    """Invoke itself prints it, into a pipe that nobody reads any more."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        done = nowfab(*line.split(), stdout=pipe)

    assert (141, "") == (done.returncode, done.stderr)


@pytest.mark.parametrize("line", ["--help run", "--list", "--version"])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_D6_a_help_that_does_not_fit_is_a_sentence(nowfab: Program, line: str) -> None:
    """A script that keeps it must not take half of it for the whole."""
    with Path("/dev/full").open("wb") as full:
        done = nowfab(*line.split(), stdout=full)

    assert (5, "nowfab: cannot write the results: No space left on device\n") == (
        done.returncode,
        done.stderr,
    )


@pytest.mark.parametrize("line", ["--help run", "--list", "--version", "init"])
def test_D6_without_an_output_nothing_is_begun(project: Path, line: str) -> None:
    """Python drops in silence what is printed to an output that is closed."""
    (project / "groups" / "clusters").unlink()
    words = ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-m", "nowfab", *line.split()]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(words, cwd=project, env=environ, stderr=subprocess.PIPE, text=True, timeout=60)

    assert (5, "nowfab: standard output is closed; results have nowhere to go\n") == (
        done.returncode,
        done.stderr,
    )
    assert not (project / "groups" / "clusters").exists()


def test_init_writes_files_that_work_and_never_over_others(nowfab: Program, tmp_path: Path) -> None:
    """The first minute of a new user; and the last of the file of an old one, if it went wrong."""
    folder = tmp_path / "fresh"
    folder.mkdir()
    first = nowfab("init", folder=folder)
    (folder / "groups" / "clusters").write_text("mine node1\n")
    second = nowfab("init", folder=folder)

    assert ["written"] * 3 == [line.split(": ")[1] for line in first.stdout.splitlines()]
    assert ["is there already, left as it is"] * 3 == [
        line.split(": ")[1] for line in second.stdout.splitlines()
    ]
    assert "mine" in nowfab("groups.list", folder=folder).stdout


def test_a_refused_line_is_refused_by_both_programs(either: Program) -> None:
    """Nothing runs, and the line to type is there to copy."""
    done = either("run", "-g", "red", "sudo", "reboot", "-g", "red")

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.endswith(' run -g red "sudo reboot" -g red\n')


def test_a_wrong_number_of_invoke_s_own_is_no_traceback(nowfab: Program) -> None:
    """In inv this one comes before any task is known; see docs/limits.md."""
    done = nowfab("-T", "abc", "run", "x", "-g", "red")

    assert (1, "nowfab: `-T` takes a whole number, not `abc`\n") == (done.returncode, done.stderr)


def test_what_python_compiles_of_us_is_kept(either: Program, tmp_path: Path) -> None:
    """Invoke switches that off for whatever is imported behind it: 0.2 s of every start in a clone."""
    done = either(
        "run", "true", "-w", "here", PYTHONPYCACHEPREFIX=str(tmp_path / "kept"), PYTHONDONTWRITEBYTECODE=""
    )
    kept = {path.name.partition(".")[0] for path in (tmp_path / "kept").rglob("nowfab/cli/*.pyc")}

    assert (0, True) == (done.returncode, {"conduct", "course"} <= kept)
