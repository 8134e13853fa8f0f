"""Nodes that really reboot: their systemd ends the container, and the test plugs it in again."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from nowfab.fleet import docker, state
from tests.fleet.practice import ENVIRON, PROJECT, Fleet, await_login, engine, nowfab
from tests.fleet.test_run import rows

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""


BEHIND = ["blue01", "blue02"]


@pytest.fixture(scope="module")
def gated(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A gateway and two nodes behind it."""
    state_home = tmp_path_factory.mktemp("gated")
    folder = state.folder(PROJECT, state_home)
    nodes = docker.up(folder, 1, PROJECT, ENVIRON, behind=len(BEHIND))
    state.take(folder, nodes)
    yield Fleet(state_home, folder, nodes)
    docker.down(folder, ENVIRON)


def running(fleet: Fleet, name: str) -> bool:
    return "true" == engine("inspect", "--format={{.State.Running}}", fleet.container(name)).strip()


@contextmanager
def plugged_in(fleet: Fleet, names: Sequence[str], pause: float = 1.0) -> Iterator[list[str]]:
    """Start each of these containers again, once, after it has ended; gives who did, in the order of it."""
    fell: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for name in [name for name in names if name not in fell and not running(fleet, name)]:
                fell.append(name)
                time.sleep(pause)
                engine("start", fleet.container(name))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield fell
    finally:
        over.set()
        thread.join(60)
        for name in [name for name in names if not running(fleet, name)]:
            engine("start", fleet.container(name))
        for name in [name for name in names if fleet[name].via is None]:
            await_login(fleet[name])


def fallen(fell: Sequence[str], name: str, seconds: float = 120.0) -> bool:
    """Wait until a node that was only told to reboot has done so."""
    until = time.monotonic() + seconds
    while name not in fell and time.monotonic() < until:
        time.sleep(0.2)
    return name in fell


def started(fleet: Fleet, name: str) -> str:
    return engine("inspect", "--format={{.State.StartedAt}}", fleet.container(name)).strip()


def test_reboot_one_after_the_other_and_wait_for_each(fleet: Fleet) -> None:
    """--serial waits without being told: the next one goes when this one is back."""
    names = ["red02", "red03"]
    before = {name: started(fleet, name) for name in names}
    with plugged_in(fleet, names) as fell:
        answer = nowfab(
            fleet.state_home,
            *("reboot-nodes", "-w", "red[02-03]", "--serial", "1", "--yes", "--within", "90"),
            *("--format", "json"),
        )
    found = rows(answer)

    assert (0, names) == (answer.returncode, fell), answer.stdout + answer.stderr
    assert {"ok"} == {row["status"] for row in found.values()}
    assert [True] * 2 == [row["stdout"].startswith("rebooted, and back after ") for row in found.values()]
    assert [] == [name for name in names if before[name] == started(fleet, name)]


def test_a_node_that_does_not_come_back_is_lost_and_another_is_well(fleet: Fleet) -> None:
    with plugged_in(fleet, ["red03"]):
        answer = nowfab(
            fleet.state_home,
            "reboot-nodes",
            "-w",
            "red[02-03]",
            "--yes",
            "--within",
            "20",
            "--format",
            "json",
        )
        after = running(fleet, "red02")
    engine("start", fleet.container("red02"))
    await_login(fleet["red02"])
    found = rows(answer)

    assert ("lost", "ok", 3, False) == (
        *(found[name]["status"] for name in ("red02", "red03")),
        answer.returncode,
        after,
    )
    assert found["red02"]["reason"].startswith("went down and is not back within 20 s: ")


def test_without_waiting_it_is_told_and_the_row_is_not_lost(fleet: Fleet) -> None:
    """The node ends its own connection a second after it has said that it will."""
    with plugged_in(fleet, ["red02"]) as fell:
        answer = nowfab(fleet.state_home, "reboot-nodes", "-w", "red02", "--yes", "--format", "json")
        went = fallen(fell, "red02")
    (row,) = rows(answer).values()

    assert (0, "ok", "was told to reboot\n") == (answer.returncode, row["status"], row["stdout"])
    assert went


