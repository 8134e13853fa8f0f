"""A line that Invoke would misread is refused before it reads it, with the line to type."""

from __future__ import annotations

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from invoke import Exit

from nowfab import cli

QUOTE = "the command of `run` is one word, so quote it; type: "
NEEDS = '`run` needs a command; type: inv run "uptime" --group GROUP'


def said(argv: list[str]) -> str:
    try:
        cli.tasks(argv)
    except Exit as refusal:
        return str(refusal.message).removeprefix("nowfab: ")
    return ""


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("inv run -g red sudo reboot -g red", QUOTE + 'inv run -g red "sudo reboot" -g red'),
        ("inv run sudo ping -g red", QUOTE + 'inv run "sudo ping" -g red'),
        ("inv run ls -la -g red", QUOTE + 'inv run "ls -la" -g red'),
        ("inv run ps -e -g red", QUOTE + 'inv run "ps -e" -g red'),
        ("inv run uptime -z", QUOTE + 'inv run "uptime -z"'),
        ("inv run echo 'a b' -wred01", QUOTE + "inv run 'echo \"a b\"' -wred01"),
        ("inv run echo '$HOME' -g red", QUOTE + "inv run 'echo '\\''$HOME'\\''' -g red"),
        ("inv deploy run sudo ping", QUOTE + 'inv deploy run "sudo ping"'),
        ("/usr/bin/nowfab run a b", QUOTE + 'nowfab run "a b"'),
        ("/site/nowfab/__main__.py run a b", QUOTE + 'nowfab run "a b"'),
        ("inv run", NEEDS),
        ("inv run -g red", NEEDS),
        ("inv run -g red -- uptime", NEEDS),
        ("inv ping -g red run", NEEDS),
        ("inv run --help", "for help type: inv --help run"),
        ("inv run -g red -h", "for help type: inv --help run"),
        ("inv groups.show --help", "for help type: inv --help groups.show"),
        (
            "inv run --dry uptime -g red",
            "`--dry` stands where the command is meant; put it before `run` or behind the command",
        ),
        (
            "inv run '-oProxyCommand=x y' -g red",
            "a command cannot begin with `-`, as `-oProxyCommand=x y` does; "
            'type: inv run "PROGRAM -oProxyCommand=x y"',
        ),
        (
            "inv -w run uptime -g red",
            "`-w` before the task is Invoke's --warn-only; for --hosts put it behind `run`",
        ),
        (
            "inv -w red01 run uptime",
            "`-w` before the task is Invoke's --warn-only; for --hosts put it behind `run`",
        ),
        (
            "inv -ew ping -g red",
            "`-w` before the task is Invoke's --warn-only; for --hosts put it behind `ping`",
        ),
        ("inv run uptime -g red -p", "`-p` has no meaning for `run`: commands on nodes have no terminal"),
        (
            "inv --hide both groups.list",
            "`--hide` has no meaning for `groups.list`: `--format` says what is shown",
        ),
        ("inv run uptime -g red -d", "`-d` works only before the first task"),
        ("inv run uptime -g red -D abc", "`-D` takes a whole number, not `abc`"),
        ("inv -T abc run uptime -g red", "`-T` takes a whole number, not `abc`"),
        ("inv run uptime -g red -- foo", "nothing behind `--` would reach `run`"),
        (
            "inv run uptime -- foo -g red",
            'nothing behind `--` would reach `run`; type: inv run "uptime foo" -g red',
        ),
    ],
)
def test_a_misread_line_is_answered_with_what_to_type(line: str, answer: str) -> None:
    """Each of these would run something else on the nodes, or nothing, without a word why."""

    assert answer == said(shlex.split(line))


@pytest.mark.parametrize(
    "line",
    [
        "inv",
        "inv --list",
        "inv -l run",
        "inv --help run",
        "inv --complete -- inv run",
        "inv run uptime -g red",
        "inv run 'sudo reboot' -g red -w red[01-03] -x red02 --user pi",
        "inv run -g red,blue --fanout=3 uptime --dry",
        "inv run uptime -Rg red",
        "inv -T 5 -d run uptime -g red",
        "inv run uptime -T 5 -g red",
        "inv run uptime --command-timeout abc -g red",
        "inv run --command uptime -g red",
        "inv run a=b -g red",
        "inv run df -h -g red",
        "inv run uptime -g red ping -g blue",
        "inv groups.show run",
        "inv groups.show run --format json",
        "inv deploy --stage run sudo",
        "inv -w deploy",
        "pytest run.py -k run",
        "",
    ],
)
def test_a_line_that_invoke_reads_as_meant_goes_on_to_it(line: str) -> None:
    """No objection to what is right, to what only prints help, or to tasks that are not ours."""

    assert "" == said(shlex.split(line) or ["inv"])


@given(
    st.lists(
        st.sampled_from(["run", "ping", "-w", "-g", "red", "--", "-e", "--dry", "x y", "-T", "--hide=x", ""])
    )
)
def test_no_line_makes_the_check_itself_fail(words: list[str]) -> None:
    """It reads whatever anybody types."""

    assert isinstance(said(["inv", *words]), str)
