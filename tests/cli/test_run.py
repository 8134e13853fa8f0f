"""A run through the whole program, on this computer as a node, so that no network is needed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Program

WHERE = ("-w", "here,there")


@pytest.fixture(autouse=True)
def local(project: Path) -> None:
    """Make two nodes of this computer."""
    (project / "groups" / "nodes.yaml").write_text("nodes:\n  here: {local: true}\n  there: {local: true}\n")


@contextmanager
def running(project: Path, *words: str) -> Iterator[subprocess.Popen[str]]:
    """Start a run that goes on while the test does something."""
    argv = [sys.executable, "-m", "nowfab", *words]
    with subprocess.Popen(
        argv,
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def await_files(*files: Path) -> None:
    until = time.monotonic() + 30
    while not all(file.exists() for file in files):
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_table_on_stdout_and_the_summary_on_stderr(either: Program) -> None:
    """A pipe gets the rows, a person both."""
    done = either("run", "echo first; echo last", *WHERE)
    rows = [line.split() for line in done.stdout.splitlines()]

    assert (0, "2 nodes: 2 ok") == (done.returncode, done.stderr.splitlines()[0])
    assert ["node", "status", "exit", "seconds", "output"] == rows[0]
    assert [["here", "ok", "0", "last"], ["there", "ok", "0", "last"]] == [
        [*row[:3], row[4]] for row in rows[2:]
    ]


def test_a_failure_is_exit_2_and_names_who_failed(nowfab: Program) -> None:
    """The row has the last line of stderr, which tells why."""
    done = nowfab("run", "echo out; echo why >&2; exit 3", *WHERE)

    assert (2, "2 nodes: 2 failed: here,there") == (done.returncode, done.stderr.splitlines()[0])
    assert ["here", "failed", "3", "why"] == [
        word for word in done.stdout.splitlines()[2].split() if "." not in word
    ]


def test_a_letter_of_two_bytes_is_never_torn(nowfab: Program) -> None:
    """3,000 é after one a: other tools decode each piece of the network alone."""
    text = "a" + "é" * 3000
    done = nowfab("run", f"printf {text}", "-w", "here", "--format", "json")

    assert text == json.loads(done.stdout)["results"][0]["stdout"]


def test_a_stream_comes_line_by_line_with_its_node(nowfab: Program) -> None:
    """Order holds within a node."""
    done = nowfab("run", "echo 1; echo 2; echo oh >&2; exit 1", *WHERE, "--format", "stream")
    mine = [line for line in done.stdout.splitlines() if line.startswith("here: ")]

    assert (2, ["here: 1", "here: 2"]) == (done.returncode, mine)
    assert {"here stderr: oh", "there failed exit 1", "2 nodes: 2 failed: here,there"} <= set(
        done.stderr.splitlines()
    )


@pytest.mark.parametrize("words", [("-T", "0.5"), ("--timeout=0.5",), ("--command-timeout", "0.5")])
def test_a_command_that_takes_too_long_is_ended(nowfab: Program, words: tuple[str, ...]) -> None:
    """Three spellings, one meaning."""
    done = nowfab("run", "sleep 30", "-w", "here", *words)

    assert (2, "1 node: 1 timed-out: here\n") == (done.returncode, done.stderr)


def test_invoke_s_own_timeout_before_the_task_holds_too(either: Program) -> None:
    """No flag is dropped without a word."""
    done = either("-T", "1", "run", "sleep 30", "-w", "here")

    assert (2, "1 node: 1 timed-out: here\n") == (done.returncode, done.stderr)


def test_echo_says_what_is_run_where(nowfab: Program) -> None:
    """Invoke's -e, in our words."""

    assert nowfab("-e", "run", "true", *WHERE).stderr.startswith("run `true` on 2 nodes: here,there\n")


def test_a_second_task_runs_only_after_a_good_first(inv: Program, project: Path) -> None:
    """As in a shell's `&&`."""
    good = inv("run", "true", "-w", "here", "run", "touch second", "-w", "here")
    bad = inv("run", "false", "-w", "here", "run", "touch third", "-w", "here")

    assert [0, 2] == [good.returncode, bad.returncode]
    assert not (project / "third").exists()


@pytest.mark.parametrize(
    ("number", "said", "code"),
    [(signal.SIGINT, "Ctrl-C", 130), (signal.SIGTERM, "SIGTERM", 143), (signal.SIGHUP, "SIGHUP", 129)],
)
def test_D1_D3_a_signal_stops_all_and_every_node_has_its_row(
    project: Path, tmp_path: Path, number: int, said: str, code: int
) -> None:
    """Asked once: the table, whole."""
    line = f"touch {tmp_path}/$$; sleep 30"
    with running(project, "run", line, *WHERE) as process:
        until = time.monotonic() + 30
        while len([file for file in tmp_path.iterdir() if file.name.isdecimal()]) < 2:
            assert time.monotonic() < until
            time.sleep(0.02)
        begun = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate(timeout=30)

    assert (code, "2 nodes: 2 stopped: here,there\n") == (process.returncode, err)
    assert ["here", "there"] == [row.split()[0] for row in out.splitlines()[2:]]
    assert out.count(f"stopped by {said}") == 2
    assert time.monotonic() - begun < 20  # the commands would take 30


def test_D2_asked_twice_it_leaves_at_once_with_every_row(project: Path, tmp_path: Path) -> None:
    """Even while a command does not let itself be ended."""
    begun = tmp_path / "begun"
    line = f"trap '' TERM; touch {begun}; for n in 1 2 3 4 5 6; do sleep 0.5; done"
    with running(project, "run", line, "-w", "here") as process:
        await_files(begun)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        asked = time.monotonic()
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)

    assert (130, ["here", "lost"]) == (process.returncode, out.splitlines()[2].split()[:2])
    assert time.monotonic() - asked < 1.6  # the leash ends the command 2 s after the first time, not before


def test_D4_a_reader_that_leaves_stops_the_nodes(project: Path) -> None:
    """`| head` ends the command on the node, not only ours."""
    with running(project, "run", "yes", "-w", "here", "--format", "stream") as process:
        assert process.stdout is not None
        assert "here: y\n" == process.stdout.readline()
        process.stdout.close()
        process.wait(30)
        assert process.stderr is not None

        assert (141, "") == (process.returncode, process.stderr.read())


def test_D6_without_an_output_nothing_is_sent(project: Path) -> None:
    """Results that nobody can see are not worth a command."""
    done = subprocess.run(
        ["bash", "-c", '"$0" -m nowfab run "touch ran" -w here >&-', sys.executable],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        timeout=60,
        check=False,
        stderr=subprocess.DEVNULL,
    )

    assert (5, False) == (done.returncode, (project / "ran").exists())
