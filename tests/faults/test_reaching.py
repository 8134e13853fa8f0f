"""A: what can go wrong on the way to a node, beyond what tests/machines/ssh/test_reaching.py has."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from socket import socket

import pytest

from nowfab.inventory.node import Node
from nowfab.names import words
from nowfab.results import Status
from nowfab.talk import Event, Output, Sent, Until
from tests.faults.conftest import Relayed, Serve, Tcp
from tests.faults.relay import Toxics
from tests.faults.server import Behaviour
from tests.machines.conftest import Controller
from tests.plugins.sshd_fleet import SshdFleet

ROOT = Path(__file__).parent.parent.parent
NOT_SENT = {Status.UNREACHABLE, Status.REFUSED}

NETWORK = """
ip link set lo up
ip route add unreachable 198.51.100.0/24
iptables -A INPUT -d 127.0.0.3 -j DROP
iptables -A INPUT -d 127.0.0.4 -p tcp -j REJECT --reject-with icmp-host-unreachable
exec "$@"
"""
NODES = """defaults: {user: pi}
nodes:
  red01: {address: 198.51.100.1}
  red02: {address: 127.0.0.3}
  red03: {address: 127.0.0.4}
"""


def _skip_without_network(environ: dict[str, str]) -> None:
    words = ["unshare", "--net", "sh", "-c", "ip link set lo up && iptables -A INPUT -j ACCEPT"]
    if shutil.which("unshare"):
        tried = subprocess.run(words, env=environ, capture_output=True, timeout=10)
        if tried.returncode == 0:
            return
    pytest.skip("this computer gives no network of one's own: that takes root, unshare, ip and iptables")


def test_A2_packets_that_are_dropped_or_have_no_way(tmp_path: Path) -> None:
    """A Pi that is off, a cable that is out, a router without a route: one row each, at the deadline."""
    environ = {**os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{os.environ['PATH']}:/usr/sbin:/sbin"}
    _skip_without_network(environ)
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups" / "clusters").write_text("red red{01..03}\n")
    (tmp_path / "groups" / "nodes.yaml").write_text(NODES)
    run = [
        sys.executable,
        "-m",
        "nowfab",
        "run",
        "true",
        "-g",
        "red",
        "--connect-timeout",
        "2",
        "--format",
        "json",
    ]
    began = time.monotonic()
    done = subprocess.run(
        ["unshare", "--net", "sh", "-ec", NETWORK, "sh", *run],
        cwd=tmp_path,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert 4 == done.returncode, done.stderr
    rows = [(row["status"], row["reason"]) for row in json.loads(done.stdout)["results"]]

    assert ["unreachable"] * 3 == [status for status, _ in rows]
    assert [
        "no route to host: 198.51.100.1 port 22",
        "no answer from 127.0.0.3 port 22 within 2 s",
        "no route to host: 127.0.0.4 port 22",
    ] == [reason for _, reason in rows]
    assert time.monotonic() - began < 10


def test_A3_a_banner_that_is_cut_is_still_of_ssh(
    controller: Controller, sshd_nodes: tuple[Node, ...], relayed: Relayed
) -> None:
    """`SSH-2.0-Op` and then the end: it is an SSH server, and another try is safe."""
    node, relay = relayed(sshd_nodes[0], down=Toxics(limit_data=10), sick=1)
    result = controller.one(node, "true")

    assert (Status.OK, 2) == (result.status, relay.connects), result.reason


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"kex_algs": ["diffie-hellman-group1-sha1"]}, "kex"),
        ({"encryption_algs": ["aes128-cbc"]}, "ciphers"),
        ({"encryption_algs": ["aes128-ctr"], "mac_algs": ["hmac-md5"]}, "macs"),
    ],
)
def test_A8_nothing_in_common(
    controller: Controller, serve: Serve, options: dict[str, list[str]], words: str
) -> None:
    """An old server needs an update, not another try: one connection, and what is missing by name."""
    bad = serve(Behaviour(options=options))
    result = controller.one(bad.node, "true")

    assert (Status.UNREACHABLE, 1, []) == (result.status, result.attempts, bad.ledger.execs)
    assert result.reason.startswith("key exchange failed")
    assert words in result.reason


def test_A8_both_lists_are_named(controller: Controller, serve: Serve) -> None:
    """Who mends it must see what each side has, not only that they differ."""
    bad = serve(Behaviour(options={"encryption_algs": ["aes128-cbc"]}))
    result = controller.one(bad.node, "true")

    assert "aes128-cbc" in result.reason
    assert "aes128-gcm@openssh.com" in result.reason


@pytest.mark.parametrize("cipher", ["aes128-gcm@openssh.com", "aes128-ctr"])
def test_A9_a_bit_that_arrives_wrong_is_never_a_success(
    controller: Controller, sshd_fleet: SshdFleet, relayed: Relayed, cipher: str
) -> None:
    """A bad cable must not change an answer; the bytes from 1600 on are encrypted."""
    node = sshd_fleet(1, lines=[f"Ciphers {cipher}"])[0]
    wrong, flips = [], []
    for number, byte in enumerate((70, 900, 1400, 1720, 1880, 1990, 2080, 2230)):
        sick, _ = relayed(node, down=Toxics(bitflip=8 * byte + number % 8), name=f"red{number + 10}")
        flips.append(sick)
    for row in controller.run(flips, "echo right").results:
        if row.status is Status.OK and row.stdout.head(99) != b"right\n":
            wrong.append(row)
        assert row.status in {*NOT_SENT, Status.LOST, Status.CANCELLED, Status.OK}

    assert [] == wrong


def test_A9_a_wrong_length_does_not_hang_the_row(
    controller: Controller, sshd_nodes: tuple[Node, ...], relayed: Relayed
) -> None:
    """aes-gcm sends a message's length in the clear: one flipped bit is a wait for gigabytes."""
    node, relay = relayed(sshd_nodes[0])

    def hear(event: Event, until: Until) -> None:
        if isinstance(event, Output):
            relay.toxics["down"] = Toxics(bitflip=8 * relay.passed["down"])

    result = controller.run([node], "echo begun; sleep 2; echo hi", hear=hear, live=True).results[0]

    assert (Status.LOST, b"begun\n") == (result.status, result.stdout.head(99))
    assert result.seconds < 20


