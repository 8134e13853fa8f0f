"""D10: a controller that is killed at any message of a guarded plan leaves the node old or new.

Some messages are tried in a normal run; with NOWFAB_SWEEP=1 (`make sweep`) every one.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.practice import ENVIRON, PROJECT, REACH, Fleet, await_login
from tests.fleet.test_guard import awaited, status

pytestmark = pytest.mark.timeout(3600)

NAME = "red03"
FILE = "/etc/ssh/sshd_config.d/50-nowfab-test.conf"
LINE = "ClientAliveInterval 33\n"
PLAN = f"""\
title: sshd
steps:
  - file: {{path: {FILE}, content: "ClientAliveInterval 33\\n"}}
  - service: {{name: ssh.service, after-change-of: [{FILE}]}}
"""
SAMPLE = 8
SECONDS = 4
"""After which the node takes it back."""

DIES = """
import os, signal, sys
from nowfab import cli
from nowfab.machines.ssh.wire import Wire
left = [int(sys.argv[1])]
def dying(real):
    def message(self, *given):
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *given)
    return message
Wire.send, Wire.recv = dying(Wire.send), dying(Wire.recv)
try:
    cli.main(["nowfab", *sys.argv[2:]])
finally:
    sys.stderr.write("messages: %d" % -left[0])
"""
"""nowfab, killed by itself before it sends or takes the n-th message of its one connection after another."""


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Fleet]:
    yield fleet
    fleet.inside(NAME, f"rm -rf /var/lib/nowfab {FILE}; systemctl restart ssh.service")
    await_login(fleet[NAME])


def applied(fleet: Fleet, plan: Path, message: int) -> subprocess.CompletedProcess[str]:
    """Apply the plan until a message; 0 for all of them."""
    words = ("apply", str(plan), "-w", NAME, "--rollback", str(SECONDS))
    return subprocess.run(
        [sys.executable, "-c", DIES, str(message), *words],
        cwd=PROJECT,
        env={**os.environ, **REACH, "XDG_STATE_HOME": str(fleet.state_home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_D10_G11_killed_at_any_message(
    node: Fleet, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the node says of the run is what stands there: confirmed and new, or old."""
    plan = tmp_path / "plan.yaml"
    plan.write_text(PLAN)
    clean = f"rm -rf /var/lib/nowfab {FILE}"
    node.inside(NAME, clean)
    whole = applied(node, plan, 0)
    assert 0 == whole.returncode, whole.stderr
    count = int(whole.stderr.rpartition("messages: ")[2])
    seed = int(ENVIRON.get("NOWFAB_SEED") or random.SystemRandom().randrange(10**6))
    chosen = range(1, count + 1)
    if ENVIRON.get("NOWFAB_SWEEP") != "1":
        chosen = sorted(random.Random(seed).sample(chosen, SAMPLE))
    good = kept = 0
    bad = []
    for message in chosen:
        node.inside(NAME, clean)
        killed = applied(node, plan, message)
        awaited(lambda: not node.inside(NAME, "ls /var/lib/nowfab/armed 2>/dev/null || true"), SECONDS + 30)
        await_login(node[NAME])
        runs = [run["state"] for run in status(node[NAME])["runs"]]
        confirmed = runs[-1:] == ["confirmed"]
        found = node.inside(NAME, f"cat {FILE} 2>/dev/null || true")
        kept += confirmed
        if found == (LINE if confirmed else "") and killed.returncode in (-signal.SIGKILL, 0):
            good += 1
        else:
            bad.append((message, runs, found, killed.returncode))
    with capsys.disabled():
        numbers = f"{good}/{len(chosen)} old or new as told ({kept} confirmed), of {count} messages"
        sys.stdout.write(f"\nNOWFAB_SEED={seed}; controller killed: {numbers}\n")

    assert [] == bad
