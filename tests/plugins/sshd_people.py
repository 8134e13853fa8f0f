"""Offer accounts with login shells and passwords of their own, on a real sshd with the real sudo.

people  a function that starts an sshd for some accounts and gives them as nodes. Passwords, shells
        and sudoers exist only for that sshd: its files are laid over those in /etc in a mount
        namespace, its homes are in memory. Needs root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from socket import create_connection, create_server

import pytest

from nowfab.fleet import keypair, sshd
from nowfab.inventory.node import Node

NAMESPACE = """
folder=$1; shift
for file in passwd shadow sudoers; do mount --bind "$folder/$file" "/etc/$file"; done
mount -t tmpfs none /mnt
while IFS=: read -r name _ uid _; do
  mkdir -m 700 "/mnt/$name"; cp "$folder/id.pub" "/mnt/$name/keys"; chown -R "$uid" "/mnt/$name"
done < "$folder/people"
exec "$@"
"""

CONFIG = """
ListenAddress 127.0.0.1:{port}
HostKey {folder}/host
PidFile none
AuthorizedKeysFile /mnt/%u/keys
UsePAM no
UseDNS no
PasswordAuthentication yes
KbdInteractiveAuthentication no
"""


@dataclass(frozen=True, slots=True)
class Person:
    """An account; without a password it has none, and lets in by the key alone."""

    name: str
    shell: str = "/bin/sh"
    password: str = ""


@dataclass(frozen=True, slots=True)
class People:
    """The sshd, and its accounts as nodes in the order in which they were asked for."""

    nodes: tuple[Node, ...]
    folder: Path
    pid: int

    def home(self, name: str) -> Path:
        """Give an account's home as it is seen from outside."""
        return Path(f"/proc/{self.pid}/root/mnt/{name}")


Start = Callable[..., People]


@pytest.fixture
def people() -> Iterator[Start]:
    """Give a function: persons, the password that sudo wants of all (root's), whether the key lets in."""
    _skip_without_namespace()
    started: list[subprocess.Popen[bytes]] = []
    folder = Path(tempfile.mkdtemp(prefix="people-"))

    def start(*persons: Person, sudo: str = "", key: bool = True) -> People:
        port = _free()
        node = _write(folder, port, persons, sudo, key)
        program = str(sshd.find())
        words = ["unshare", "--mount", "sh", "-ec", NAMESPACE, "sh", str(folder)]
        words += [program, "-D", "-f", f"{folder}/config", "-E", f"{folder}/log"]
        process = subprocess.Popen(words, stdin=subprocess.DEVNULL)
        started.append(process)
        _await(port, process)
        nodes = tuple(node(person.name) for person in persons)
        return People(nodes, folder, process.pid)

    yield start
    for process in started:
        process.terminate()
        process.wait(10)
    shutil.rmtree(folder)


def _skip_without_namespace() -> None:
    tried = None
    if os.geteuid() == 0 and shutil.which("unshare") and shutil.which("openssl") and sshd.find():
        words = ["unshare", "--mount", "sh", "-ec", "mount -t tmpfs none /mnt"]
        tried = subprocess.run(words, capture_output=True, timeout=10)
    if tried is None or tried.returncode:
        pytest.skip(
            "this computer gives no accounts of one's own: that takes root, unshare, openssl and sshd"
        )


def _write(
    folder: Path, port: int, persons: tuple[Person, ...], sudo: str, key: bool
) -> Callable[[str], Node]:
    """Write what the sshd needs; gives how a name becomes a node."""
    keypair.make(folder / "id")
    if not key:
        keypair.make(folder / "other")
    host = keypair.make(folder / "host")
    (folder / "known_hosts").write_text(f"[127.0.0.1]:{port} {host}\n")
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
    lines = [
        f"{person.name}:x:{uid}:100::/mnt/{person.name}:{person.shell}\n"
        for uid, person in enumerate(persons, 54001)
    ]
    hashes = [f"{person.name}:{_hashed(person.password)}:19000:0:99999:7:::\n" for person in persons]
    (folder / "people").write_text("".join(lines))
    (folder / "passwd").write_text(Path("/etc/passwd").read_text() + "".join(lines))
    (folder / "shadow").touch(0o600)
    (folder / "shadow").write_text(f"root:{_hashed(sudo)}:19000:0:99999:7:::\n" + "".join(hashes))
    (folder / "sudoers").touch(0o600)
    (folder / "sudoers").write_text("Defaults rootpw\nALL ALL=(ALL:ALL) ALL\n")
    (folder / "sudoers").chmod(0o440)
    identity, known_hosts = str(folder / ("id" if key else "other")), str(folder / "known_hosts")
    return lambda name: Node(name, "127.0.0.1", name, port, identity, known_hosts=known_hosts)


def _hashed(password: str) -> str:
    if not password:
        return "*"
    words = ["openssl", "passwd", "-6", "-stdin"]
    return subprocess.run(
        words, input=password, capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()


def _free() -> int:
    with create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def _await(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), create_connection(("127.0.0.1", port), timeout=2) as line:
            if line.recv(4) == b"SSH-":
                return
        time.sleep(0.02)
    raise AssertionError("the sshd for people does not start")
