"""Say questions, answers and changes in the words of the agent, which are JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from nowfab.blobs import Blob
from nowfab.plan.changes import (
    Change,
    FetchLists,
    MakeFolder,
    MakeLink,
    Packages,
    RemovePath,
    RunArgv,
    SetSysctl,
    SetUnit,
    Upgrade,
    WriteFile,
)
from nowfab.plan.questions import (
    Absent,
    Answer,
    CannotTell,
    File,
    Folder,
    Link,
    Other,
    OutputOf,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Reached,
    Said,
    Standing,
    Sysctl,
    SysctlNamed,
    TcpTo,
    Unit,
    UnitNamed,
)

Keep = Callable[[Blob], int]
"""Takes a blob that travels behind the header, and gives its number."""

Give = Callable[[int], Blob]
"""Gives the blob of a number."""


def question(asked: Question) -> dict[str, Any]:
    """Say a question."""
    match asked:
        case PathAt():
            return {"ask": "path", "path": asked.path, "content": asked.content}
        case PackageNamed():
            return {"ask": "package", "name": asked.name}
        case UnitNamed():
            return {"ask": "unit", "name": asked.name}
        case SysctlNamed():
            return {"ask": "sysctl", "key": asked.key}
        case OutputOf():
            return {"ask": "output", "argv": list(asked.argv)}
        case TcpTo():
            return {"ask": "tcp", "host": asked.host, "port": asked.port}


def answer(asked: Question, said: Mapping[str, Any], give: Give) -> Answer:
    """Understand the answer to a question; KeyError, TypeError, ValueError, IndexError for none."""
    if "cannot" in said:
        return CannotTell(str(said["cannot"]))
    match asked:
        case PathAt():
            return _standing(said, give)
        case PackageNamed():
            return Package(str(said["version"]), bool(said["held"]))
        case UnitNamed():
            return Unit(str(said["enabled"]), str(said["active"]), float(said["since"]))
        case SysctlNamed():
            return Sysctl(None if said["value"] is None else str(said["value"]))
        case OutputOf():
            stdout, stderr = give(said["stdout"]), give(said["stderr"])
            return Said(int(said["code"]), stdout.head(stdout.size), stderr.head(stderr.size))
        case TcpTo():
            return Reached(bool(said["reached"]))


def change(wanted: Change, keep: Keep) -> dict[str, Any]:
    """Say a change; its bytes are given to `keep`."""
    match wanted:
        case WriteFile() | MakeLink() | MakeFolder() | RemovePath():
            return {**_path_change(wanted, keep), "path": wanted.path, "was": _was(wanted.was)}
        case Packages():
            was = {name: {"version": package.version, "held": package.held} for name, package in wanted.was}
            return {"do": "packages", "install": wanted.install, "remove": wanted.remove, "was": was}
        case FetchLists():
            return {"do": "lists"}
        case Upgrade():
            was = {name: {"version": package.version, "held": package.held} for name, package in wanted.was}
            return {"do": "upgrade", "to": dict(wanted.to), "was": was}
        case SetUnit():
            unit = {"enabled": wanted.was.enabled, "active": wanted.was.active, "since": wanted.was.since}
            how = {"enabled": wanted.enabled, "running": wanted.running, "restart": wanted.restart}
            return {"do": "unit", "name": wanted.name, **how, "was": unit}
        case SetSysctl():
            value = {"value": wanted.was.value}
            return {"do": "sysctl", "key": wanted.key, "value": wanted.value, "was": value}
        case RunArgv():
            stdin = None if wanted.stdin is None else keep(wanted.stdin)
            said = {"argv": wanted.argv, "undo": wanted.undo, "stdin": stdin, "quiet": wanted.secret}
            return {"do": "run", **said}


def _path_change(wanted: WriteFile | MakeLink | MakeFolder | RemovePath, keep: Keep) -> dict[str, Any]:
    match wanted:
        case WriteFile():
            rights = {"mode": wanted.mode, "owner": wanted.owner, "group": wanted.group}
            proofs: dict[str, Any] = {"check": wanted.check, "verify": wanted.verify}
            proofs |= {"secret": wanted.secret, "keep": wanted.edited}
            return {"do": "write", "blob": keep(wanted.content), **rights, **proofs}
        case MakeLink():
            return {"do": "link", "target": wanted.target}
        case MakeFolder():
            return {"do": "folder", "mode": wanted.mode, "owner": wanted.owner, "group": wanted.group}
        case RemovePath():
            return {"do": "remove"}


def _was(standing: Standing) -> dict[str, Any]:
    match standing:
        case Absent():
            return {"is": "absent"}
        case File():
            rights = {"mode": standing.mode, "owner": standing.owner, "group": standing.group}
            return {"is": "file", "sha256": standing.sha256.hex(), **rights}
        case Link():
            return {"is": "link", "target": standing.target}
        case Folder():
            rights = {"mode": standing.mode, "owner": standing.owner, "group": standing.group}
            return {"is": "folder", **rights}
        case Other():
            return {"is": "other", "what": standing.what}


def _standing(said: Mapping[str, Any], give: Give) -> Standing:
    match said["is"]:
        case "absent":
            return Absent()
        case "file":
            content = None if said["blob"] is None else give(said["blob"])
            sha256 = bytes.fromhex(said["sha256"])
            changed = float(said["changed"])
            return File(sha256, int(said["mode"]), str(said["owner"]), str(said["group"]), content, changed)
        case "link":
            return Link(str(said["target"]))
        case "folder":
            return Folder(int(said["mode"]), str(said["owner"]), str(said["group"]))
        case "other":
            return Other(str(said["what"]))
    raise ValueError(f"nobody knows what `{said['is']}` is")
