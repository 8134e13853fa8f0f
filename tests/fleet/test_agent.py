"""The agent on real nodes: through sshd and sudo, with systemd, apt and dpkg as they are."""

from __future__ import annotations

import shlex
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest

from nowfab.inventory.node import Node
from nowfab.plan.program import program
from tests.agent.asking import ABSENT, Reply, new_run, parse, request, run, sha256
from tests.fleet.practice import Fleet, engine, with_key

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""

STATE = "/var/lib/nowfab"
ROOT = {"owner": "root", "group": "root"}
NOT = {"version": "", "held": False}
NO_UNIT = {"enabled": "", "active": "inactive", "since": 0.0}
WHOLE = {"version": "1.0", "held": False}

REPOSITORY = r"""
mkdir -p /srv/repo && cd /srv/repo
for name in good torn; do
    mkdir -p "$name/DEBIAN"
    printf 'Package: nowfab-%s\nVersion: 1.0\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: a\n' \
        $name >$name/DEBIAN/control
done
# ends dpkg in the middle, once, as a power cut would
printf '#!/bin/sh\n[ -e /srv/torn ] || { touch /srv/torn; kill -9 "$PPID"; }\n' >torn/DEBIAN/postinst
chmod 755 torn/DEBIAN/postinst
: >Packages
for name in good torn; do
    dpkg-deb --build --root-owner-group $name $name.deb >/dev/null
    { dpkg-deb --field $name.deb; echo "Filename: ./$name.deb"; echo "Size: $(stat -c %s $name.deb)"
      echo "SHA256: $(sha256sum $name.deb | cut -d' ' -f1)"; echo; } >>Packages
done
mkdir -p /srv/lists && mv /etc/apt/sources.list /etc/apt/sources.list.d /srv/lists/ 2>/dev/null || true
mkdir -p /etc/apt/sources.list.d
echo 'deb [trusted=yes] file:/srv/repo ./' >/etc/apt/sources.list
"""

AWAY = r"""
dpkg --configure -a; dpkg --purge nowfab-good nowfab-torn
rm -rf /etc/apt/sources.list.d /etc/apt/sources.list
mv /srv/lists/* /etc/apt/ 2>/dev/null || true
rm -rf /srv/repo /srv/lists /srv/torn /var/lib/apt/lists/*
"""


def started(node: Node, sent: bytes, sudo: str = "sudo -n -- ", text: bytes = b"") -> subprocess.Popen[bytes]:
    """Start the agent as root on a node, with the plain ssh program."""
    text = text or program()
    bootstrap = f"import sys;TEXT=sys.stdin.buffer.read({len(text)});exec(TEXT)"
    line = f"{sudo}python3 -IS -c {shlex.quote(bootstrap)}"
    options = ("StrictHostKeyChecking=yes", f"UserKnownHostsFile={node.known_hosts}", "ConnectTimeout=10")
    argv = ["ssh", "-F", "none", *with_key(node), *(f"-o{each}" for each in options), "-p", str(node.port)]
    process = subprocess.Popen(
        [*argv, f"{node.user}@{node.address}", line],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdin
    process.stdin.write(text + sent)
    process.stdin.flush()
    return process


def ask(node: Node, sent: bytes) -> Reply:
    with started(node, sent) as agent:
        output, errors = agent.communicate(timeout=120)
    assert (0, b"") == (agent.returncode, errors), output
    return parse(output)


def asked(node: Node, changes: list[dict[str, Any]], *questions: dict[str, Any], **header: Any) -> Reply:
    contents = [change.pop("content") for change in changes if "content" in change]
    return ask(node, request(STATE, changes, questions, contents, header))


def write(path: str, content: bytes, blob: int = 0, mode: int = 0o644, **other: Any) -> dict[str, Any]:
    proofs = {"secret": False, "check": [], "verify": []}
    change = {"do": "write", "path": path, "blob": blob, "mode": mode, "was": ABSENT, "content": content}
    return {**change, **ROOT, **proofs, **other}


def unit(name: str, was: dict[str, Any], **wanted: Any) -> dict[str, Any]:
    return {
        "do": "unit",
        "name": name,
        "enabled": None,
        "running": None,
        "restart": False,
        "was": was,
        **wanted,
    }


def packages(
    *install: str, was: dict[str, Any] | None = None, remove: tuple[str, ...] = ()
) -> dict[str, Any]:
    known = dict.fromkeys((*install, *remove), NOT) | (was or {})
    return {"do": "packages", "install": list(install), "remove": list(remove), "was": known}


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Node]:
    """A node that has nothing of ours, before and after."""
    fleet.inside("red02", f"rm -rf {STATE}")
    yield fleet["red02"]
    fleet.inside("red02", f"rm -rf {STATE}")


