"""`--stdin`: what a person types, and what is wrong with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from nowfab.cli import given
from nowfab.terminal.screen import standard
from tests.cli.conftest import ROOT, Program


@pytest.fixture(autouse=True)
def local(project: Path) -> None:
    """Make a node of this computer."""
    (project / "groups" / "nodes.yaml").write_text("nodes:\n  here: {local: true}\n")


def test_a_file_goes_to_the_program(either: Program, project: Path) -> None:
    """One file, read once, for all nodes."""
    (project / "input").write_text("one\ntwo\n")
    done = either("run", "wc -l", "-w", "here", "--stdin", "input")

    assert (0, "2") == (done.returncode, done.stdout.splitlines()[2].split()[-1])


def test_our_own_input_goes_to_the_program(project: Path) -> None:
    """`make | nowfab run 'cat > f' --stdin -`; without the flag it stays unread."""
    done = subprocess.run(
        [sys.executable, "-m", "nowfab", "run", "wc -c", "-w", "here", "--stdin", "-"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=bytes(2_000_000),
        capture_output=True,
        timeout=60,
        check=False,
    )

    assert (0, b"2000000") == (done.returncode, done.stdout.splitlines()[2].split()[-1])


def test_an_input_that_does_not_block_is_read_to_its_end_all_the_same() -> None:
    """Whoever shares a pipe with us may have set it so; the nodes must not get nothing for the whole."""
    near, far = os.pipe()
    os.set_blocking(near, False)

    def write() -> None:
        with os.fdopen(far, "wb") as pipe:
            pipe.write(b"late\n")

    late = threading.Timer(0.2, write)
    late.start()
    with os.fdopen(near) as source:
        blob = given.own(source, standard())
    late.join()

    assert b"late\n" == blob.head(9)


@pytest.mark.parametrize("name", ["absent", "groups"])
def test_what_cannot_be_read_is_said_before_anything_connects(nowfab: Program, name: str) -> None:
    """A slip in a file's name must not run the command without its input."""
    done = nowfab("run", "touch ran", "-w", "here", "--stdin", name)

    assert (1, "", True) == (done.returncode, done.stdout, f"`--stdin {name}` cannot be read" in done.stderr)


def test_raw_has_no_input(nowfab: Program) -> None:
    """A node without our line cannot tell half an input from a whole one."""
    done = nowfab("run", "true", "-w", "here", "--raw", "--stdin", "-")

    assert (1, True) == (done.returncode, "without --cd" in done.stderr)


def test_a_dry_run_says_what_the_input_is(nowfab: Program) -> None:
    """What would happen is shown whole."""
    done = nowfab("--dry", "run", "cat", "-w", "here", "--stdin", "-")

    assert (0, True) == (done.returncode, "with --stdin -" in done.stdout)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_D1_no_signal_leaves_the_input_lying_here(project: Path, tmp_path: Path, number: int) -> None:
    """What people pipe in may be secret; a signal while it is read must not leave it in a file."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    program = subprocess.Popen(
        [sys.executable, "-m", "nowfab", "run", "cat", "-w", "here", "--stdin", "-"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
        stdin=subprocess.PIPE,
    )
    assert program.stdin is not None
    program.stdin.write(bytes(3_000_000))  # more than the pipe and the memory's share: most of it was read
    program.send_signal(number)
    program.stdin.close()

    assert (-number, []) == (program.wait(60), list(folder.iterdir()))
