"""`setup-base --reboot-if-needed` has nodes start anew on which that is due: in waves, and no others."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import type_into
from tests.fleet.practice import PROJECT, REACH, Fleet, await_login, engine, nowfab
from tests.fleet.test_agent import AWAY, REPOSITORY
from tests.fleet.test_power import BEHIND, gated, plugged_in, started
from tests.fleet.test_software import INSTALLED, NEWER

__all__ = ["gated"]

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""

FLAG = "/run/reboot-required"
"""As Debian's packages leave it: in memory, so that it is gone after a start."""

ASKS_FOR_ONE = r"""
cd /srv/repo && printf '#!/bin/sh\ntouch /run/reboot-required\n' >good/DEBIAN/postinst
chmod 755 good/DEBIAN/postinst
"""


def set_up(fleet: Fleet, *words: str) -> tuple[int, dict[str, Any]]:
    """Set nodes up; gives the rows by name."""
    answer = nowfab(fleet.state_home, "setup-base", "--reboot-if-needed", *words, "--format", "json")
    assert answer.stdout, answer.stderr
    return answer.returncode, {row["node"]: row for row in json.loads(answer.stdout)["results"]}


def due(fleet: Fleet, *names: str) -> None:
    for name in names:
        fleet.inside(name, f"touch {FLAG}")


def rebooted(row: dict[str, Any]) -> bool:
    return any(each["what"].startswith("rebooted, and back after ") for each in row["changes"])


def test_those_on_which_it_is_due_go_one_after_the_other_when_all_is_made(fleet: Fleet) -> None:
    """Nobody is asked; the second time nothing is due and nothing is to do."""
    names = ["red02", "red03", "red04"]
    fleet.inside("red04", f"rm -f {FLAG}")
    due(fleet, "red02", "red03")
    before = {name: started(fleet, name) for name in names}
    with plugged_in(fleet, names) as fell:
        code, rows = set_up(fleet, "-w", "red[02-04]", "--serial", "1", "--within", "90")

    assert (0, ["red02", "red03"]) == (code, fell), rows
    assert [True, True, False] == [rebooted(rows[name]) for name in names]
    assert ["changed"] * 2 == [rows[name]["status"] for name in names[:2]]
    assert names[2:] == [name for name in names if before[name] == started(fleet, name)]

    code, rows = set_up(fleet, "-w", "red[02-04]")
    assert (0, [("ok", [])] * 3) == (code, [(row["status"], row["changes"]) for row in rows.values()])


def test_a_dry_run_reboots_nobody(fleet: Fleet) -> None:
    due(fleet, "red03")
    before = started(fleet, "red03")
    answer = nowfab(fleet.state_home, "setup-base", "--reboot-if-needed", "-w", "red03", "--dry")
    still = fleet.inside("red03", f"ls {FLAG}; rm {FLAG}")

    assert (0, before, f"{FLAG}\n") == (answer.returncode, started(fleet, "red03"), still)
    assert "would reboot if needed: red03\n" in answer.stderr


def test_a_node_that_does_not_come_back_is_lost_and_another_is_well(fleet: Fleet) -> None:
    due(fleet, "red02", "red03")
    with plugged_in(fleet, ["red03"]):
        code, rows = set_up(fleet, "-w", "red[02-03]", "--within", "20")
    engine("start", fleet.container("red02"))
    await_login(fleet["red02"])

    assert (3, "lost", "changed") == (code, rows["red02"]["status"], rows["red03"]["status"])
    assert rows["red02"]["reason"].startswith("went down and is not back within 20 s: ")


@pytest.fixture
def outdated(fleet: Fleet) -> Iterator[Fleet]:
    """A node with one package, of which there is a newer one that asks for a reboot."""
    fleet.inside("red03", REPOSITORY)
    fleet.inside("red03", "apt-get -qq update && apt-get -qq -y install nowfab-good >/dev/null 2>&1")
    fleet.inside("red03", ASKS_FOR_ONE + NEWER + "touch -d 2020-01-01 /var/lib/apt/lists/partial")
    yield fleet
    fleet.inside("red03", AWAY)
    fleet.inside("red03", f"rm -rf /var/lib/nowfab {FLAG}")


def test_an_upgrade_that_asks_for_a_reboot_gets_it_in_the_same_run(outdated: Fleet) -> None:
    with plugged_in(outdated, ["red03"]) as fell:
        code, rows = set_up(outdated, "-w", "red03", "--upgrade", "--within", "90")
    changes = [each["what"] for each in rows["red03"]["changes"]]

    assert (0, "changed", ["red03"]) == (code, rows["red03"]["status"], fell), rows
    assert ["fetch the lists of packages", "upgrade nowfab-good"] == changes[:2]
    assert rebooted(rows["red03"])
    assert "nowfab-good 2.0\n" == outdated.inside("red03", INSTALLED)

    code, rows = set_up(outdated, "-w", "red03", "--upgrade")
    assert (0, "ok", []) == (code, rows["red03"]["status"], rows["red03"]["changes"])


def test_B14_where_sudo_asks_for_a_password_one_serves_for_both(fleet: Fleet) -> None:
    """It is asked for once, before anything is sent, and not again for the reboot."""
    due(fleet, "red05")
    words = ("setup-base", "-w", "red05", "--ask-sudo", "--reboot-if-needed", "--within", "90")
    password, environ = fleet.password("red05"), {**REACH, "XDG_STATE_HOME": str(fleet.state_home)}
    with plugged_in(fleet, ["red05"]) as fell:
        code, shown = type_into(
            *(PROJECT, Path(os.environ["HOME"]), f"{password}\n", *words, "--format", "json"),
            question="sudo password: ",
            seconds=200,
            **environ,
        )

    assert (0, ["red05"], True) == (code, fell, "rebooted, and back after " in shown), shown
    assert (1, False) == (shown.count("sudo password: "), password in shown)


def test_a_gateway_goes_after_those_behind_it(gated: Fleet) -> None:
    """It was set up before them; all are made before the first one goes down."""
    names = [*BEHIND, "red01"]
    due(gated, *names)
    with plugged_in(gated, names) as fell:
        code, rows = set_up(gated, "-w", "red01,blue[01-02]", "--within", "90")

    assert (0, [True] * 3) == (code, [rebooted(row) for row in rows.values()]), rows
    assert ("red01", sorted(names)) == (fell[-1], sorted(fell))