@pytest.fixture
def mirror(fleet: Fleet) -> Iterator[None]:
    """Let red02's apt know two small packages, and nothing else."""
    fleet.inside("red02", REPOSITORY)
    yield
    fleet.inside("red02", AWAY)


@pytest.fixture
def service(fleet: Fleet) -> Iterator[str]:
    """The name of a unit that the node does not know yet."""
    name = "nowfab-nap.service"
    yield name
    path = f"/etc/systemd/system/{name}"
    clean = f"systemctl disable --now {name}; rm -f {path}; systemctl daemon-reload; systemctl reset-failed"
    fleet.inside("red02", clean)


def test_a_unit_file_is_written_and_its_service_runs(node: Node, fleet: Fleet, service: str) -> None:
    """The stage that writes the file has systemd read it; its new text then asks for a restart."""
    path, question = f"/etc/systemd/system/{service}", {"ask": "unit", "name": service}
    text = b"[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n"
    written = asked(node, [write(path, text)], question)
    started = asked(node, [unit(service, written.answers[0], enabled=True, running=True)], question)
    was = {"is": "file", "sha256": sha256(text), "mode": 0o644, **ROOT}
    longer = text.replace(b"1000", b"2000")
    at_path = {"ask": "path", "path": path}
    again = asked(node, [write(path, longer, was=was)], question, at_path)
    now, file = again.answers
    last = asked(node, [unit(service, now, restart=True)], question)

    assert ("disabled", "inactive", 0.0) == tuple(
        written.answers[0][name] for name in ("enabled", "active", "since")
    )
    assert ("enabled", "active") == (started.answers[0]["enabled"], started.answers[0]["active"])
    assert now["since"] < file["changed"] < last.answers[0]["since"]
    assert (["changed"], [longer]) == (last.did, again.blobs), last.reason
    assert "/bin/sleep 2000" in fleet.inside("red02", f"systemctl show -p ExecStart {service}")


def test_a_service_that_cannot_start_says_so(node: Node, service: str) -> None:
    """systemd's words are the reason."""
    path, question = f"/etc/systemd/system/{service}", {"ask": "unit", "name": service}
    text = b"[Service]\nType=oneshot\nExecStart=/bin/false\n"
    was = asked(node, [write(path, text)], question).answers[0]
    reply = asked(node, [unit(service, was, running=True)])

    assert ("failed", 0, []) == (reply.state, reply.said["failed"], reply.did)
    assert f"Job for {service} failed" in reply.reason


def test_packages_come_and_go(node: Node, mirror: None) -> None:
    """The lists are empty, so they are fetched first; a second run has nothing to do."""
    question = {"ask": "package", "name": "nowfab-good"}
    first = asked(node, [packages("nowfab-good")], question)
    second = asked(node, [packages("nowfab-good")], question)
    last = asked(node, [packages(remove=("nowfab-good",), was={"nowfab-good": WHOLE})], question)

    assert (["changed"], [WHOLE]) == (first.did, first.answers), first.reason
    assert (["already"], ["changed"], [NOT]) == (second.did, last.did, last.answers), last.reason


def test_G5_an_interrupted_dpkg_is_mended_by_the_next_run(node: Node, mirror: None) -> None:
    """The first run's dpkg is killed in the middle; the second begins with `dpkg --configure -a`."""
    first = asked(node, [packages("nowfab-torn")], {"ask": "package", "name": "nowfab-torn"})
    second = asked(node, [packages("nowfab-good")], {"ask": "package", "name": "nowfab-torn"})

    assert ("failed", [NOT]) == (first.state, first.answers)
    assert ("applied", [WHOLE]) == (second.state, second.answers), second.reason


