"""Remember which names a project's practice fleet has taken.

A name that was taken stays taken: after `fleet.down`, after a crash, after a smaller `fleet.up`
it is a node that is down, until somebody says to forget it. The state folder holds

nodes.json     the overlay: one entry per name
lock           held and signed by the server of an embedded fleet as long as it lives
work.lock      held while somebody starts or ends the fleet
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import shutil
import stat
from collections.abc import Iterable, Mapping
from pathlib import Path

from nowfab.errors import FleetError
from nowfab.fleet import lock
from nowfab.inventory.node import Node

DOWN = "practice node; the fleet is down: start it with `inv fleet.up`"

_KEPT = ("name", "address", "user", "port", "identity", "known_hosts", "fleet", "down")


def home(environ: Mapping[str, str]) -> Path:
    """Find the folder for state by the XDG rules: a relative path in XDG_STATE_HOME does not count."""
    said = Path(environ.get("XDG_STATE_HOME", ""))
    return said if said.is_absolute() else Path(environ.get("HOME", "/")) / ".local/state"


def folder(project: Path, state_home: Path) -> Path:
    """Name the state folder of the project's fleet; FleetError when it exists and is not ours alone."""
    real = project.resolve()
    name = re.sub(r"[^A-Za-z0-9._-]", "_", real.name)[:40] or "root"
    digest = hashlib.sha256(os.fsencode(real)).hexdigest()[:12]
    path = state_home / "nowfab" / "fleet" / f"{name}-{digest}"
    check(path)
    return path


def make(folder: Path) -> None:
    """Make the folder, open to its owner only; FleetError when it cannot be, or is not ours alone."""
    try:
        for each in (*reversed(folder.parents), folder):  # mkdir's own parents=True would ask only umask
            each.mkdir(exist_ok=True, mode=0o700)
    except OSError as wrong:
        raise FleetError(
            f"the practice fleet's folder `{folder}` cannot be made: {wrong.strerror}"
        ) from wrong
    check(folder)


def check(folder: Path) -> None:
    """Refuse what somebody else may have laid there; no folder at all is fine."""
    try:
        found = folder.lstat()
    except FileNotFoundError:
        return
    except OSError as wrong:
        raise FleetError(
            f"the practice fleet's folder `{folder}` cannot be looked at: {wrong.strerror}"
        ) from wrong
    if not stat.S_ISDIR(found.st_mode):
        raise FleetError(f"the practice fleet's folder `{folder}` is a link or a file, not a folder")
    if found.st_uid != os.geteuid():
        raise FleetError(f"the practice fleet's folder `{folder}` belongs to another user")
    if found.st_mode & 0o077:
        raise FleetError(f"the practice fleet's folder `{folder}` is open to others: close it with chmod 700")


def load(folder: Path) -> tuple[Node, ...]:
    """Give the nodes whose names the fleet has taken; `down` is set on those that do not live."""
    nodes = _read(folder)
    if any(node.fleet == "embedded" and not node.down for node in nodes) and lock.holder(folder) is None:
        return tuple(dead(node) if node.fleet == "embedded" else node for node in nodes)
    return nodes


def take(folder: Path, nodes: Iterable[Node]) -> None:
    """Write `nodes` down; names that were taken before and are not among them stay, as down."""
    taken = {node.name: dead(node) for node in _read(folder)}
    save(folder, (taken | {node.name: node for node in nodes}).values())


def bury(folder: Path) -> None:
    """Mark every name as down."""
    save(folder, [dead(node) for node in _read(folder)])


def dead(node: Node) -> Node:
    """Give the node as one that is down."""
    return dataclasses.replace(node, down=DOWN)


def save(folder: Path, nodes: Iterable[Node]) -> None:
    """Write exactly `nodes` down, all or nothing."""
    entries = [{key: getattr(node, key) for key in _KEPT} | _through(node) for node in nodes]
    text = json.dumps({"schema": 1, "nodes": entries}, indent=1)
    write(folder / "nodes.json", text.encode())


def _through(node: Node) -> dict[str, str]:
    """Say by its name which node of the fleet leads to this one."""
    return {"via": node.via.name} if node.via else {}


def write(path: Path, data: bytes, mode: int = 0o600) -> None:
    """Put a whole file in place of what is there; whoever reads sees the old or the new one."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        fresh.replace(path)
    except OSError as wrong:
        raise FleetError(f"`{path}` cannot be written: {wrong.strerror}") from wrong


def _read(folder: Path) -> tuple[Node, ...]:
    path = folder / "nodes.json"
    try:
        entries = json.loads(path.read_bytes())["nodes"]
        nodes = {entry["name"]: Node(**{key: entry[key] for key in _KEPT}) for entry in entries}
        vias = {entry["name"]: nodes[entry["via"]] for entry in entries if "via" in entry}
        return tuple(dataclasses.replace(node, via=vias.get(name)) for name, node in nodes.items())
    except FileNotFoundError:
        return ()
    except OSError as wrong:
        raise FleetError(f"`{path}` cannot be read: {wrong.strerror}") from wrong
    except (ValueError, TypeError, KeyError) as wrong:
        raise FleetError(
            f"`{path}` is not as nowfab wrote it: let go of the fleet with `inv fleet.down --forget`"
        ) from wrong


def forget(folder: Path) -> None:
    """Remove the folder with everything in it: names, keys and the nodes' own folders."""
    check(folder)
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        pass
    except OSError as wrong:
        raise FleetError(
            f"the practice fleet's folder `{folder}` cannot be removed: {wrong.strerror}"
        ) from wrong
