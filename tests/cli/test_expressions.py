"""Expressions reach both programs whole: with files of names, and with names on standard input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Program


def piped(folder: Path, text: str, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "nowfab", *words]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        argv, cwd=folder, env=environ, input=text, capture_output=True, text=True, timeout=60
    )


def folded(done: subprocess.CompletedProcess[str]) -> tuple[int, str]:
    return done.returncode, done.stdout.strip().rpartition(": ")[2] + done.stderr


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-g", "all!red[01-02]"), "red03,blue01"),
        (("-g", "all", "-x", "~^red!red01"), "red01,blue01"),
        (("-w", "@*&^down"), "red[02-03]"),
        (("-g", "red", "-x", "^down"), "red01"),
        (("-w", "^~/mine^red01"), "x1,red01"),
    ],
)
def test_the_flags_take_expressions(
    either: Program, project: Path, words: tuple[str, ...], expected: str
) -> None:
    """A dry run says whom they mean."""
    (project / "down").write_text("red02  # the fan\nred03\n")
    (project / "mine").write_text("x1\n")
    done = either("--dry", "ping", *words, HOME=str(project))

    assert (0, expected) == folded(done)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-w", "-"), "red[02-03]"),
        (("-w-",), "red[02-03]"),
        (("--hosts=-",), "red[02-03]"),
        (("-g", "red", "-x", "-"), "red01"),
        (("-g", "red!-"), "red01"),
    ],
)
def test_names_come_from_standard_input(project: Path, words: tuple[str, ...], expected: str) -> None:
    """What another program found is piped in."""

    assert (0, expected) == folded(piped(project, "red02 red03\n", "--dry", "ping", *words))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ("ping", "-w", "^gone"),
            "`^gone` means the names in a file: gone: cannot be read: no such file",
        ),
        (
            ("ping", "-w", "^groups"),
            "`^groups` means the names in a file: groups: it is a folder, not a file",
        ),
        (("ping", "-w", "-,-"), "which can be read once only"),
        (("ping", "-w", "-", "-x", "-"), "which can be read once only"),
        (("run", "cat", "-w", "-", "--stdin", "-"), "put the names into a file and type `^FILE`"),
        (("ping", "-g", "red!"), "`red!`: nothing stands behind `!`"),
        (("ping", "-g", "red&&blue"), "`&` is written once"),
        (("ping", "-w", "red[01-02!red01"), "a bracket is not closed"),
        (("ping", "-w", "~red("), "is no regular expression"),
        (("ping", "-w", "~^(r+)+-$", "-w", "r" * 200), "matches none of the"),
        (("ping", "-w", "r" * 200 + "!~^(r+)+-$"), "takes more than 5 seconds"),
        (("ping", "-w", "-"), "no node is named in `-`"),
        (("ping", "-g", "red&blue"), "`&blue` has none of those before it"),
    ],
)
def test_E3_what_cannot_be_meant_is_one_sentence(
    nowfab: Program, words: tuple[str, ...], message: str
) -> None:
    """Nothing is sent then, and nothing waits for ever."""
    done = nowfab(*words)

    assert (1, "", 1, True) == (
        done.returncode,
        done.stdout,
        done.stderr.count("\n"),
        message in done.stderr,
    ), done.stderr


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (("--count",), "3\n"),
        (("--format", "names"), "red02\nred03\nblue01\n"),
        (("--format=folded",), "red[02-03],blue01\n"),
        (
            (),
            "node    user    group    from\n------  ----  -----  -----------------\n"
            "red02   pi      red      groups/clusters:1\nred03   pi      red      groups/clusters:1\n"
            "blue01  pi      blue     groups/clusters:2\n",
        ),
    ],
)
def test_an_expression_is_shown_as_it_is_wanted(
    either: Program, flags: tuple[str, ...], expected: str
) -> None:
    """People read the table, programs one name a line; the line of the file is where to change it."""
    done = either("groups.show", "all!red01", *flags)

    assert (0, expected.split()) == (done.returncode, done.stdout.split())


def test_what_is_shown_can_be_piped_in_again(project: Path) -> None:
    """One program's names are the next one's nodes."""
    found = piped(project, "", "groups.show", "@all!~1$", "--format", "names")

    assert (0, "red[02-03]\n") == (
        found.returncode,
        piped(project, found.stdout, "groups.show", "-", "--format", "folded").stdout,
    )


def test_a_terminal_is_no_list_of_names(project: Path) -> None:
    """It would look as if nothing happened."""
    far, near = os.openpty()
    argv = [sys.executable, "-m", "nowfab", "ping", "-w", "-"]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        argv, cwd=project, env=environ, stdin=near, capture_output=True, text=True, timeout=60
    )
    os.close(far)
    os.close(near)

    assert (1, True) == (done.returncode, "which is a terminal; pipe names into it" in done.stderr)