def test_G4_a_held_lock_of_dpkg_is_waited_for_and_its_holder_named(
    node: Node, mirror: None, fleet: Fleet
) -> None:
    """As unattended-upgrades holds it after each boot."""
    code = "import fcntl, time; f = open('/var/lib/dpkg/lock-frontend', 'r+b'); fcntl.lockf(f, fcntl.LOCK_EX)"
    engine("exec", "-d", fleet.container("red02"), "python3", "-c", f"{code}; time.sleep(8)")
    time.sleep(1)
    first = asked(node, [packages("nowfab-good")], lock_seconds=1)
    second = asked(node, [packages("nowfab-good")], lock_seconds=60)

    assert ("failed", "applied") == (first.state, second.state), second.reason
    assert "dpkg is locked by process" in first.reason
    assert "(python3), 1 s were waited for it" in first.reason


def test_a_kernel_parameter_is_set(node: Node, fleet: Fleet) -> None:
    """A container's /proc/sys is read-only until somebody says otherwise: both are told."""
    change = {"do": "sysctl", "key": "net.ipv4.ip_forward", "was": {"value": "0"}, "value": "1"}
    before = asked(node, [], {"ask": "sysctl", "key": "net.ipv4.ip_forward"}).answers[0]["value"]
    change["was"], change["value"] = {"value": before}, "0" if before == "1" else "1"
    refused = asked(node, [change])
    fleet.inside("red02", "mount -o remount,bind,rw /proc/sys")
    try:
        made = asked(node, [change], {"ask": "sysctl", "key": "net.ipv4.ip_forward"})
    finally:
        # without `bind` all of /proc would be read-only, and PAM let nobody in any more
        fleet.inside("red02", f"echo {before} >/proc/sys/net/ipv4/ip_forward")
        fleet.inside("red02", "mount -o remount,bind,ro /proc/sys")

    assert ("failed", "applied", [{"value": change["value"]}]) == (refused.state, made.state, made.answers)
    assert "the file system is read-only" in refused.reason


def test_a_mounted_file_is_refused_before_any_change(node: Node, fleet: Fleet) -> None:
    """Docker mounts /etc/resolv.conf into each container: it cannot be renamed over."""
    asked_for = asked(node, [], {"ask": "path", "path": "/etc/resolv.conf", "content": False})
    was = asked_for.answers[0]
    reply = asked(node, [write("/root/first", b"a"), write("/etc/resolv.conf", b"b", 1, was=was)])

    assert ("failed", []) == (reply.state, reply.did)
    assert "`/etc/resolv.conf` is a mount of its own" in reply.reason
    assert "" == fleet.inside("red02", "ls /root/first 2>/dev/null || true")


def test_a_cut_connection_does_not_stop_a_run_that_has_begun(node: Node, fleet: Fleet) -> None:
    """sshd ends the session, the changes go on; asked again, the run tells what came of it."""
    header = {"run": new_run()}
    changes = [run("sh", "-c", "touch /tmp/begun; sleep 3"), run("touch", "/tmp/finished")]
    with started(node, request(STATE, changes, header=header)) as cut:
        until = time.monotonic() + 60
        while not fleet.inside("red02", "ls /tmp/begun 2>/dev/null || true"):
            assert time.monotonic() < until
            time.sleep(0.1)
        cut.kill()
    states = []
    until = time.monotonic() + 60
    while "applied" not in states:
        assert time.monotonic() < until, states
        reply = asked(node, changes, **header)
        states.append(reply.state)
        time.sleep(0.3)
    found = fleet.inside("red02", "ls /tmp/finished; rm /tmp/begun /tmp/finished")

    assert ({"running", "applied"}, ["changed"] * 2, "/tmp/finished\n") == (set(states), reply.did, found)


def test_the_state_folder_of_root_is_closed(node: Node, fleet: Fleet) -> None:
    """/var/lib/nowfab holds what plans write."""
    asked(node, [write("/root/nowfab-file", b"a")])
    found = fleet.inside("red02", f"stat -c '%a %U' {STATE}; rm /root/nowfab-file")

    assert "700 root\n" == found
