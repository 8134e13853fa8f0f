"""Run the programs as a person does: in a folder with groups, in a process of their own."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

import pytest

ROOT = Path(__file__).parent.parent.parent
CLUSTERS = "red red{01..03}\nblue blue01\nall red blue\n"
NODES = "defaults: {user: pi}\nnodes:\n  red01: {address: 127.0.0.1, port: 9}\n  here: {local: true}\n"

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make a folder with a tasks.py and groups."""
    folder = tmp_path / "project"
    (folder / "groups").mkdir(parents=True)
    (folder / "tasks.py").write_bytes((ROOT / "tasks.py").read_bytes())
    (folder / "groups" / "clusters").write_text(CLUSTERS)
    (folder / "groups" / "nodes.yaml").write_text(NODES)
    return folder


def program(module: str, folder: Path) -> Program:
    """Give a function that runs `python -m module` with the words that it gets."""

    def run(
        *words: str, folder: Path = folder, stdout: int | IO[bytes] = subprocess.PIPE, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        whole = {**os.environ, "PYTHONPATH": str(ROOT), **environ}
        argv = [sys.executable, "-m", module, *words]
        return subprocess.run(
            argv,
            cwd=folder,
            env=whole,
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
        )

    return run


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run nowfab in a folder that is its home as well, with nothing else in its environment."""
    return subprocess.run(
        [sys.executable, "-m", "nowfab", *words],
        cwd=folder,
        env={"HOME": str(folder), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def answered(far: int, answers: Mapping[str, str], seconds: float = 60) -> tuple[bytes, list[str]]:
    """Be the person at a terminal until its programs leave, or time is up: answer each question once.

    `answers` has what is typed by the end of what is shown; gives all that was shown, and the questions.
    """
    shown, asked, until = b"", [], time.monotonic() + seconds
    while time.monotonic() < until:
        if not select.select([far], [], [], 1)[0]:
            continue
        try:
            shown += os.read(far, 65536)
        except OSError:
            break
        for question, answer in answers.items():
            if shown.endswith(question.encode()) and question not in asked:
                asked.append(question)
                os.write(far, answer.encode())
    os.close(far)
    return shown, asked


def type_into(
    folder: Path,
    home: Path,
    answer: str,
    *words: str,
    question: str = "(yes/no) ",
    seconds: float = 60,
    **environ: str,
) -> tuple[int, str]:
    """Run nowfab on a terminal, answer its question, give its exit code and what was shown.

    Each of several questions, with `|` between them, gets that answer once.
    """
    far, near = os.openpty()
    whole = {**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "TERM": "xterm", **environ}
    argv = [sys.executable, "-m", "nowfab", *words]
    process = subprocess.Popen(argv, cwd=folder, env=whole, stdin=near, stdout=near, stderr=near)
    os.close(near)
    shown, _ = answered(far, dict.fromkeys(question.split("|"), answer), seconds)
    return process.wait(30), shown.decode()


@pytest.fixture
def inv(project: Path) -> Program:
    """Run Invoke's own program."""
    return program("invoke", project)


@pytest.fixture
def nowfab(project: Path) -> Program:
    """Run ours."""
    return program("nowfab", project)


@pytest.fixture(params=["invoke", "nowfab"])
def either(request: pytest.FixtureRequest, project: Path) -> Program:
    """Run both in turn: they promise the same."""
    return program(request.param, project)
