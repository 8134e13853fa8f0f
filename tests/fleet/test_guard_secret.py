"""D11: a secret of a guarded run is in no log, process list, state folder or row, nor is its hash."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.agent.asking import sha256
from tests.fleet.practice import Fleet, engine, nowfab

pytestmark = pytest.mark.timeout(900)

NAME = "red03"
CANARY = "canary-of-a-network-Zq9"
FOLDER = "/etc/NetworkManager"
PLAN = f"""\
title: a network that only we may enter
steps:
  - folder: {{path: {FOLDER}}}
  - file: {{path: {FOLDER}/psk, mode: "0600", secret: true, source: psk}}
  - run:
      argv: [sh, -c, "cat >/root/told"]
      stdin: {CANARY}
      undo: [rm, -f, /root/told]
      creates: /root/told
"""
BAD = "  - file: {path: /etc/sudoers.d/zz-bad, content: x, verify: ['false']}\n"

LOOK = """
while [ ! -e /root/looked ]; do cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ; sleep 0.02; done 2>/dev/null |
    tr '\\0' '\\n' | sort -u >/root/shown
"""


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Fleet]:
    clean = f"rm -rf {FOLDER} /root/looked /root/told /root/shown /var/lib/nowfab"
    fleet.inside(NAME, clean)
    yield fleet
    fleet.inside(NAME, clean)


@pytest.mark.parametrize("end", ["changed", "reverted"])
def test_D11_a_secret_of_a_guarded_run_is_in_its_file_alone(node: Fleet, tmp_path: Path, end: str) -> None:
    (tmp_path / "psk").write_text(CANARY)
    (tmp_path / "plan.yaml").write_text(
        PLAN.replace("  - run:", f"{BAD}  - run:") if end == "reverted" else PLAN
    )
    engine("exec", "-d", node.container(NAME), "sh", "-c", LOOK)
    words = ("-w", NAME, "--diff", "--format", "json")
    answer = nowfab(node.state_home, "apply", str(tmp_path / "plan.yaml"), *words)
    (row,) = json.loads(answer.stdout)["results"]
    node.inside(NAME, "touch /root/looked; sleep 1")
    found = node.inside(NAME, f"cat {FOLDER}/psk /root/told 2>/dev/null || true")
    tells = [CANARY, sha256(CANARY.encode())]
    words_told = " ".join(f"-e {tell}" for tell in tells)
    told = node.inside(NAME, f"grep -rF {words_told} /var/lib/nowfab /var/log /tmp /run /root/shown || true")
    journal = node.inside(NAME, f"journalctl -a | grep -F {words_told} || true")
    here = [path.read_bytes() for path in node.state_home.rglob("*") if path.is_file()]

    assert (end, CANARY * 2 if end == "changed" else "") == (row["status"], found), row["reason"]
    assert ("", "") == (told, journal)
    assert int(node.inside(NAME, "wc -l </root/shown")) > 20
    shown = [answer.stdout, answer.stderr, *(text.decode(errors="replace") for text in here)]
    assert [] == [tell for tell in tells for text in shown if tell in text]