def test_A9_a_message_that_fails_its_check_is_a_broken_link(
    controller: Controller, sshd_nodes: tuple[Node, ...], relayed: Relayed
) -> None:
    """Before the command was sent another try is safe, afterwards it is not; neither is our own fault."""
    clean, relay = relayed(sshd_nodes[0])
    at_sent: list[int] = []

    def hear(event: Event, until: Until) -> None:
        if isinstance(event, Sent):
            at_sent.append(relay.passed["down"])

    controller.run([clean], "sleep 1", hear=hear)
    early = at_sent[0] - 300  # a busy box hears of Sent when some answers to the command have come too
    before, _ = relayed(sshd_nodes[0], down=Toxics(bitflip=8 * early), name="red11")
    after, _ = relayed(sshd_nodes[0], down=Toxics(bitflip=8 * (at_sent[0] + 12)), name="red12")
    rows = controller.run([before, after], "echo hi").results

    assert [Status.UNREACHABLE, Status.LOST] == [row.status for row in rows]
    assert [] == [row.reason for row in rows if "InvalidTag" in row.reason]


def test_A11_a_server_that_keeps_us_out_is_not_asked_again(controller: Controller, tcp: Tcp) -> None:
    """sshd's PerSourcePenalties grow with every knock; what it says is quoted."""

    def talk(sock: socket, number: int) -> None:
        sock.recv(1000)
        sock.sendall(b"Not allowed at this time\r\n")

    node, knocks = tcp(talk)
    result = controller.one(node, "true")

    assert (Status.UNREACHABLE, [1]) == (result.status, knocks)
    assert "`Not allowed at this time`" in result.reason
    assert "is not an SSH server" not in result.reason


