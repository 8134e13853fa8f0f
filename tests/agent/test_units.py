"""Units are enabled, started and started anew by systemctl; faked here, real in tests/fleet."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import program
from tests.agent import asking
from tests.agent.asking import Reply, ask, request, tree, write
from tests.agent.fakes import Fakes, made


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return made(tmp_path / "fakes")


def unit(
    enabled: bool | None = None,
    running: bool | None = None,
    restart: bool = False,
    was: tuple[str, str] = ("disabled", "inactive"),
) -> dict[str, Any]:
    before = {"enabled": was[0], "active": was[1], "since": 0.0}
    wanted = {"enabled": enabled, "running": running, "restart": restart}
    return {"do": "unit", "name": "nginx", **wanted, "was": before}


def asked(fakes: Fakes, state: Path, *changes: dict[str, Any], names: str = "") -> Reply:
    questions = [{"ask": "unit", "name": name} for name in names.split()]
    blobs = [b"a"] if any(change["do"] == "write" for change in changes) else []
    return ask(request(state, changes, questions, blobs), env=fakes.env)


OFF, ON = ("disabled", "inactive"), ("enabled", "active")

CASES: list[tuple[dict[str, Any], tuple[str, str], list[str], tuple[str, str]]] = [
    (unit(True, True), OFF, ["enable", "start"], ON),
    (unit(enabled=True), OFF, ["enable"], ("enabled", "inactive")),
    (unit(running=True), OFF, ["start"], ("disabled", "active")),
    (unit(False, False, was=ON), ON, ["disable", "stop"], OFF),
    (unit(restart=True, was=ON), ON, ["restart"], ON),
    (unit(None, True, True, was=ON), ON, ["restart"], ON),
    (unit(True, True), ON, [], ON),
    (unit(running=True), ("static", "activating"), [], ("static", "activating")),
]


@pytest.mark.parametrize(("change", "before", "verbs", "after"), CASES)
def test_a_unit_becomes_what_it_shall_be(
    change: dict[str, Any],
    before: tuple[str, str],
    verbs: list[str],
    after: tuple[str, str],
    fakes: Fakes,
    state: Path,
) -> None:
    """Exactly what is needed is called for, and nothing where all holds already."""
    fakes.unit("nginx", *before)
    reply = asked(fakes, state, change, names="nginx")

    assert ("applied", ["changed" if verbs else "already"]) == (reply.state, reply.did), reply.reason
    assert [f"systemctl --no-ask-password {verb} -- nginx" for verb in verbs] == fakes.calls()
    assert after == (reply.answers[0]["enabled"], reply.answers[0]["active"])


def test_a_unit_that_changed_since_the_look_is_a_conflict(fakes: Fakes, top: Path, state: Path) -> None:
    """Somebody stopped it: whether it shall be started anew is theirs to say now."""
    fakes.unit("nginx", "enabled", "inactive")
    reply = asked(fakes, state, write(top / "a"), unit(restart=True, was=ON))

    assert ("conflict", {}, []) == (reply.state, tree(top), fakes.calls())
    assert reply.reason.endswith("`nginx` was enabled, active then, enabled, inactive now")


def test_systemd_reads_a_changed_unit_file_before_it_starts_the_unit(
    fakes: Fakes, top: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it starts what the file said before; once is enough, and also when no unit follows."""
    folder = f"{top}/"
    text = program().replace(b'UNIT_FOLDERS = ("/etc/systemd/",', f'UNIT_FOLDERS = ("{folder}",'.encode())
    monkeypatch.setattr(asking, "program", lambda: text)
    fakes.unit("nginx")
    first = [write(f"{folder}a.service"), write(f"{folder}b.service"), unit(running=True)]
    asked(fakes, state, *first)
    asked(fakes, state, write(f"{folder}c.service"))
    asked(fakes, state, write(f"{folder}c.service"))

    reload = "systemctl --no-ask-password daemon-reload"
    assert [reload, "systemctl --no-ask-password start -- nginx", reload] == fakes.calls()


def test_since_is_right_by_the_clock_of_now(fakes: Fakes, state: Path) -> None:
    """A Pi without a clock boots in 1970 and jumps: systemd's own wall time would be of then."""
    fakes.unit("nginx", "enabled", "active", since=max(1, int((time.monotonic() - 100) * 1e6)))
    fakes.unit("never")
    reply = asked(fakes, state, names="nginx never gone")
    age = time.time() - reply.answers[0]["since"]

    assert 95 < age < 200
    assert [0.0, 0.0] == [answer["since"] for answer in reply.answers[1:]]
    assert {"enabled": "", "active": "inactive", "since": 0.0} == reply.answers[2]


def test_all_units_are_asked_for_in_one_go(fakes: Fakes, state: Path) -> None:
    """Each question of systemd goes over its bus."""
    asked(fakes, state, names="a b c a")

    assert 1 == (fakes.here / "calls").read_text().count("systemctl show")


def test_what_systemctl_said_is_the_reason(fakes: Fakes, state: Path) -> None:
    """It says where to look further."""
    fakes.unit("nginx")
    (fakes.here / "refuse").write_text("Job for nginx.service failed.\n")
    reply = asked(fakes, state, unit(running=True))

    expected = "`systemctl --no-ask-password start -- nginx` ended with 1: Job for nginx.service failed."
    assert ("failed", 0, expected) == (reply.state, reply.said["failed"], reply.reason)


def test_a_node_without_systemd_says_so(fakes: Fakes, state: Path) -> None:
    """A container, or another init: the question has no answer, and no change is tried."""
    lacks = "System has not been booted with systemd as init system (PID 1). Can't operate."
    (fakes.here / "bin/systemctl").write_text(f'#!/bin/sh\necho "{lacks}" >&2\nexit 1\n')
    reply = asked(fakes, state, unit(running=True), names="nginx cron")

    assert ("failed", "there is no systemd on this node") == (reply.state, reply.reason)
    assert [{"cannot": "there is no systemd on this node"}] * 2 == reply.answers
