"""Plans that could cut us off, on real nodes: what locks us out is taken back, whatever becomes of us."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import PROJECT, Fleet, await_login, nowfab

pytestmark = pytest.mark.timeout(900)

HOW_TO = (PROJECT / "docs/how-to/plans.md").read_text()
(LOCKED,) = re.findall(r"```yaml\n(title: sshd.*?)```", HOW_TO, re.DOTALL)
"""Nobody but `anna` gets in, and there is none."""

CUT = """\
title: a route that leads nowhere
steps:
  - run:
      argv: [ip, route, add, blackhole, US]
      undo: [ip, route, del, blackhole, US]
      unless: [sh, -c, "ip route | grep -q blackhole"]
"""
FIREWALL = """\
title: a firewall that lets nobody in
steps:
  - file:
      path: /etc/nftables.conf
      content: |
        flush ruleset
        table inet filter {
          chain input { type filter hook input priority 0; policy drop; }
        }
      check: [nft, -c, -f, "{}"]
  - service: {name: nftables, enabled: true, running: true, after-change-of: [/etc/nftables.conf]}
"""
ADDRESS = """\
title: another address
steps:
  - run:
      argv: [sh, -c, "ip address flush dev eth0 && ip address add 10.99.99.9/24 dev eth0"]
      undo:
        - sh
        - -c
        - >-
          ip address flush dev eth0 && ip address add WAS broadcast + dev eth0 &&
          ip route replace default via US
      unless: [sh, -c, "ip address | grep -q 10.99.99.9"]
"""
ONE_FILE = """\
title: sshd with one file of settings
steps:
  - line: {path: /etc/ssh/sshd_config, text: AllowUsers anna, check: [/usr/sbin/sshd, -t, -f, "{}"]}
  - service: {name: ssh.service, after-change-of: [/etc/ssh/sshd_config]}
"""
FILE = "/etc/ssh/sshd_config.d/50-lab.conf"


STANDS = (
    "sha256sum /etc/nftables.conf; for is in is-enabled is-active; do systemctl $is nftables || true; done"
)


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Fleet]:
    """red03, with nothing of ours before and after."""
    clean = f"rm -rf /var/lib/nowfab {FILE}"
    fleet.inside("red03", f"{clean}; nft list ruleset >/root/rules")
    yield fleet
    fleet.inside("red03", f"{clean}; nft flush ruleset; nft -f /root/rules; systemctl restart ssh.service")
    await_login(fleet["red03"])


def apply(fleet: Fleet, folder: Path, text: str, seconds: int = 8) -> tuple[int, dict[str, Any]]:
    (folder / "plan.yaml").write_text(text)
    words = ("-w", "red03", "--rollback", str(seconds), "--connect-timeout", "3", "--format", "json")
    answer = nowfab(fleet.state_home, "apply", str(folder / "plan.yaml"), *words)
    assert answer.stdout, answer.stderr
    (row,) = json.loads(answer.stdout)["results"]
    return answer.returncode, row


def test_a_good_change_of_sshd_is_confirmed_and_stays(node: Fleet, tmp_path: Path) -> None:
    text = LOCKED.replace("AllowUsers anna", "ClientAliveInterval 33")
    code, row = apply(node, tmp_path, text)

    assert (0, "changed") == (code, row["status"]), row["reason"]
    time.sleep(10)  # longer than the rollback
    assert "ClientAliveInterval 33\n" == node.inside("red03", f"cat {FILE}")
    assert (0, "ok") == ((again := apply(node, tmp_path, text))[0], again[1]["status"])


def test_a_change_that_takes_longer_than_the_rollback_is_confirmed(node: Fleet, tmp_path: Path) -> None:
    """It is asked for again and again until it is made; the time for a confirmation begins then."""
    argv = "[sh, -c, sleep 25; touch /root/slow]"
    slow = f"  - run: {{argv: {argv}, undo: [rm, -f, /root/slow], creates: /root/slow}}\n"
    try:
        code, row = apply(node, tmp_path, LOCKED.replace("AllowUsers anna", "ClientAliveInterval 33") + slow)
        found = node.inside("red03", f"cat {FILE}; ls /root/slow")
    finally:
        node.inside("red03", "rm -f /root/slow")

    assert (0, "changed") == (code, row["status"]), row["reason"]
    assert ("ClientAliveInterval 33\n/root/slow\n", True) == (found, row["seconds"] > 25)


def test_G8_an_sshd_that_locks_everybody_out_is_taken_back(node: Fleet, tmp_path: Path) -> None:
    """Valid by `sshd -t`, and nobody gets in: only a new login can tell."""
    code, row = apply(node, tmp_path, LOCKED)

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert "nobody confirmed it within 8 s" in row["reason"]
    assert "" == node.inside("red03", f"cat {FILE} 2>/dev/null || true")
    await_login(node["red03"])


def test_G8_an_sshd_with_one_file_of_settings_is_taken_back_too(older: Fleet, tmp_path: Path) -> None:
    """An older systemd, and an sshd_config that includes nothing: the line stands in the file itself."""
    stands = "stat -c '%a %U:%G' /etc/ssh/sshd_config; sha256sum /etc/ssh/sshd_config; ls /etc/ssh"
    was = older.inside("red03", f"rm -rf /var/lib/nowfab; {stands}")
    began = time.monotonic()
    code, row = apply(older, tmp_path, ONE_FILE)
    await_login(older["red03"])

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert "nobody confirmed it within 8 s" in row["reason"]
    assert (was, True) == (older.inside("red03", stands), time.monotonic() - began < 90)
    good = ONE_FILE.replace("AllowUsers anna", "AllowUsers pi")
    assert (0, "changed") == ((made := apply(older, tmp_path, good))[0], made[1]["status"])
    assert (0, "ok") == ((again := apply(older, tmp_path, good))[0], again[1]["status"])
    older.inside("red03", "sed -i /^AllowUsers/d /etc/ssh/sshd_config; systemctl restart ssh")


def test_G8_a_firewall_that_drops_our_session_is_taken_back(node: Fleet, tmp_path: Path) -> None:
    """Valid by `nft -c`, enabled for the next start too; Debian's unit drops all rules when it stops."""
    was = node.inside("red03", STANDS)
    code, row = apply(node, tmp_path, FIREWALL)

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert (was, "") == (
        node.inside("red03", STANDS),
        node.inside("red03", "nft list ruleset | grep drop || true"),
    )
    await_login(node["red03"])


def test_G8_a_wrong_address_is_taken_back(node: Fleet, tmp_path: Path) -> None:
    """The old one is gone, and the way to the new one is nobody's."""
    shown = "ip -o -4 address show eth0; ip route"
    was = node.inside("red03", shown)
    address = node.inside("red03", "ip -o -4 address show eth0 | awk '{print $4}'").strip()
    us = node.inside("red03", "ip route show default | cut -d' ' -f3").strip()
    code, row = apply(node, tmp_path, ADDRESS.replace("WAS", address).replace("US", us))
    now = node.inside("red03", shown)

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert (sorted(was.split()), True) == (sorted(now.split()), "10.99" not in now)


def test_G8_a_route_that_cuts_our_session_is_taken_back(node: Fleet, tmp_path: Path) -> None:
    """As a firewall rule would: not one packet comes back, in the middle of the arming."""
    us = node.inside("red03", "ip route show default | cut -d' ' -f3").strip()
    code, row = apply(node, tmp_path, CUT.replace("US", us))

    assert (2, "reverted") == (code, row["status"]), row["reason"]
    assert "" == node.inside("red03", "ip route | grep blackhole || true")
