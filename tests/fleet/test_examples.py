"""The whole plans of docs/how-to, word for word, on real nodes; only what they install is a stand-in."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import PROJECT, Fleet, nowfab
from tests.fleet.test_agent import AWAY, REPOSITORY

pytestmark = pytest.mark.timeout(900)

NODES = ("red01", "red02")

DOCKER = r"""
cd /srv/repo && mkdir -p docker/DEBIAN docker/lib/systemd/system
printf 'Package: docker.io\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n' \
    >docker/DEBIAN/control
printf '#!/bin/sh\ngetent group docker >/dev/null || groupadd --system docker\n' >docker/DEBIAN/postinst
chmod 755 docker/DEBIAN/postinst
printf '[Service]\nExecStart=/bin/sleep 9999\n[Install]\nWantedBy=multi-user.target\n' \
    >docker/lib/systemd/system/docker.service
dpkg-deb --build --root-owner-group docker docker.deb >/dev/null
{ dpkg-deb --field docker.deb; echo "Filename: ./docker.deb"; echo "Size: $(stat -c %s docker.deb)"
  echo "SHA256: $(sha256sum docker.deb | cut -d' ' -f1)"; echo; } >>Packages
"""
"""A package that brings a service and a group, as Docker's does; nodes in containers can run no Docker."""

K3S = b"""#!/bin/sh
token=/var/lib/rancher/k3s/server/node-token
case $1 in
server) mkdir -p "${token%/*}"; [ -s $token ] || od -An -tx1 -N16 /dev/urandom | tr -d ' ' >$token ;;
agent) echo "$K3S_URL $K3S_TOKEN" >/srv/joined ;;
esac
exec sleep 9999
"""
"""A program that makes a token, or shows the one that it was given."""

CLEAN = """
systemctl disable --now docker.service k3s.service k3s-agent.service
dpkg --purge docker.io; gpasswd -d pi docker; groupdel docker
rm -rf /etc/docker /etc/rancher /var/lib/rancher /usr/local/bin/k3s /srv/k3s /srv/joined /var/lib/nowfab
rm -f /etc/systemd/system/k3s*.service; systemctl daemon-reload
"""


def plan(page: str) -> str:
    text = (PROJECT / "docs/how-to" / page).read_text()
    (found,) = re.findall(r"```yaml\n(title.*?)```", text, re.DOTALL)
    return found


@pytest.fixture
def nodes(fleet: Fleet) -> Iterator[Fleet]:
    yield fleet
    for name in NODES:
        fleet.inside(name, f"({CLEAN}) >/dev/null 2>&1 || true")


def do(fleet: Fleet, verb: str, folder: Path, text: str) -> tuple[int, dict[str, dict[str, Any]]]:
    (folder / "plan.yaml").write_text(text)
    words = (verb, str(folder / "plan.yaml"), "-w", ",".join(NODES), "--format", "json")
    answer = nowfab(fleet.state_home, *words)
    assert answer.stdout, answer.stderr
    return answer.returncode, {row["node"]: row for row in json.loads(answer.stdout)["results"]}


def assert_lawful(fleet: Fleet, folder: Path, text: str) -> dict[str, dict[str, Any]]:
    """See that check finds something to do, apply does it, and nothing is to do then."""
    code, rows = do(fleet, "check", folder, text)
    assert 10 == code, rows
    code, made = do(fleet, "apply", folder, text)
    assert (0, ["changed"] * 2) == (code, [made[name]["status"] for name in NODES]), made
    code, rows = do(fleet, "apply", folder, text)
    assert (0, [[], []]) == (code, [rows[name]["changes"] for name in NODES]), rows
    assert 0 == do(fleet, "check", folder, text)[0]
    return made


def test_docker_is_there_and_runs(nodes: Fleet, tmp_path: Path) -> None:
    for name in NODES:
        nodes.inside(name, REPOSITORY + DOCKER)
    try:
        assert_lawful(nodes, tmp_path, plan("docker.md"))
        seen = "id -nG pi | grep -o docker; systemctl is-enabled docker; systemctl is-active docker"

        assert ["docker\nenabled\nactive\n"] * 2 == [nodes.inside(name, seen) for name in NODES]
    finally:
        for name in NODES:
            nodes.inside(name, f"({CLEAN}\n{AWAY}) >/dev/null 2>&1 || true")


def test_workers_join_with_the_token_that_the_master_made(nodes: Fleet, tmp_path: Path) -> None:
    told = {"role: master": "on: red01", "role == 'master'": "name == 'red01'"}
    told |= {"{{ k3s_url }}": "file:///srv/k3s", "{{ k3s_sha256 }}": hashlib.sha256(K3S).hexdigest()}
    text = plan("k3s.md")
    for old, new in told.items():
        assert old in text
        text = text.replace(old, new)
    for name in NODES:
        nodes.inside(name, f"cat >/srv/k3s <<'END'\n{K3S.decode()}END")
    made = assert_lawful(nodes, tmp_path, text)
    token = nodes.inside("red01", "cat /var/lib/rancher/k3s/server/node-token").strip()

    assert 32 == len(token)
    assert f"https://127.0.0.1:6443 {token}\n" == nodes.inside("red02", "cat /srv/joined")
    assert "600\n" == nodes.inside("red02", "stat -c %a /etc/rancher/agent.env")
    assert token not in json.dumps(made)
    assert "" == nodes.inside("red01", "ls /etc/rancher/agent.env /srv/joined 2>/dev/null || true")
