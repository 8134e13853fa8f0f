"""Be the process of an embedded fleet: one SSH server per node, until told to end.

Called as `python -m nowfab.fleet.server FOLDER NAME...`. It leaves its caller at once, writes
keys, known_hosts and the overlay into FOLDER, says `ready` on its standard output, and ends on
TERM or when FOLDER is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import asyncssh

from nowfab.fleet import lock, shims, state
from nowfab.fleet.children import Children
from nowfab.fleet.session import Place, Session
from nowfab.inventory.node import Node

ADDRESS = "127.0.0.1"
USER = "pi"

_KEY = "ssh-ed25519"
_LOOK = 1.0
"""Seconds between two looks whether the folder is still there."""
_DESCRIPTORS = (65536, 10240)
"""As many as 500 nodes need, each with dozens of commands at once; macOS stops at the second."""
_BACKLOG = 128
"""Connections per node that may wait to be taken."""
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class Door(asyncssh.SSHServer):
    """Who may come in to one node, and what for."""

    def __init__(self, key: bytes, ports: set[int], session: Callable[[], Session]) -> None:
        self._key = key
        self._ports = ports
        self._session = session

    def public_key_auth_supported(self) -> bool:
        """Ask for a key, and for nothing else."""
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        """Accept the fleet's own key."""
        return username == USER and key.public_data == self._key

    def session_requested(self) -> Session:
        """Give every channel its own session."""
        return self._session()

    def connection_requested(self, dest_host: str, dest_port: int, orig_host: str, orig_port: int) -> bool:
        """Be a gateway to the other nodes of this fleet only."""
        return dest_host in (ADDRESS, "localhost") and dest_port in self._ports


def main(argv: Sequence[str]) -> None:
    """Leave the caller, then serve."""
    folder, names = Path(argv[1]), argv[2:]
    if os.fork():
        os._exit(0)
    _shed()
    with lock.hold(folder) as held:
        asyncio.run(_serve(folder, names, held))


def _shed() -> None:
    """Drop what the caller may have handed down and commands must not inherit."""
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.umask(0o022)
    _raise_descriptors()


def _raise_descriptors() -> None:
    """Allow as many descriptors as the system lets us have."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for wanted in _DESCRIPTORS:
        soft = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, most))
            return


async def _serve(folder: Path, names: Sequence[str], held: int) -> None:
    end = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, end.set)
    children = Children(loop)
    await _open(folder, names, children)
    os.write(sys.stdout.fileno(), b"ready\n")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    while not end.is_set() and _is_ours(folder, held):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(end.wait(), _LOOK)
    children.terminate()


async def _open(folder: Path, names: Sequence[str], children: Children) -> None:
    """Open a server per node, and write down how to reach it."""
    shims.write(folder / "bin")
    client = asyncssh.generate_private_key(_KEY, comment="practice fleet")
    state.write(folder / "id", client.export_private_key())
    known, nodes = [], []
    ports: set[int] = set()
    for name in names:
        host = asyncssh.generate_private_key(_KEY)
        place = _place(folder, name)
        session = functools.partial(Session, place, children)
        port = await _listen(host, functools.partial(Door, client.public_data, ports, session))
        ports.add(port)
        known.append(f"{name},[{name}]:{port},[{ADDRESS}]:{port} {_public(host)}\n")
        nodes.append(_node(folder, name, port))
    state.write(folder / "known_hosts", "".join(known).encode())
    state.take(folder, nodes)


async def _listen(host: asyncssh.SSHKey, door: Callable[[], Door]) -> int:
    """Serve on a free port, and give it."""
    acceptor = await asyncssh.listen(
        ADDRESS,
        0,
        family=socket.AF_INET,
        backlog=_BACKLOG,
        server_factory=door,
        server_host_keys=[host],
        server_version="nowfab-practice",
        config=None,
        gss_host=None,
        encoding=None,
        line_editor=False,
        allow_pty=False,
        agent_forwarding=False,
    )
    return acceptor.get_port()


def _public(key: asyncssh.SSHKey) -> str:
    """Give the key as a line of known_hosts has it."""
    return key.export_public_key().decode().strip()


def _place(folder: Path, name: str) -> Place:
    """Make a node's home and the environment of its commands; nothing of ours goes in."""
    home = folder / "home" / name
    home.mkdir(parents=True, exist_ok=True)
    path = [str(folder / "bin"), *_PATH, str(Path(sys.base_prefix) / "bin")]
    env = {
        "HOME": str(home),
        "LOGNAME": USER,
        "USER": USER,
        "SHELL": "/bin/sh",
        "PATH": ":".join(path),
        "NOWFAB_PRACTICE": "1",
        shims.NAME: name,
    }
    return Place(home, env)


def _node(folder: Path, name: str, port: int) -> Node:
    return Node(
        name=name,
        address=ADDRESS,
        user=USER,
        port=port,
        identity=str(folder / "id"),
        known_hosts=str(folder / "known_hosts"),
        fleet="embedded",
    )


def _is_ours(folder: Path, held: int) -> bool:
    """Say whether the folder is still there with the very lock that we hold."""
    try:
        return os.path.samestat((folder / "lock").stat(), os.fstat(held))
    except OSError:
        return False


if __name__ == "__main__":
    main(sys.argv)
