"""Guarded runs on real nodes: through sshd and sudo, with systemd as PID 1, its timers and its boot."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from nowfab.inventory.node import Node
from tests.agent.asking import Reply, new_run, parse, request, sha256
from tests.fleet.practice import Fleet, await_login, engine
from tests.fleet.test_agent import NO_UNIT, ROOT, STATE, asked, started, unit, write

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""

NAME = "red03"
PLACE = "/etc/nowfab-test"
NAP = "nowfab-nap.service"
OLD = {"is": "file", "sha256": sha256(b"old\n"), "mode": 0o644, **ROOT}
SEEN = f"cd {PLACE}; for f in kept gone new; do cat $f 2>/dev/null || echo -; done"
BEFORE, AFTER = "old\nold\n-\n", "new\n-\nnew\n"

PREPARE = f"""
rm -rf {STATE} {PLACE}; mkdir -p {PLACE}; cd {PLACE}; echo old | tee kept >gone
{{ echo [Service]; echo ExecStart=/bin/sleep 1000; echo [Install]; echo WantedBy=multi-user.target
}} >/etc/systemd/system/{NAP}
systemctl daemon-reload
"""
CLEAN = f"""
systemctl stop 'nowfab-*' || true; systemctl disable {NAP} || true
rm -rf {STATE} {PLACE} /etc/systemd/system/{NAP} /etc/systemd/system/nowfab-guard*
rm -f /etc/systemd/system/sysinit.target.wants/nowfab-guard*
systemctl daemon-reload; systemctl reset-failed
"""


@pytest.fixture
def fleet(either: Fleet) -> Fleet:
    """Both systems: what undoes a change is their systemd, 252 and 247."""
    return either


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Node]:
    """A node with two files and a service that does not run."""
    fleet.inside(NAME, PREPARE)
    yield fleet[NAME]
    fleet.inside(NAME, CLEAN)


def changes() -> list[dict[str, Any]]:
    return [
        write(f"{PLACE}/kept", b"new\n", was=OLD),
        {"do": "remove", "path": f"{PLACE}/gone", "was": OLD},
        write(f"{PLACE}/new", b"new\n", 1),
    ]


def armed(node: Node, *more: dict[str, Any], seconds: int = 60, making: int = 900) -> str:
    name = new_run()
    guard = {"seconds": seconds, "making": making, "proofs": [], "wait": 0}
    reply = asked(node, [*changes(), *more], verb="arm", run=name, guard=guard)
    assert "armed" == reply.state, reply.reason
    return name


def on(name: str, **wanted: Any) -> dict[str, Any]:
    return unit(name, {"enabled": "disabled", "active": "inactive", "since": 0.0}, **wanted)


def confirmed(node: Node, name: str) -> Reply:
    return asked(node, [], verb="confirm", run=name)


def awaited(what: Callable[[], bool], seconds: float = 60.0) -> float:
    """Wait until something holds; give how long that took."""
    began = time.monotonic()
    while not what():
        assert time.monotonic() < began + seconds
        time.sleep(0.2)
    return time.monotonic() - began


def status(node: Node) -> dict[str, Any]:
    return asked(node, [], verb="status").said


def test_a_confirmed_run_stays_also_over_a_restart(node: Node, fleet: Fleet) -> None:
    """Arm, come back over a new connection, confirm; the timer is gone, the next start changes nothing."""
    name = armed(node)
    reply = confirmed(node, name)
    timers = fleet.inside(
        NAME, "systemctl list-units --all --no-legend 'nowfab-*' | grep -v nowfab-guard || true"
    )
    cut(fleet)
    found = fleet.inside(NAME, SEEN)

    assert ("confirmed", "", 3) == (reply.state, reply.reason, reply.said["changed"])
    assert ("", AFTER) == (timers.strip(), found)
    assert (None, "confirmed") == (status(node)["armed"], confirmed(node, name).state)


def test_a_run_that_nobody_confirms_is_back_within_its_time(node: Node, fleet: Fleet) -> None:
    """Files, a service, a kernel parameter: all of it, and nobody is needed for it."""
    fleet.inside(NAME, "mount -o remount,bind,rw /proc/sys")
    key = "net.ipv4.ip_forward"
    value = fleet.inside(NAME, f"sysctl -n {key}").strip()
    other = "0" if value == "1" else "1"
    sysctl = {"do": "sysctl", "key": key, "value": other, "was": {"value": value}}
    text = b"[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n"
    fresh = write("/etc/systemd/system/nowfab-fresh.service", text, 2)
    start = unit("nowfab-fresh.service", NO_UNIT, enabled=True, running=True)
    how = f"sysctl -n {key}; systemctl is-enabled {NAP} || true; systemctl is-active {NAP} || true"
    try:
        name = armed(node, on(NAP, enabled=True, running=True), sysctl, fresh, start, seconds=6)
        began = time.monotonic()
        awaited(lambda: (status(node)["armed"] or {"state": "-"})["state"] == "applied")
        between = fleet.inside(NAME, f"{SEEN}; {how}")
        awaited(lambda: status(node)["armed"] is None)
        took = time.monotonic() - began
        after = fleet.inside(NAME, f"{SEEN}; {how}")
    finally:
        fleet.inside(NAME, f"sysctl -qw {key}={value}; mount -o remount,bind,ro /proc/sys")
    reply = confirmed(node, name)
    left = fleet.inside(
        NAME, "ls /etc/systemd/system/*/nowfab-fresh* 2>/dev/null || true; pgrep -a sleep || true"
    )

    assert "" == left
    assert f"{AFTER}{other}\nenabled\nactive\n" == between
    assert f"{BEFORE}{value}\ndisabled\ninactive\n" == after
    assert ("reverted", "nobody confirmed it within 6 s") == (reply.state, reply.reason)
    assert took < 25


def test_a_run_that_does_not_verify_is_back_at_once(node: Node, fleet: Fleet) -> None:
    """Long before its time is over, and the service was never started."""
    bad = write(f"{PLACE}/other", b"x", 2, verify=["sh", "-c", "echo line 3 is bad; exit 1"])
    name = armed(node, bad, on(NAP, running=True), seconds=600)
    took = awaited(lambda: status(node)["armed"] is None)
    reply = confirmed(node, name)
    found = fleet.inside(
        NAME, f"{SEEN}; systemctl is-active {NAP} || true; ls {PLACE}; systemctl --failed --no-legend"
    )

    assert ("reverted", 3) == (reply.state, reply.said["failed"])
    assert "line 3 is bad" in reply.reason
    assert (f"{BEFORE}inactive\ngone\nkept\n", True) == (found, took < 30)


def test_a_hung_program_is_ended_by_the_timer(node: Node, fleet: Fleet) -> None:
    """Its children ignore TERM; the rollback does not wait for them."""
    script = "trap '' TERM; (trap '' TERM; sleep 987) & touch /tmp/hangs; wait; sleep 987"
    hangs = {"do": "run", "argv": ["sh", "-c", script], "undo": ["rm", "-f", "/tmp/hangs"], "stdin": None}
    name = armed(node, hangs, seconds=2, making=4)
    awaited(lambda: status(node)["armed"] is None)
    found = fleet.inside(NAME, f"{SEEN}; ls /tmp/hangs 2>/dev/null || true; pgrep -f 'sleep 98[7]' || true")
    reply = confirmed(node, name)

    assert (BEFORE, "reverted") == (found, reply.state)
    assert "its changes were not made within 6 s" == reply.reason


def test_changes_may_take_longer_than_the_rollback(node: Node, fleet: Fleet) -> None:
    """A restart that needs minutes; the time for the confirmation begins when all are made."""
    slow = {"do": "run", "argv": ["sleep", "9"], "undo": ["true"], "stdin": None}
    name = armed(node, slow, seconds=5)
    took = awaited(lambda: (status(node)["armed"] or {"state": "-"})["state"] == "applied")
    timers = fleet.inside(
        NAME, "systemctl list-timers --no-legend 'nowfab-*' | grep -o 'nowfab-[a-z]*-' | sort -u"
    )
    reply = confirmed(node, name)
    left = fleet.inside(NAME, "systemctl list-units --all --no-legend 'nowfab-*.timer'")

    assert ("confirmed", "nowfab-undo-\nnowfab-wait-\n", "") == (reply.state, timers, left), reply.reason
    assert took > 5


def test_a_person_takes_a_run_back(node: Node, fleet: Fleet) -> None:
    """By hand, before the time is over; the timer is gone with it."""
    name = armed(node, seconds=600)
    awaited(lambda: status(node)["armed"]["state"] == "applied")
    told = status(node)["armed"]
    held = asked(node, [write(f"{PLACE}/x", b"x")])
    reply = asked(node, [], verb="undo", run=name)
    left = fleet.inside(
        NAME, f"{SEEN}; systemctl list-units --all --no-legend 'nowfab-*.timer' 'nowfab-*.service'"
    )

    assert ("reverted", "it was taken back by hand, by anna@laptop") == (reply.state, reply.reason)
    assert (BEFORE, "held") == (left, held.state)
    assert (name, "anna@laptop", True) == (told["run"], told["who"], 500 < told["left"] <= 600)


def test_status_without_sudo_says_why_it_cannot_tell(node: Node) -> None:
    """The state folder is closed; a person without sudo gets a reason, not a guess."""
    armed(node)
    with started(node, request(STATE, header={"verb": "status"}), sudo="") as agent:
        reply = parse(agent.communicate(timeout=60)[0])

    assert ("failed", True) == (reply.state, reply.reason.endswith("; use sudo")), reply.reason


def cut(fleet: Fleet) -> None:
    """Take the power from a node and give it back."""
    engine("kill", "-s", "KILL", fleet.container(NAME))
    engine("start", fleet.container(NAME))
    await_login(fleet[NAME])


POINTS = ["armed", "applied", "half", "undoing"]


@pytest.mark.parametrize("point", POINTS)
def test_G9_G10_a_node_that_loses_its_power_is_back_after_its_next_start(
    point: str, node: Node, fleet: Fleet
) -> None:
    """The boot guard restores all before the network is there, and the service runs as it did before."""
    fleet.inside(NAME, f"systemctl enable --now {NAP}")
    was = {"enabled": "enabled", "active": "active", "since": 0.0}
    off = unit(NAP, was, enabled=False, running=False)
    script = "touch /root/began; exec sleep 300"
    waits = {"do": "run", "argv": ["sh", "-c", script], "undo": ["rm", "-f", "/root/began"], "stdin": None}
    late = {
        "do": "run",
        "argv": ["true"],
        "undo": ["sh", "-c", "touch /root/undoing; sleep 15"],
        "stdin": None,
    }
    unit_file = fleet.inside(NAME, f"cat /etc/systemd/system/{NAP}").encode()
    stands = {"is": "file", "sha256": sha256(unit_file), "mode": 0o644, **ROOT}
    longer = write(f"/etc/systemd/system/{NAP}", unit_file.replace(b"1000", b"2000"), 2, was=stands)
    more = {"armed": [], "applied": [longer, off], "half": [off, waits], "undoing": [off, late]}[point]
    name = armed(node, *more, seconds=600 if point != "undoing" else 3)
    if point == "applied":
        awaited(lambda: status(node)["armed"]["state"] == "applied")
    elif point != "armed":
        file = {"half": "/root/began", "undoing": "/root/undoing"}[point]
        awaited(lambda: bool(fleet.inside(NAME, f"ls {file} 2>/dev/null || true")))
    cut(fleet)
    awaited(lambda: status(node)["armed"] is None)
    awaited(lambda: "active" == fleet.inside(NAME, f"systemctl is-active {NAP} || true").strip())
    reply = confirmed(node, name)
    found = fleet.inside(NAME, f"{SEEN}; systemctl is-enabled {NAP}; ls /root/began 2>/dev/null || true")
    started = fleet.inside(NAME, f"systemctl show -p ExecStart {NAP}")
    journal = fleet.inside(NAME, "journalctl -b -o cat -u nowfab-guard; rm -f /root/undoing")

    assert f"{BEFORE}enabled\n" == found
    assert ("reverted", "the node was started anew before it was confirmed") == (reply.state, reply.reason)
    assert (True, True) == (f"run {name}: reverted" in journal, "/bin/sleep 1000" in started)


def test_the_boot_guard_is_before_network_and_firewall(node: Node, fleet: Fleet) -> None:
    """As systemd sees it, without a circle."""
    armed(node)
    fleet.inside(NAME, "systemctl daemon-reload")
    said = fleet.inside(NAME, "systemctl show -p Before,Conditions,UnitFileState nowfab-guard")
    circle = fleet.inside(NAME, "journalctl -b -o cat | grep -i 'ordering cycle' || true")
    found = json.dumps(said)

    assert all(unit in found for unit in ("sysinit.target", "network-pre.target", "systemd-sysctl.service"))
    assert ("UnitFileState=enabled" in said, "") == (True, circle)
