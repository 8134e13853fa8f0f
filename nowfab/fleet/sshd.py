"""Run real sshd on loopback, for tests and benchmarks.

Needs no root. Where the system allows it every node has an address of its own in 127.0.0.0/8,
elsewhere a port of its own. A fleet has one client key and one known_hosts, every sshd a host key.
The folder holds, by the name of the node that an sshd serves first, NAME.conf, NAME.host, NAME.pid
and NAME.log, and for all nodes `id` and `known_hosts`.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from nowfab import fleet
from nowfab.errors import FleetError
from nowfab.fleet import keypair, sshd_config, state
from nowfab.inventory.node import Node

TOGETHER = 16
"""Addresses that one sshd can listen on (MAX_LISTEN_SOCKS in its source)."""

_SECONDS = 15.0
"""To start or to end in, for all of a fleet's sshd together; more with their number."""
_MORE = 0.1
_TRIES = 3
"""Another program may take a port between our look and sshd's."""
_PRIVSEP = Path("/run/sshd")
_WRONG = re.compile(
    r"^.*(?:fatal: |Cannot bind any address|Bad configuration option|bad configuration).*$", re.M
)


def find() -> str | None:
    """Give the path of sshd, which seldom stands in PATH; None where there is none."""
    path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin"))
    return shutil.which("sshd", path=path)


def start(
    folder: Path,
    nodes: int,
    lines: Sequence[str] = (),
    only: Mapping[str, Sequence[str]] | None = None,
    together: int = 1,
) -> tuple[Node, ...]:
    """Start the sshd of red01, red02, … and give them as nodes; FleetError when that cannot be.

    `lines` of sshd_config outrank ours; those of `only` are for the node of that name and outrank
    all. `together` nodes, at most TOGETHER, share one sshd with its host key.
    """
    program = find()
    if program is None:
        raise FleetError("there is no sshd on this computer: install OpenSSH's server")
    state.make(folder)
    for attempt in range(1, _TRIES + 1):
        made = _write(folder, program, nodes, lines, only or {}, together)
        try:
            _run(program, folder, made)
            break
        except FleetError as wrong:
            stop(made)
            if attempt == _TRIES or "Cannot bind" not in str(wrong):
                raise
    return made


def stop(nodes: Iterable[Node]) -> None:
    """End the sshd that these nodes are the first of; connections that exist live on."""
    gone = []
    for node in nodes:
        pid = _pid(node)
        if pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
            gone.append(node)
    until = time.monotonic() + _SECONDS + _MORE * len(gone)
    for node in gone:
        while _pid(node) is not None:
            if time.monotonic() > until:
                raise FleetError(f"the sshd of {node.name} does not end")
            time.sleep(0.01)


def again(node: Node) -> None:
    """Start a stopped node's sshd as it was."""
    program = find()
    assert program is not None
    _run(program, _folder(node), (node,))


def change_host_key(node: Node) -> None:
    """Give the node another host key, as if it was set up anew; known_hosts keeps the old one."""
    stop((node,))
    keypair.make(_folder(node) / f"{node.name}.host")
    again(node)


def _folder(node: Node) -> Path:
    assert node.known_hosts is not None
    return Path(node.known_hosts).parent


# what is written


def _write(
    folder: Path,
    program: str,
    nodes: int,
    lines: Sequence[str],
    only: Mapping[str, Sequence[str]],
    together: int,
) -> tuple[Node, ...]:
    """Write keys and configurations for nodes on addresses that are free now."""
    user = pwd.getpwuid(os.geteuid()).pw_name
    state.make(folder / "home")
    keypair.make(folder / "id")
    identity, known_hosts = str(folder / "id"), folder / "known_hosts"
    made = tuple(
        Node(name, address, user, port, identity, fleet="sshd", known_hosts=str(known_hosts))
        for name, (address, port) in zip(fleet.names(nodes), _free(nodes), strict=True)
    )
    known = []
    for first in range(0, nodes, together):
        group = made[first : first + together]
        leader = group[0].name
        key = keypair.make(folder / f"{leader}.host")
        known += [
            f"{node.name},[{node.name}]:{node.port},[{node.address}]:{node.port} {key}\n" for node in group
        ]
        config = [*only.get(leader, ()), *lines, *sshd_config.lines(folder, program, group)]
        state.write(folder / f"{leader}.conf", "".join(f"{line}\n" for line in config).encode())
    state.write(known_hosts, "".join(known).encode())
    return made


def _free(nodes: int) -> list[tuple[str, int]]:
    """Find an address for each node: one port on many addresses, or many ports on one."""
    with contextlib.ExitStack() as stack:

        def bind(address: str, port: int) -> tuple[str, int]:
            taken = stack.enter_context(socket.socket())
            taken.bind((address, port))
            name: tuple[str, int] = taken.getsockname()
            return name

        try:
            _, port = bind(_address(0), 0)
        except OSError:  # only Linux has all of 127.0.0.0/8
            return [bind("127.0.0.1", 0) for _ in range(nodes)]
        return [(_address(number), port) for number in range(nodes)]


def _address(number: int) -> str:
    return f"127.0.{1 + number // 250}.{1 + number % 250}"


# what runs


def _run(program: str, folder: Path, nodes: Sequence[Node]) -> None:
    """Start the sshd of each node that has a configuration, and wait until all nodes answer."""
    if os.geteuid() == 0:
        _PRIVSEP.mkdir(mode=0o755, exist_ok=True)
    for node in nodes:
        if not (folder / f"{node.name}.conf").exists():
            continue
        (folder / f"{node.name}.log").write_bytes(b"")
        words = [program, "-f", str(folder / f"{node.name}.conf"), "-E", str(folder / f"{node.name}.log")]
        said = subprocess.run(  # noqa: S603 # the program that find() gave
            words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=_SECONDS
        )
        if said.returncode != 0:
            raise FleetError(f"the sshd of {node.name} does not start: {said.stderr.strip()}{_why(node)}")
    until = time.monotonic() + _SECONDS + _MORE * len(nodes)
    for node in nodes:
        _await(node, until)


def _await(node: Node, until: float) -> None:
    """Wait until the node speaks SSH."""
    while True:
        with (
            contextlib.suppress(OSError),
            socket.create_connection((node.address or "", node.port or 0), timeout=2) as line,
        ):
            if line.recv(4) == b"SSH-":
                return
        wrong = _why(node)
        if wrong or time.monotonic() > until:
            raise FleetError(f"the sshd of {node.name} does not answer: {wrong or 'no reason in its log'}")
        time.sleep(0.02)


def _why(node: Node) -> str:
    log = _folder(node) / f"{node.name}.log"
    found = _WRONG.search(log.read_text(errors="replace")) if log.exists() else None
    return found[0].strip() if found else ""


def _pid(node: Node) -> int | None:
    """Give the process id of the node's sshd; None when it does not run, or serves another first."""
    path = _folder(node) / f"{node.name}.pid"
    try:
        pid = int(path.read_text())
    except (OSError, ValueError):
        return None
    return pid if str(path.with_suffix(".conf")) in _words_of(pid) else None


def _words_of(pid: int) -> str:
    """Give what the process was called with, so that an old process id is not mistaken for ours."""
    if Path("/proc/self/cmdline").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
        return ""
    words = ["ps", "-ww", "-o", "args=", "-p", str(pid)]
    return subprocess.run(words, capture_output=True, text=True, timeout=_SECONDS).stdout  # noqa: S603
