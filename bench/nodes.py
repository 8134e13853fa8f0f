"""Run sshd for hundreds of nodes on loopback: a node is an address of 127.0.0.0/8.

As root in a network namespace of our own, where 0.0.0.0 is loopback alone, one sshd serves all of
them and logs in a user of our own, with /bin/sh and an empty home, so that no profile costs.
Otherwise there is one sshd per 16 addresses and the user is the one who runs the bench.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import places

USER = "nowfab-bench"
DEAD = "127.1.0.0/16"
"""What the bench makes drop packets, in its own namespace."""

_EACH = 16
"""Addresses that one sshd can listen on (MAX_LISTEN_SOCKS in its source)."""
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Nodes:
    """What a client must know: `home` is for its HOME, with .ssh/config for these nodes in it."""

    home: Path
    user: str
    port: int
    sshd: tuple[int, ...]

    @property
    def key(self) -> Path:
        """Give the private key that all nodes let in."""
        return self.home / ".ssh" / "id_ed25519"

    @property
    def known_hosts(self) -> Path:
        """Give the file with every node's host key."""
        return self.home / ".ssh" / "known_hosts"

    @property
    def config(self) -> Path:
        """Give the ssh_config for peers that call ssh."""
        return self.home / ".ssh" / "config"


def alive(number: int) -> str:
    """Give the address of a node that answers, counted from 0."""
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


def dead(number: int) -> str:
    """Give the address of a node that drops packets, counted from 0."""
    return f"127.1.{1 + number // 250}.{1 + number % 250}"


@contextlib.contextmanager
def running(folder: Path, nodes: int, own_namespace: bool) -> Iterator[Nodes]:
    """Run nodes 0 to `nodes` - 1; in a namespace of ours, dead ones are to be had too."""
    with contextlib.ExitStack() as stack:
        user = stack.enter_context(_user(folder)) if own_namespace else pwd.getpwuid(os.geteuid()).pw_name
        home = folder / "client"
        (home / ".ssh").mkdir(mode=0o700, parents=True)
        addresses = [alive(number) for number in range(nodes)]
        port = _free()
        many = [addresses[first : first + _EACH] for first in range(0, nodes, _EACH)]
        groups = [["0.0.0.0"]] if own_namespace else many  # noqa: S104 # where loopback is all there is
        _keys(folder, home, addresses, user, port)
        pids = tuple(_sshd(stack, folder, f"sshd-{n}", group, port) for n, group in enumerate(groups))
        for address in addresses[:: _EACH if not own_namespace else nodes]:
            _await(address, port)
        if own_namespace:
            words = ["iptables", "-w", "-A", "INPUT", "-d", DEAD, "-j", "DROP"]
            subprocess.run(words, check=True)
        yield Nodes(home, user, port, pids)


def settle(nodes: Nodes) -> None:
    """Wait until no session of the run before is left."""
    until = time.monotonic() + _SECONDS
    while any(_children(pid) for pid in nodes.sshd) and time.monotonic() < until:
        time.sleep(0.05)


@contextlib.contextmanager
def _user(folder: Path) -> Iterator[str]:
    """Have a user that logs in to /bin/sh in an empty home, for as long as the bench runs."""
    home = folder / "empty"
    home.mkdir(mode=0o755)
    with contextlib.suppress(KeyError):
        pwd.getpwnam(USER)
        subprocess.run(["userdel", "--force", USER], check=True)  # one that a killed bench left behind
    words = [
        "useradd",
        "--home-dir",
        str(home),
        "--no-create-home",
        "--shell",
        "/bin/sh",
        "--password",
        "*",
        USER,
    ]
    subprocess.run(words, check=True)
    try:
        yield USER
    finally:
        subprocess.run(["userdel", "--force", USER], check=False, capture_output=True)  # it warns of sessions


def _keys(folder: Path, home: Path, addresses: Sequence[str], user: str, port: int) -> None:
    """Make one key for the clients, one for the hosts, and what tells ssh of them."""
    ssh = home / ".ssh"
    for path in (ssh / "id_ed25519", folder / "host"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(path)], check=True)
    (folder / "authorized").write_bytes((ssh / "id_ed25519.pub").read_bytes())
    host = (folder / "host.pub").read_text().strip()
    (ssh / "known_hosts").write_text("".join(f"[{address}]:{port} {host}\n" for address in addresses))
    (ssh / "config").write_text(
        f"User {user}\nPort {port}\nIdentityFile {ssh}/id_ed25519\nIdentitiesOnly yes\nIdentityAgent none\n"
        f"UserKnownHostsFile {ssh}/known_hosts\nGlobalKnownHostsFile none\nStrictHostKeyChecking yes\n"
        "BatchMode yes\nPreferredAuthentications publickey\nConnectTimeout 10\nLogLevel ERROR\n"
    )


def _sshd(stack: contextlib.ExitStack, folder: Path, name: str, addresses: Sequence[str], port: int) -> int:
    """Start one sshd that ends with the stack; give its process id."""
    program = places.system("sshd")
    assert program is not None
    lines = [
        *(f"ListenAddress {address}:{port}" for address in addresses),
        f"HostKey {folder}/host",
        f"AuthorizedKeysFile {folder}/authorized",
        "PidFile none",
        "StrictModes no",
        "UsePAM no",
        "UseDNS no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "MaxStartups 10000",
        "PrintMotd no",
        "PrintLastLog no",
        "LogLevel ERROR",
        "Subsystem sftp internal-sftp",  # pyinfra puts files with it
        *(["PerSourcePenalties no"] if _version(program) >= (9, 8) else []),
    ]
    (folder / f"{name}.conf").write_text("".join(f"{line}\n" for line in lines))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
    log = stack.enter_context((folder / f"{name}.log").open("wb"))
    words = [program, "-D", "-e", "-f", str(folder / f"{name}.conf")]
    process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    stack.callback(process.wait)
    stack.callback(process.send_signal, signal.SIGTERM)
    return process.pid


def _version(program: str) -> tuple[int, int]:
    said = subprocess.run(
        [program, "-V"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5
    )
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", said.stderr + said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)


def _free() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _await(address: str, port: int) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection((address, port), timeout=2) as line:
            if line.recv(4) == b"SSH-":
                return
        time.sleep(0.05)
    raise SystemExit(f"no sshd answers at {address} port {port}")


def _children(pid: int) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return []
