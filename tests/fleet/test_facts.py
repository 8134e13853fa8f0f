"""inv facts and inv status on real nodes, whose files and programs are looked at from outside, too."""

from __future__ import annotations

import json
import time

import pytest

from tests.fleet.practice import Fleet, nowfab
from tests.fleet.test_run import NAMES, rows

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""


def test_facts_are_what_the_node_itself_says(fleet: Fleet) -> None:
    """Without Python on the node: a shell is enough."""
    answer = nowfab(fleet.state_home, "facts", "-g", "red", "--format", "json")
    found = rows(answer)
    kernel = fleet.inside("red01", "uname -r").strip()
    memory = int(fleet.inside("red01", "sed -n 's/^MemTotal: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")) * 1024
    python = fleet.inside("red01", "python3 -V").split()[1]

    assert (0, NAMES) == (answer.returncode, list(found)), answer.stderr
    told = found["red01"]["facts"]
    assert ("debian", "12", "bookworm", kernel) == (
        *(told[name] for name in ("system_id", "version", "codename", "kernel")),
    )
    assert (memory, python, ["NetworkManager"]) == (told["memory"], told["python"], told["network"])


def test_status_sees_a_failed_unit_and_a_reboot_that_is_due(fleet: Fleet) -> None:
    fleet.inside("red02", "touch /run/reboot-required")
    fleet.inside("red02", "systemd-run --unit nowfab-bad --quiet false; sleep 0.5")
    try:
        answer = nowfab(fleet.state_home, "status", "-w", "red[01-02]", "--format", "json")
    finally:
        fleet.inside("red02", "rm /run/reboot-required; systemctl reset-failed")
    first, second = (row["health"] for row in rows(answer).values())

    assert (0, None, [], True) == (answer.returncode, first["reboot"], first["failed"], second["reboot"])
    assert ["nowfab-bad.service"] == second["failed"]
    assert abs(time.time() - first["up"] - first["since"]) < 60
    assert None is first["throttled"]


def test_both_are_tables_of_one_row_a_node(fleet: Fleet) -> None:
    for task in ("facts", "status"):
        answer = nowfab(fleet.state_home, task, "-g", "red")
        table = [line.split()[:2] for line in answer.stdout.splitlines() if line.startswith("red")]

        assert [[name, "ok"] for name in NAMES] == table, answer.stderr
        assert "practice nodes: containers on this computer" == answer.stdout.splitlines()[0]


def test_a_node_with_another_command_in_its_place_has_failed(fleet: Fleet) -> None:
    """It answers, and with 0; but these are no facts."""
    keys = "/home/pi/.ssh/authorized_keys"
    fleet.inside("red03", f"cp {keys} /root/keys; sed -i 's/^/command=\"echo hi\" /' {keys}")
    try:
        answer = nowfab(fleet.state_home, "facts", "-w", "red03", "--format", "json")
    finally:
        fleet.inside("red03", f"cp /root/keys {keys}; rm /root/keys")
    (row,) = json.loads(answer.stdout)["results"]

    assert (2, "failed", None, "hi\n") == (answer.returncode, row["status"], row["facts"], row["stdout"])
    assert "no answer" in row["reason"]
