"""A practice node is a place of its own, as far as that goes on one computer."""

from __future__ import annotations

import shutil
import socket
import subprocess
from pathlib import Path

import paramiko
import pytest

from nowfab.fleet import embedded, shims
from nowfab.inventory.node import Node
from tests.fleet_embedded.conftest import SECONDS, connect, run


def ssh(node: Node, *words: str, known_hosts: Path | None = None) -> subprocess.CompletedProcess[str]:
    if shutil.which("ssh") is None:
        pytest.skip("there is no ssh on this computer")
    options = {
        "UserKnownHostsFile": known_hosts or node.known_hosts,
        "GlobalKnownHostsFile": "none",
        "StrictHostKeyChecking": "yes",
        "IdentitiesOnly": "yes",
        "BatchMode": "yes",
        "LogLevel": "ERROR",
    }
    flags = [word for name, value in options.items() for word in ("-o", f"{name}={value}")]
    return subprocess.run(
        ["ssh", "-F", "none", "-i", str(node.identity), "-p", str(node.port), *flags, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def test_openssh_is_at_home_here(practice_nodes: tuple[Node, ...]) -> None:
    """Whoever practises also types `ssh`."""
    node = practice_nodes[0]
    done = ssh(node, f"{node.user}@{node.address}", "hostname; echo err >&2; exit 3")

    assert (3, "red01\n", "err\n") == (done.returncode, done.stdout, done.stderr)


def test_a_name_is_known_as_an_address_is(practice_nodes: tuple[Node, ...]) -> None:
    """known_hosts has a node under its name too, which is what counts behind a gateway."""
    node = practice_nodes[1]
    done = ssh(
        node, "-o", f"HostName={node.address}", "-o", "CheckHostIP=no", f"{node.user}@red02", "hostname"
    )

    assert (0, "red02\n") == (done.returncode, done.stdout)


def test_another_server_on_the_port_is_no_practice_node(
    practice_nodes: tuple[Node, ...], tmp_path: Path
) -> None:
    """After a crash somebody else may listen there; the host key is the fleet's own."""
    one, other = practice_nodes
    lines = Path(str(one.known_hosts)).read_text()
    (tmp_path / "known_hosts").write_text(
        lines.replace(f":{one.port}", ":1").replace(f":{other.port}", f":{one.port}")
    )
    done = ssh(one, f"{one.user}@{one.address}", "hostname", known_hosts=tmp_path / "known_hosts")

    assert (255, "") == (done.returncode, done.stdout)
    assert "Host key verification failed" in done.stderr


def test_every_node_says_its_own_name(practice_nodes: tuple[Node, ...]) -> None:
    """Five rows that are alike would teach nothing."""
    for node in practice_nodes:
        with connect(node) as client:
            said = run(client, "hostname; hostname -s; uname -n; uname -a | cut -d' ' -f2; pwd").stdout
        home = Path(str(node.known_hosts)).parent / "home" / node.name

        assert [node.name] * 4 + [str(home)] == said.decode().split()


def test_a_node_keeps_its_name(client: paramiko.SSHClient) -> None:
    """`hostname NEW` as root would rename this computer."""
    done = run(client, "hostname other")

    assert (1, b"") == (done.code, done.stdout)
    assert b"refused" in done.stderr


@pytest.mark.parametrize("program", [*shims.REFUSED, "systemctl reboot", "systemctl -q poweroff"])
def test_what_would_change_this_computer_is_refused(client: paramiko.SSHClient, program: str) -> None:
    """One clear sentence, on stderr, and a failure."""
    done = run(client, f"{program} -h" if program in shims.REFUSED else program)

    assert (1, b"") == (done.code, done.stdout)
    assert done.stderr.decode().startswith(f"{program.split()[0]}: refused: this is a practice node")


def test_the_environment_is_the_nodes_own(client: paramiko.SSHClient) -> None:
    """Nothing of the environment in which the fleet was started is seen by its commands."""
    said = dict(line.split("=", 1) for line in run(client, "env").stdout.decode().splitlines())
    for of_the_shell in ("PWD", "OLDPWD", "SHLVL", "_"):
        said.pop(of_the_shell, None)

    names = "HOME LOGNAME NOWFAB_PRACTICE NOWFAB_PRACTICE_NODE PATH SHELL SSH_CONNECTION USER"
    assert names.split() == sorted(said)
    assert ("1", "/bin/sh", "pi") == (said["NOWFAB_PRACTICE"], said["SHELL"], said["USER"])


def test_only_the_fleets_own_key_opens(practice_nodes: tuple[Node, ...]) -> None:
    """Other people on this computer can reach the port."""
    node = practice_nodes[0]
    with socket.create_connection((str(node.address), node.port or 0), timeout=SECONDS) as line:
        transport = paramiko.Transport(line)
        transport.start_client(timeout=SECONDS)
        with pytest.raises(paramiko.BadAuthenticationType) as refused:
            transport.auth_none("pi")
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("pi", paramiko.Ed25519Key.from_private_key_file(strange_key(node)))
        transport.close()

    assert ["publickey"] == refused.value.allowed_types


def strange_key(node: Node) -> str:
    """Make a key that the fleet does not know."""
    from nowfab.fleet import keypair

    path = Path(str(node.known_hosts)).parent / "home/strange"
    keypair.make(path)
    return str(path)


def test_only_the_fleets_user_comes_in(practice_nodes: tuple[Node, ...]) -> None:
    """A wrong user is refused, as on a Pi."""
    node = practice_nodes[0]
    with socket.create_connection((str(node.address), node.port or 0), timeout=SECONDS) as line:
        transport = paramiko.Transport(line)
        transport.start_client(timeout=SECONDS)
        key = paramiko.Ed25519Key.from_private_key_file(str(node.identity))
        with pytest.raises(paramiko.AuthenticationException):
            transport.auth_publickey("root", key)
        transport.close()


def test_nodes_are_reached_from_loopback_only(practice_nodes: tuple[Node, ...]) -> None:
    """The port is open on 127.0.0.1 and nowhere else."""
    with socket.socket() as free, pytest.raises(OSError, match="in use"):
        free.bind(("127.0.0.1", practice_nodes[0].port or 0))
    with socket.socket() as free:
        free.bind((an_address_that_is_not_loopback(), practice_nodes[0].port or 0))


def an_address_that_is_not_loopback() -> str:
    """Give this computer's address towards the network; no packet is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        try:
            towards.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this computer has no network")
        return str(towards.getsockname()[0])


def test_a_node_is_a_gateway_to_its_own_fleet_only(
    client: paramiko.SSHClient, practice_nodes: tuple[Node, ...]
) -> None:
    """`via: red01` can be practised, and no door is opened to the rest of this computer."""
    transport = client.get_transport()
    assert transport is not None
    beyond = ("127.0.0.1", practice_nodes[1].port or 0)
    with transport.open_channel("direct-tcpip", beyond, ("127.0.0.1", 0), timeout=SECONDS) as channel:
        channel.settimeout(SECONDS)
        assert b"SSH-2.0-" == channel.recv(8)

    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(paramiko.ChannelException):
        transport.open_channel("direct-tcpip", other.getsockname(), ("127.0.0.1", 0), timeout=SECONDS)


def test_hundreds_of_nodes_live_in_one_process(tmp_path: Path) -> None:
    """The price of a node is a port, not a process."""
    nodes = embedded.up(tmp_path / "fleet", [f"red{number:03}" for number in range(1, 501)])
    try:
        said = []
        for node in (nodes[0], nodes[249], nodes[499]):
            with connect(node) as client:
                said.append(run(client, "hostname").stdout)
    finally:
        embedded.down(tmp_path / "fleet")

    assert [b"red001\n", b"red250\n", b"red500\n"] == said
    assert 500 == len({node.port for node in nodes})