def test_a_login_without_the_right_changes_nothing(fleet: Fleet) -> None:
    """red05's sudo asks for a password; and without sudo only root may."""
    before = started(fleet, "red05")
    asked = nowfab(fleet.state_home, "reboot-nodes", "-w", "red05", "--yes", "--wait", "--format", "json")
    plain = nowfab(fleet.state_home, "reboot-nodes", "-w", "red05", "--yes", "--no-sudo", "--format", "json")
    rows_of = [next(iter(rows(answer).values())) for answer in (asked, plain)]

    assert [(2, "failed")] * 2 == [
        (answer.returncode, row["status"]) for answer, row in zip((asked, plain), rows_of, strict=True)
    ]
    assert "password is required" in rows_of[0]["stderr"]
    assert "reboot: only root may; leave --no-sudo out\n" == rows_of[1]["stderr"]
    assert (True, before) == (running(fleet, "red05"), started(fleet, "red05"))


def test_without_a_terminal_and_without_yes_nothing_is_sent(fleet: Fleet) -> None:
    before = started(fleet, "red02")
    answer = nowfab(fleet.state_home, "reboot-nodes", "-w", "red02")

    assert (1, "") == (answer.returncode, answer.stdout)
    assert "`reboot-nodes` asks first, and there is no terminal to ask on; say `--yes`" in answer.stderr
    assert (True, before) == (running(fleet, "red02"), started(fleet, "red02"))


def test_wait_up_waits_for_a_node_that_is_started_meanwhile(fleet: Fleet) -> None:
    engine("stop", fleet.container("red03"))
    threading.Timer(4.0, lambda: engine("start", fleet.container("red03"))).start()
    answer = nowfab(
        fleet.state_home, "wait-up", "-g", "red", "--within", "60", "--fanout", "1", "--format", "json"
    )
    await_login(fleet["red03"])
    found = rows(answer)

    assert (0, {"ok"}) == (answer.returncode, {row["status"] for row in found.values()}), answer.stdout
    assert 4 < found["red03"]["seconds"] < 60
    assert f"answered after {found['red03']['seconds']:.1f} s\n" == found["red03"]["stdout"]
    assert max(row["seconds"] for name, row in found.items() if name != "red03") < 4


def test_wait_up_ends_at_its_deadline(fleet: Fleet) -> None:
    engine("stop", fleet.container("red03"))
    try:
        begun = time.monotonic()
        answer = nowfab(fleet.state_home, "wait-up", "-w", "red[02-03]", "--within", "3", "--format", "json")
        took = time.monotonic() - begun
    finally:
        engine("start", fleet.container("red03"))
        await_login(fleet["red03"])
    found = rows(answer)

    assert (4, "ok", "unreachable", True) == (
        answer.returncode,
        *(found[name]["status"] for name in ("red02", "red03")),
        took < 15,
    )
    assert found["red03"]["reason"].startswith("not within 3 s: ")


def test_a_gateway_reboots_after_those_behind_it_and_all_are_back(gated: Fleet) -> None:
    names = [*BEHIND, "red01"]
    with plugged_in(gated, names) as fell:
        answer = nowfab(
            gated.state_home,
            *(
                "reboot-nodes",
                "-w",
                "red01,blue[01-02]",
                "--wait",
                "--yes",
                "--within",
                "90",
                "--format",
                "json",
            ),
        )
    found = rows(answer)

    assert (0, {"ok"}) == (answer.returncode, {row["status"] for row in found.values()}), answer.stdout
    assert "red01" == fell[-1]
    assert sorted(names) == sorted(fell)


def test_shut_down_a_gateway_and_wait_until_all_are_up_again(gated: Fleet) -> None:
    """Those behind it are waited for while their gateway still boots."""
    names = ["red01", *BEHIND]
    chosen = ("-w", "red01,blue[01-02]")
    answer = nowfab(gated.state_home, "shutdown-nodes", *chosen, "--yes", "--format", "json")
    deadline = time.monotonic() + 60
    while up := [name for name in names if running(gated, name)]:
        assert time.monotonic() < deadline, f"still up: {up}"
        time.sleep(0.2)
    for pause, name in enumerate(reversed(names), 2):
        threading.Timer(2.0 * pause, lambda which=name: engine("start", gated.container(which))).start()
    back = nowfab(gated.state_home, "wait-up", *chosen, "--within", "90", "--format", "json")

    assert (0, {"ok"}) == (answer.returncode, {row["status"] for row in rows(answer).values()})
    assert (0, {"ok"}) == (back.returncode, {row["status"] for row in rows(back).values()}), back.stdout
    assert [True] * 3 == [row["seconds"] > 7 for row in rows(back).values()]
