"""Start, list, stop practice nodes in containers.

The nodes are those of docker-compose.yml: red01 to red05, and behind red01 blue01 to blue05. red04 takes
a password as well as the key; the sudo of red05 asks for one; the others take keys only. The state
folder (0700) holds all that is known of this fleet: the key, known_hosts, `passwords` (a line
`NODE PASSWORD` each), `engine.json`.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from nowfab.errors import FleetError
from nowfab.fleet import compose, keypair, state
from nowfab.fleet.compose import Container, Engine
from nowfab.inventory.node import Node

NAMES = ("red01", "red02", "red03", "red04", "red05")
BEHIND = ("blue01", "blue02", "blue03", "blue04", "blue05")
"""In a network where this computer has no address; GATEWAY alone knows their names."""
GATEWAY = "red01"
OSES = ("bookworm", "bullseye")
"""What nodes may have: the Debian of Raspberry Pi OS 12, or of 11; tests/fleet says what that is."""
WITH_PASSWORD = ("red04", "red05")
"""Node 4 logs in with a password too, the sudo of node 5 asks for one."""

USER = "pi"
_COMPOSE_FILE = "docker-compose.yml"
_ADDRESS = "127.0.0.1"
_BUILD_SECONDS = 900.0
_READY_SECONDS = 90.0

_WELCOME = f"""
until systemctl -q is-active ssh.service && systemctl -q is-active systemd-user-sessions.service
do sleep 0.1; done
if [ "$1" = password ]; then chpasswd; fi
if [ ! -s /home/{USER}/.ssh/authorized_keys ]; then echo no key of ours >&2; exit 1; fi
cat /etc/ssh/ssh_host_*_key.pub
"""
"""Run in a node: waits until logins are allowed, takes a password, tells the node's own host keys."""


def up(
    folder: Path,
    nodes: int,
    project: Path,
    environ: Mapping[str, str] = os.environ,
    behind: int = 0,
    system: str = OSES[0],
) -> tuple[Node, ...]:
    """Start the first `nodes` nodes and the first `behind` that are reached through GATEWAY.

    `project` is the folder with docker-compose.yml; all nodes have the same `system`, one of OSES.

    Whatever goes wrong, nothing stays behind in the engine.
    """
    file = project / _COMPOSE_FILE
    if not 1 <= nodes <= len(NAMES):
        raise FleetError(f"the docker fleet has 1 to {len(NAMES)} nodes, not {nodes}")
    if not 0 <= behind <= len(BEHIND):
        raise FleetError(f"the docker fleet has 0 to {len(BEHIND)} nodes behind {GATEWAY}, not {behind}")
    if system not in OSES:
        raise FleetError(f"docker nodes have {' or '.join(OSES)}, not `{system}`")
    if not file.is_file():
        raise FleetError(
            f"no {_COMPOSE_FILE} in `{project}`; call this in nowfab's source folder, "
            "or use the embedded fleet"
        )
    engine = compose.find(_project_name(folder), environ)
    if compose.containers(engine):
        raise FleetError(f"the docker fleet of `{folder}` is up already; `fleet.down` ends it")
    _remember(folder, engine)
    try:
        return _start(engine, folder, file, [*NAMES[:nodes], *BEHIND[:behind]], system)
    except BaseException:
        down(folder, environ)
        raise


def ps(folder: Path, environ: Mapping[str, str] = os.environ) -> tuple[Node, ...]:
    """Give the nodes as the engine sees them now; a node that does not run says so in `down`."""
    engine = _recall(folder, environ)
    return _nodes(compose.containers(engine), folder)


def down(folder: Path, environ: Mapping[str, str] = os.environ) -> None:
    """Remove what `up` made, in the engine and in the state folder; does no harm twice."""
    if not (folder / "engine.json").exists():
        return
    compose.remove(_recall(folder, environ))
    for name in ("id_ed25519", "id_ed25519.pub", "known_hosts", "passwords", "engine.json"):
        (folder / name).unlink(missing_ok=True)


def why_not(environ: Mapping[str, str] = os.environ) -> str:
    """Say why no docker fleet can be had here; "" when it can."""
    try:
        compose.find("nowfab", environ)
    except FleetError as error:
        return str(error)
    return ""


def _project_name(folder: Path) -> str:
    """Name the compose project after its state folder, so that two fleets never meet."""
    return "nowfab-" + hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]


def _remember(folder: Path, engine: Engine) -> None:
    state.make(folder)
    known = {"project": engine.project, "environ": compose.reach(engine.environ)}
    state.write(folder / "engine.json", json.dumps(known).encode())