def test_A10_a_server_that_says_that_it_is_full_is_asked_again(controller: Controller, tcp: Tcp) -> None:
    """sshd writes `Exceeded MaxStartups` before it closes: a moment later it has room."""

    def talk(sock: socket, number: int) -> None:
        sock.recv(1000)
        sock.sendall(b"Exceeded MaxStartups\r\n")

    node, knocks = tcp(talk)
    result = controller.one(node, "true", connect_timeout=20.0)

    assert (Status.UNREACHABLE, [1, 2, 3, 4]) == (result.status, knocks)
    assert "is not an SSH server" not in result.reason


def test_A10_at_most_three_retries_whatever_breaks(controller: Controller, tcp: Tcp) -> None:
    """A server that breaks now here, now there must not be knocked at sixteen times."""

    def talk(sock: socket, number: int) -> None:
        sock.recv(1000)
        if number % 4 == 0:
            sock.sendall(b"SSH-2.0-x\r\n")
            sock.recv(5000)

    node, knocks = tcp(talk)
    result = controller.one(node, "true", connect_timeout=20.0)

    assert (Status.UNREACHABLE, [1, 2, 3, 4]) == (result.status, knocks)


def test_A12_a_channel_that_is_refused_is_told(controller: Controller, sshd_fleet: SshdFleet) -> None:
    """MaxSessions is reached: nothing ran, and nobody waits an hour for it."""
    began = time.monotonic()
    result = controller.one(sshd_fleet(1, lines=["MaxSessions 0"])[0], "true")

    assert result.status in NOT_SENT
    assert result.reason == "the server opened no channel: open failed"
    assert time.monotonic() - began < 5


def test_A12_a_channel_that_nobody_answers_for_is_told(controller: Controller, serve: Serve) -> None:
    """Nothing was sent yet: the row says so after the connect deadline, not after paramiko's hour."""
    bad = serve(Behaviour(session="none"))
    result = controller.one(bad.node, "true", connect_timeout=2.0)

    assert (Status.UNREACHABLE, []) == (result.status, bad.ledger.execs)
    assert "no answer to the request for a channel within 2 s" in result.reason


@pytest.mark.parametrize(
    ("typed", "host", "port"),
    [("::1", "::1", None), ("[::1]:2222", "::1", 2222), ("fe80::1%eth0", "fe80::1%eth0", None)],
)
def test_A16_an_ipv6_address_is_read_rightly(typed: str, host: str, port: int | None) -> None:
    """The last group of an address is not a port."""
    (word,) = words(typed)

    assert (host, port) == (word.name, word.port)


def test_A16_an_ipv6_address_is_reached(controller: Controller, serve: Serve) -> None:
    """The brackets belong to known_hosts, not to the address."""
    try:
        good = serve(host="::1")
    except OSError:
        pytest.skip("this computer has no IPv6")

    assert Status.OK == controller.one(replace(good.node, name="::1"), "true").status


def test_A18_a_proxy_command_is_refused_with_its_place(
    controller: Controller, serve: Serve, tmp_path: Path
) -> None:
    """A ProxyCommand that dies hung paramiko for ever; we have none, and say so before connecting."""
    good = serve()
    config = controller.home / ".ssh" / "config"
    config.parent.mkdir()
    config.write_text(f"Host {good.node.name}\n  ProxyCommand touch {tmp_path}/ran\n")
    result = controller.one(good.node, "true")

    assert (Status.REFUSED, 0) == (result.status, good.ledger.connects)
    assert result.reason.endswith("config:2: ProxyCommand is not supported; ProxyJump is")
    assert not (tmp_path / "ran").exists()
