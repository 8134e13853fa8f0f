"""The main job against real nodes: one truthful row each, in time, whatever happens to some."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import Fleet, await_login, engine, nowfab

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""

NAMES = ["red01", "red02", "red03", "red04", "red05"]


def rows(answer: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    assert answer.stdout, answer.stderr
    return {row["node"]: row for row in json.loads(answer.stdout)["results"]}


def test_hostname_on_the_group_gives_five_rows(fleet: Fleet) -> None:
    """The first command of everyone who tries nowfab, as a table."""
    answer = nowfab(fleet.state_home, "run", "hostname", "-g", "red")

    table = [line.split() for line in answer.stdout.splitlines() if line.startswith("red")]
    assert (0, NAMES) == (answer.returncode, [row[0] for row in table]), answer.stderr
    assert [["ok", "0", name] for name in NAMES] == [[row[1], row[2], row[-1]] for row in table]


def test_what_a_node_sent_is_what_comes_home(fleet: Fleet) -> None:
    """Every node tells its own name, nothing is mixed up between them."""
    answer = nowfab(fleet.state_home, "run", "hostname; id -un >&2", "-g", "red", "--format", "json")

    expected = {name: ("ok", 0, f"{name}\n", "pi\n") for name in NAMES}
    found = rows(answer)
    assert expected == {
        name: (row["status"], row["exit_code"], row["stdout"], row["stderr"]) for name, row in found.items()
    }


def test_characters_that_straddle_packets_stay_whole(fleet: Fleet) -> None:
    """Two-byte characters at odd places fall on every border that a reader may have."""
    line = "python3 -c 'print(chr(97) + chr(233) * 3000)'"
    answer = nowfab(fleet.state_home, "run", line, "-w", "red01", "--format", "json")

    assert "a" + "\xe9" * 3000 + "\n" == rows(answer)["red01"]["stdout"]


def test_the_row_of_a_node_whose_sudo_asks_says_so(fleet: Fleet) -> None:
    """A command that waits for a password nobody types would hang; sudo sees no terminal and ends."""
    answer = nowfab(fleet.state_home, "run", "sudo -n id -un", "-g", "red", "--format", "json")

    found = rows(answer)
    expected = dict.fromkeys(NAMES, ("ok", "root\n")) | {"red05": ("failed", "")}
    assert expected == {name: (row["status"], row["stdout"]) for name, row in found.items()}
    assert "password is required" in found["red05"]["stderr"]
    assert 2 == answer.returncode


def test_ping_finds_all(fleet: Fleet) -> None:
    """Who answers is the first question in a class."""
    answer = nowfab(fleet.state_home, "ping", "-g", "red", "--format", "json")

    assert (0, NAMES) == (answer.returncode, list(rows(answer))), answer.stderr


def test_a_silent_node_costs_the_connect_deadline_and_no_more(fleet: Fleet) -> None:
    """A frozen Pi still takes the connection; it never says a word."""
    engine("pause", fleet.container("red03"))
    try:
        begun = time.monotonic()
        answer = nowfab(
            fleet.state_home, "run", "hostname", "-g", "red", "--connect-timeout", "3", "--format", "json"
        )
        took = time.monotonic() - begun
    finally:
        engine("unpause", fleet.container("red03"))
        await_login(fleet["red03"])

    found = {name: row["status"] for name, row in rows(answer).items()}
    assert {**dict.fromkeys(NAMES, "ok"), "red03": "unreachable"} == found
    assert (4, True) == (answer.returncode, 3.0 <= took <= 8.0), took


def test_five_nodes_with_five_fates_give_five_truthful_rows(troubled: Fleet) -> None:
    """One is fine, one fails, one is off, one shuts us out, one is not the node that we knew."""
    engine("stop", troubled.container("red03"))
    troubled.inside("red04", "rm /home/pi/.ssh/authorized_keys")
    troubled.inside("red05", "rm /etc/ssh/ssh_host_*; ssh-keygen -A; systemctl restart ssh")
    line = '[ "$(hostname)" != red02 ] || exit 3; hostname'
    begun = time.monotonic()
    answer = nowfab(troubled.state_home, "run", line, "-g", "red", "--format", "json")
    took = time.monotonic() - begun

    found = rows(answer)
    assert [
        ("red01", "ok", 0, "red01\n"),
        ("red02", "failed", 3, ""),
        ("red03", "unreachable", None, ""),
        ("red04", "refused", None, ""),
        ("red05", "refused", None, ""),
    ] == [(name, row["status"], row["exit_code"], row["stdout"]) for name, row in found.items()]
    assert "host key changed" in found["red05"]["reason"].lower()
    assert all(found[name]["reason"] for name in ("red03", "red04", "red05"))
    assert (4, 4) == (answer.returncode, json.loads(answer.stdout)["exit_code"])
    assert took <= 10 + 2


@pytest.mark.usefixtures("need_engine")
def test_fleet_up_ps_and_down_by_hand(tmp_path: Path) -> None:
    """What a person types; after `fleet.down` the names reach nothing, never something else."""
    up = nowfab(tmp_path, "fleet.up", "--nodes", "1", "--kind", "docker")
    try:
        seen = nowfab(tmp_path, "fleet.ps")
        ran = nowfab(tmp_path, "run", "hostname", "-w", "red01", "--format", "json")
    finally:
        down = nowfab(tmp_path, "fleet.down")
    after = nowfab(tmp_path, "run", "hostname", "-w", "red01", "--format", "json")

    assert (0, 0, 0) == (up.returncode, seen.returncode, down.returncode), up.stderr + down.stderr
    assert ("red01\n", True) == (rows(ran)["red01"]["stdout"], "red01" in seen.stdout)
    assert (4, "unreachable") == (after.returncode, rows(after)["red01"]["status"])
