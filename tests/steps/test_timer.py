"""A timer is a service, a timer and the wish that it runs, as tables of cases."""

from __future__ import annotations

import subprocess
from pathlib import Path
from shutil import which

import pytest

from nowfab.errors import UsageError
from nowfab.plan.changes import WriteFile
from nowfab.plan.decide import next_stage
from nowfab.plan.questions import Absent, Answer, OutputOf, PathAt, Question, Said, Unit, UnitNamed
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.timer import timer
from tests.steps.cases import Case, a_file, at, lawful
from tests.steps.test_identity import nobody, who

NIGHTLY = timer("backup", ("/usr/bin/rsync", "-a", "/srv", "nas:"), on_calendar="daily", user="pi")
OFTEN = timer("look", ("uptime",), every="15min")
GONE = timer("backup", present=False)
SERVICE, TIMER = "/etc/systemd/system/backup.service", "/etc/systemd/system/backup.timer"
CALENDAR = OutputOf(("systemd-analyze", "calendar", "daily"))
UNDERSTOOD = Said(0, b"  Original form: daily\n")
NIGHTLY_SERVICE = b"""\
[Unit]
Description=backup, by nowfab

[Service]
Type=oneshot
User=pi
ExecStart="/usr/bin/rsync" "-a" "/srv" "nas:"
"""
NIGHTLY_TIMER = b"""\
[Unit]
Description=backup, by nowfab

[Timer]
OnCalendar=daily
Persistent=true

[Install]
WantedBy=timers.target
"""


def vendors(name: str, found: Answer | None = None) -> dict[Question, Answer]:
    folders = ("/usr/lib/systemd/system", "/lib/systemd/system")
    paths = [f"{folder}/{name}.{kind}" for folder in folders for kind in ("service", "timer")]
    return {PathAt(path, content=False): found or Absent() for path in paths}


CASES = {
    "a timer can be": Case(NIGHTLY[0], {**vendors("backup"), **who(), CALENDAR: UNDERSTOOD}),
    "a timer can be, where systemd does not tell": Case(
        NIGHTLY[0], {**vendors("backup"), **who(), CALENDAR: Said(1, b"", b"Unknown operation calendar.")}
    ),
    "a timer of every so often can be": Case(OFTEN[0], vendors("look")),
    "its service": Case(
        NIGHTLY[1],
        at(SERVICE, Absent()),
        [f"write {SERVICE} 0644, {len(NIGHTLY_SERVICE)} bytes"],
        NIGHTLY_SERVICE,
    ),
    "its timer": Case(
        NIGHTLY[2], at(TIMER, Absent()), [f"write {TIMER} 0644, {len(NIGHTLY_TIMER)} bytes"], NIGHTLY_TIMER
    ),
    "it is started": Case(
        NIGHTLY[3],
        {UnitNamed("backup.timer"): Unit("disabled", "inactive"), **at(TIMER, a_file(b""), False)},
        ["enable, start backup.timer"],
    ),
    "it is started anew after a change": Case(
        NIGHTLY[3],
        {
            UnitNamed("backup.timer"): Unit("enabled", "active", 5.0),
            **at(TIMER, a_file(b"", changed=6.0), False),
        },
        ["restart backup.timer"],
    ),
    "it runs": Case(
        NIGHTLY[3],
        {
            UnitNamed("backup.timer"): Unit("enabled", "active", 5.0),
            **at(TIMER, a_file(b"", changed=4.0), False),
        },
    ),
    "none: it runs": Case(
        GONE[0], {UnitNamed("backup.timer"): Unit("enabled", "active", 5.0)}, ["disable, stop backup.timer"]
    ),
    "none: it is not enabled": Case(
        GONE[0], {UnitNamed("backup.timer"): Unit("disabled", "active")}, ["stop backup.timer"]
    ),
    "none: it has failed, and stays so": Case(
        GONE[0], {UnitNamed("backup.timer"): Unit("enabled", "failed")}, ["disable backup.timer"]
    ),
    "none: there is none": Case(GONE[0], {UnitNamed("backup.timer"): Unit()}),
    "none: its service": Case(GONE[1], at(SERVICE, a_file(b""), False), [f"remove file {SERVICE}"]),
    "none: its timer": Case(GONE[2], at(TIMER, a_file(b""), False), [f"remove file {TIMER}"]),
}


