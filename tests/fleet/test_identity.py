"""Name, place, language, keyboard and users of a real node keep the law of steps."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import Fleet, nowfab

pytestmark = pytest.mark.timeout(900)

NAME = "red02"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"
PLAN = f"""\
title: who and where a node is
steps:
  - hostname: {{name: blue42}}
  - timezone: {{name: Europe/Berlin}}
  - locale: {{name: en_GB.UTF-8}}
  - keyboard: {{layout: de, variant: nodeadkeys}}
  - group: {{name: lab}}
  - user: {{name: anna, groups: [lab, sudo], shell: /bin/sh, password-hash: "$6$canary$x"}}
  - sudo: {{user: anna, password: false}}
  - authorized-keys: {{user: anna, keys: "{KEY}"}}
"""
SEEN = """
find /etc /home /root /var/lib/nowfab -newer /root/before -not -path '/etc/mtab*' -not -path '/home/pi*' ||:
"""
SAID = """
hostname; cat /etc/hostname; grep 127.0.1.1 /etc/hosts; date +%Z; cat /etc/timezone
grep LANG /etc/default/locale
locale -a | grep en_GB; grep LAYOUT /etc/default/keyboard; id -Gn anna; getent passwd anna | cut -d: -f6,7
sudo -u anna sudo -n id -un; stat -c '%a %U:%G' /home/anna/.ssh /home/anna/.ssh/authorized_keys
"""
WANTED = """\
blue42
blue42
127.0.1.1\tblue42
CET
Europe/Berlin
LANG=en_GB.UTF-8
en_GB.utf8
XKBLAYOUT="de"
anna sudo lab
/home/anna:/bin/sh
root
700 anna:anna
600 anna:anna
"""
BACK = f"""
hostname {NAME}; echo {NAME} >/etc/hostname; sed -i /^127.0.1.1/d /etc/hosts
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo Etc/UTC >/etc/timezone
sed -i 's/^en_GB/# en_GB/' /etc/locale.gen; locale-gen; rm -f /etc/default/locale /etc/default/keyboard
rm -rf /etc/sudoers.d/010_nowfab-anna /var/lib/nowfab; userdel -r anna; groupdel lab; rm -f /root/before
"""


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Fleet]:
    fleet.inside(NAME, "touch /root/before; sleep 0.05")
    yield fleet
    fleet.inside(NAME, f"({BACK}) >/dev/null 2>&1 || true")


def do(fleet: Fleet, verb: str, folder: Path) -> tuple[int, dict[str, Any]]:
    (folder / "plan.yaml").write_text(PLAN)
    words = (verb, str(folder / "plan.yaml"), "-w", NAME, "--format", "json")
    answer = nowfab(fleet.state_home, *words, *(("--diff",) if verb == "apply" else ()))
    assert answer.stdout, answer.stderr
    assert "canary" not in answer.stdout + answer.stderr
    (row,) = json.loads(answer.stdout)["results"]
    return answer.returncode, row


def test_check_writes_nothing_apply_does_it_and_again_nothing(node: Fleet, tmp_path: Path) -> None:
    code, said = do(node, "check", tmp_path)
    assert (10, "would-change", "") == (code, said["status"], node.inside(NAME, SEEN)), said["reason"]

    code, made = do(node, "apply", tmp_path)
    assert (0, "changed") == (code, made["status"]), made["reason"]
    assert WANTED == node.inside(NAME, SAID)
    foreseen = [each["what"] for each in said["changes"] if not each["what"].startswith("maybe")]
    left = iter(each["what"] for each in made["changes"])
    assert foreseen
    assert all(what in left for what in foreseen)

    code, again = do(node, "apply", tmp_path)
    assert (0, "ok", []) == (code, again["status"], again["changes"])
