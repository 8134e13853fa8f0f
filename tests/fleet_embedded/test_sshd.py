"""The real sshd on loopback is what the other tests take it for."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from nowfab.errors import FleetError
from nowfab.fleet import sshd
from nowfab.inventory.node import Node
from tests.plugins.sshd_fleet import SshdFleet

SECONDS = 20


def ssh(node: Node, command: str) -> subprocess.CompletedProcess[str]:
    options = {
        "UserKnownHostsFile": node.known_hosts,
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
        "LogLevel": "ERROR",
    }
    words = ["ssh", "-F", "none", "-i", str(node.identity), "-p", str(node.port)]
    words += [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return subprocess.run(
        [*words, f"{node.user}@{node.address}", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_every_node_answers_under_its_own_host_key(sshd_nodes: tuple[Node, ...]) -> None:
    """Five nodes are five servers."""
    lines = Path(str(sshd_nodes[0].known_hosts)).read_text().splitlines()

    assert ["red01", "red02", "red03", "red04", "red05"] == [node.name for node in sshd_nodes]
    assert [(0, "hi\n")] * 5 == [
        (done.returncode, done.stdout) for done in (ssh(node, "echo hi") for node in sshd_nodes)
    ]
    assert 5 == len({line.split()[2] for line in lines})


def test_the_start_up_files_of_who_runs_it_are_left_alone(sshd_fleet: SshdFleet) -> None:
    """What stands in somebody's .bashrc may be slow, and breaks when a test kills it halfway."""
    (node,) = sshd_fleet(1)
    home = Path(str(node.known_hosts)).parent / "home"
    (home / ".bashrc").write_text("echo from the empty home\n")
    said = ssh(node, 'echo "$HOME"').stdout

    assert said in (f"{home}\n", f"from the empty home\n{home}\n")


def test_a_line_of_ones_own_outranks_ours(sshd_fleet: SshdFleet) -> None:
    """Tests set MaxSessions, MaxStartups, ForceCommand and the like."""
    (node,) = sshd_fleet(1, lines=["ForceCommand echo forced"])

    assert "forced\n" == ssh(node, "echo hi").stdout


def test_one_node_may_refuse_the_key(sshd_fleet: SshdFleet) -> None:
    """Faults are given to one node, its neighbours stay well."""
    good, bad = sshd_fleet(2, only={"red02": ["AuthorizedKeysFile none"]})

    assert 0 == ssh(good, "true").returncode
    assert "Permission denied" in ssh(bad, "true").stderr


def test_a_changed_host_key_is_seen(sshd_fleet: SshdFleet) -> None:
    """The node was set up anew, or it is not the node."""
    good, bad = sshd_fleet(2)
    sshd.change_host_key(bad)

    assert 0 == ssh(good, "true").returncode
    assert "Host key verification failed" in ssh(bad, "true").stderr


def test_a_node_may_be_stopped_and_started_again(sshd_fleet: SshdFleet) -> None:
    """A stopped node refuses connections at once, and comes back as itself."""
    (node,) = sshd_fleet(1)
    sshd.stop((node,))
    away = ssh(node, "true")
    sshd.again(node)

    assert "refused" in away.stderr
    assert 0 == ssh(node, "true").returncode


def test_one_sshd_may_serve_many_nodes(sshd_fleet: SshdFleet) -> None:
    """Benchmarks need hundreds of nodes with few processes."""
    nodes = sshd_fleet(20, together=sshd.TOGETHER)

    assert [0, 0, 0] == [ssh(nodes[number], "true").returncode for number in (0, 15, 19)]
    assert 2 == len(list(Path(str(nodes[0].known_hosts)).parent.glob("*.pid")))


def test_a_line_that_sshd_does_not_know_is_an_error(tmp_path: Path, sshd_fleet: SshdFleet) -> None:
    """A test with a slip in its configuration fails for that reason, not for another."""
    with pytest.raises(FleetError, match="Bad configuration option"):
        sshd_fleet(1, lines=["NoSuchOption yes"])


def test_an_old_process_id_is_never_signalled(sshd_fleet: SshdFleet) -> None:
    """The number in the file may be another program's by now."""
    (node,) = sshd_fleet(1)
    sshd.stop((node,))
    Path(str(node.known_hosts)).with_name("red01.pid").write_text(str(os.getpid()))

    sshd.stop((node,))
