"""Plans that could cut us off, on real nodes: what locks us out is taken back, whatever becomes of us."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import PROJECT, REACH, Fleet, await_login, nowfab

pytestmark = pytest.mark.timeout(900)

SSHD = """\
title: sshd
steps:
  - file: {path: /etc/ssh/sshd_config.d/50-nowfab-test.conf, content: "LINE\\n"}
  - service: {name: ssh.service, after-change-of: [/etc/ssh/sshd_config.d/50-nowfab-test.conf]}
"""
CUT = """\
title: a route that leads nowhere
steps:
  - run:
      argv: [ip, route, add, blackhole, US]
      undo: [ip, route, del, blackhole, US]
      unless: [sh, -c, "ip route | grep -q blackhole"]
"""
FILE = "/etc/ssh/sshd_config.d/50-nowfab-test.conf"


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Fleet]:
    """red03, with nothing of ours before and after."""
    clean = (
        f"rm -rf /var/lib/nowfab {FILE} /srv/cut.nft; nft delete table inet nowfabtest 2>/dev/null || true"
    )
    fleet.inside("red03", clean)
    yield fleet
    fleet.inside("red03", f"{clean}; systemctl restart ssh.service; systemctl reset-failed")
    await_login(fleet["red03"])


def apply(fleet: Fleet, folder: Path, text: str, seconds: int = 8) -> tuple[int, dict[str, Any]]:
    (folder / "plan.yaml").write_text(text)
    words = ("-w", "red03", "--rollback", str(seconds), "--connect-timeout", "3", "--format", "json")
    answer = nowfab(fleet.state_home, "apply", str(folder / "plan.yaml"), *words)
    assert answer.stdout, answer.stderr
    (row,) = json.loads(answer.stdout)["results"]
    return answer.returncode, row


def test_a_good_change_of_sshd_is_confirmed_and_stays(node: Fleet, tmp_path: Path) -> None:
    text = SSHD.replace("LINE", "ClientAliveInterval 33")
    code, row = apply(node, tmp_path, text)

    assert (0, "changed") == (code, row["status"]), row["reason"]
    time.sleep(10)  # longer than the rollback
    assert "ClientAliveInterval 33\n" == node.inside("red03", f"cat {FILE}")
    assert (0, "ok") == ((again := apply(node, tmp_path, text))[0], again[1]["status"])


def test_G8_an_sshd_that_locks_everybody_out_is_taken_back(node: Fleet, tmp_path: Path) -> None:
    """Valid by `sshd -t`, and nobody gets in: only a new login can tell."""
    code, row = apply(node, tmp_path, SSHD.replace("LINE", "AllowUsers nobody-at-all"))

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert "nobody confirmed it within 8 s" in row["reason"]
    assert "" == node.inside("red03", f"cat {FILE} 2>/dev/null || true")
    await_login(node["red03"])


def test_G8_a_route_that_cuts_our_session_is_taken_back(node: Fleet, tmp_path: Path) -> None:
    """As a firewall rule would: not one packet comes back, in the middle of the arming."""
    us = node.inside("red03", "ip route show default | cut -d' ' -f3").strip()
    code, row = apply(node, tmp_path, CUT.replace("US", us))

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert "" == node.inside("red03", "ip route | grep blackhole || true")


@pytest.mark.parametrize("seconds", [0.5, 1.5, 3.0])
def test_D10_a_controller_that_is_killed_leaves_the_node_as_it_was(
    node: Fleet, tmp_path: Path, seconds: float
) -> None:
    """Whoever pulls the laptop's plug finds the node as it was, or as it was to be, and never in between."""
    (tmp_path / "plan.yaml").write_text(SSHD.replace("LINE", "AllowUsers nobody-at-all"))
    words = ("apply", str(tmp_path / "plan.yaml"), "-w", "red03", "--rollback", "8")
    argv = [sys.executable, "-m", "nowfab", *words]
    environ = {**os.environ, **REACH, "XDG_STATE_HOME": str(node.state_home)}
    controller = subprocess.Popen(
        argv, cwd=PROJECT, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    time.sleep(seconds)
    controller.send_signal(signal.SIGKILL)
    controller.wait()
    until = time.monotonic() + 30
    while node.inside("red03", "ls /var/lib/nowfab/armed 2>/dev/null || true") and time.monotonic() < until:
        time.sleep(0.5)
    time.sleep(1)

    assert "" == node.inside("red03", f"cat {FILE} 2>/dev/null || true")
    await_login(node["red03"])