def _recall(folder: Path, environ: Mapping[str, str]) -> Engine:
    """Find the engine that the fleet was started on, whatever the environment says by now."""
    try:
        known = json.loads((folder / "engine.json").read_text())
        project, reach = str(known["project"]), dict(known["environ"])
    except (OSError, ValueError, KeyError, TypeError):
        raise FleetError(f"no docker fleet in `{folder}`") from None
    kept = {name: value for name, value in environ.items() if name not in compose.reach(environ)}
    return compose.find(project, {**kept, **reach})


def _start(engine: Engine, folder: Path, file: Path, names: Sequence[str], system: str) -> tuple[Node, ...]:
    extra = {"NOWFAB_PUBLIC_KEY": keypair.make(folder / "id_ed25519"), "NOWFAB_OS": system}
    compose.run(engine, file, ["build", names[0]], _BUILD_SECONDS, extra)
    _create(engine, file, names, extra)
    until = time.monotonic() + _READY_SECONDS
    found = compose.containers(engine)
    passwords = {name: secrets.token_urlsafe(12) for name in names if name in WITH_PASSWORD}
    lines = "".join(f"{name} {word}\n" for name, word in passwords.items())
    state.write(folder / "passwords", lines.encode())
    keys = [_welcome(engine, each, passwords.get(each.service), until) for each in found]
    state.write(folder / "known_hosts", "".join(keys).encode())
    for each in found:
        if each.service not in BEHIND:
            _await_banner(each, until)
    return _nodes(found, folder)


def _create(engine: Engine, file: Path, names: Sequence[str], extra: Mapping[str, str]) -> None:
    """Create the containers on ports that are free now and stay the same when a node restarts."""
    words = ["up", "--detach", "--no-build", *names]
    for attempt in range(3):
        ports = {
            f"NOWFAB_PORT_{name.upper()}": str(port)
            for name, port in zip(names, _free_ports(len(names)), strict=True)
            if name not in BEHIND
        }
        try:
            compose.run(engine, file, words, _READY_SECONDS, {**extra, **ports})
            return
        except FleetError as error:
            # another program may have taken a port since
            taken = "already in use" in str(error) or "already allocated" in str(error)
            compose.remove(engine)
            if attempt == 2 or not taken:
                raise


def _free_ports(count: int) -> list[int]:
    listeners = [socket.create_server((_ADDRESS, 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in listeners]
    for each in listeners:
        each.close()
    return ports


def _welcome(engine: Engine, each: Container, password: str | None, until: float) -> str:
    """Wait until a node lets people in, set its password; give its lines for known_hosts.

    The host keys come from inside the node, so nothing is trusted on first use.
    """
    argv = ["docker", "exec", "-i", each.id, "sh", "-euc", _WELCOME, "sh", "password" if password else ""]
    stdin = f"{USER}:{password}\n" if password else ""
    try:
        keys = compose.ask(engine, argv, stdin=stdin, seconds=max(1.0, until - time.monotonic()))
    except FleetError as error:
        raise FleetError(f"{each.service} did not start: {error}") from None
    name = each.service
    names = name if name in BEHIND else f"{name},[{name}]:{each.port},[{_ADDRESS}]:{each.port}"
    return "".join(f"{names} {' '.join(line.split()[:2])}\n" for line in keys.splitlines())


def _await_banner(each: Container, until: float) -> None:
    while time.monotonic() < until:
        try:
            with socket.create_connection((_ADDRESS, each.port or 0), timeout=2) as line:
                if line.recv(4) == b"SSH-":
                    return
        except OSError:
            pass
        time.sleep(0.1)
    raise FleetError(f"sshd of {each.service} does not answer on {_ADDRESS} port {each.port}")


def _nodes(found: Sequence[Container], folder: Path) -> tuple[Node, ...]:
    """Give the nodes in the order of their names, those behind the gateway last."""
    near = [_node(each, folder) for each in found if each.service not in BEHIND]
    gateway = next((node for node in near if node.name == GATEWAY), None)
    return (*near, *(_node(each, folder, gateway) for each in found if each.service in BEHIND))


def _node(each: Container, folder: Path, via: Node | None = None) -> Node:
    runs = each.status == "running"
    return Node(
        name=each.service,
        address=each.service if via else _ADDRESS,
        port=22 if via else each.port,
        via=via,
        user=USER,
        identity=str(folder / "id_ed25519"),
        fleet="docker",
        known_hosts=str(folder / "known_hosts"),
        down="" if runs else f"its container is {each.status}",
    )