@pytest.mark.parametrize("name", CASES)
def test_each_keeps_the_law_of_steps(name: str) -> None:
    lawful(CASES[name])


REFUSED: dict[str, tuple[Step, dict[Question, Answer], str]] = {
    "a unit of a package": (
        OFTEN[0],
        vendors("look", a_file(b"")),
        "a package has /usr/lib/systemd/system/look",
    ),
    "a user who is not there": (
        NIGHTLY[0],
        {**vendors("backup"), **nobody("pi"), CALENDAR: UNDERSTOOD},
        "no user `pi`",
    ),
    "times that nobody understands": (
        NIGHTLY[0],
        {**vendors("backup"), **who(), CALENDAR: Said(1, b"", b"Failed to parse calendar specification")},
        "does not understand `daily`",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(name: str) -> None:
    step, answers, reason = REFUSED[name]
    with pytest.raises(Refused, match=reason):
        step.decide(View(answers))


@pytest.mark.parametrize(
    "words",
    [
        {},
        {"run": ("true",)},
        {"run": ("true",), "every": "1h", "on_calendar": "daily"},
        {"every": "1h"},
        {"run": ("true",), "every": "soon"},
        {"run": ("true",), "every": "15"},
    ],
)
def test_what_cannot_be_meant_is_an_error_at_once(words: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        timer("x", **words)


def test_a_timer_that_goes_is_one_stage_and_one_that_comes_is_two() -> None:
    """systemd has to read the files before it can be asked about them."""
    answers = {question: answer for case in CASES.values() for question, answer in case.answers.items()}
    here = {
        **answers,
        UnitNamed("backup.timer"): Unit("enabled", "active"),
        **at(TIMER, a_file(b"")),
        **at(SERVICE, a_file(b"")),
    }
    new = next_stage(NIGHTLY, View(answers | {CALENDAR: UNDERSTOOD}))

    assert () == next_stage(GONE, View(here)).rest
    assert NIGHTLY[3:] == new.rest


def _written(step: Step) -> str:
    (change,) = step.decide(View(dict.fromkeys(step.questions, Absent())))
    assert isinstance(change, WriteFile)
    return change.content.head(9999).decode()


STRANGE = ("printf", "%s\\n", 'a "b"', "$HOME", "${x}", "100%", ";", "\t", "two\nlines", "", "ä")


def test_words_mean_to_systemd_what_they_say() -> None:
    """systemd.service(5), COMMAND LINES."""
    first = r'''ExecStart="/usr/bin/env" "printf" "%%s\\n" "a \"b\"" "$$HOME" "$${x}" "100%%" ";"'''
    wanted = first + r''' "\t" "two\nlines" "" "ä"'''

    assert wanted in _written(timer("x", STRANGE, every="1h")[1]).splitlines()


@pytest.mark.skipif(which("systemd-analyze") is None, reason="there is no systemd-analyze here")
def test_systemd_itself_takes_the_files(tmp_path: Path) -> None:
    for step, kind in zip(timer("x", STRANGE, every="1h 30min")[1:3], ("service", "timer"), strict=True):
        (tmp_path / f"x.{kind}").write_text(_written(step))
    argv = ["systemd-analyze", "verify", "--man=no", str(tmp_path / "x.timer"), str(tmp_path / "x.service")]
    said = subprocess.run(argv, capture_output=True, text=True, timeout=60)

    assert "" == "".join(line for line in said.stderr.splitlines() if str(tmp_path) in line)
