"""Know how each program is called for two nodes, and how to read what it said of each."""

from __future__ import annotations

import base64
import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import places
from tests.faults.peers.judge import Said

HERE = Path(__file__).parent
ROOT = HERE.parent.parent.parent
CONNECT = "5"
"""Seconds that all are given to connect."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a program wrote."""

    out: bytes
    err: bytes
    folder: Path


@dataclass(frozen=True, slots=True)
class Program:
    """One to be tried: `path` is None where it is not installed; `version` are words that show it.

    `words` is called with its path, the run's folder (config, home), the command and its seconds.
    """

    name: str
    path: str | None
    version: tuple[str, ...]
    words: Callable[[str, Path, str, str], list[str]]
    read: Callable[[Heard, str], Said]
    environ: dict[str, str] = field(default_factory=dict)


def known() -> tuple[Program, ...]:
    """Give nowfab and its peers."""
    fabric = places.program("fabric", "python")
    version = "import fabric, paramiko; print(fabric.__version__, 'with paramiko', paramiko.__version__)"
    ssh = {"PDSH_SSH_ARGS_APPEND": "-F {folder}/config"}
    return (
        Program("nowfab", sys.executable, ("-m", "nowfab", "--version"), _nowfab, _read_nowfab),
        Program("Fabric", fabric, ("-c", version), _fabric, _read_fabric),
        Program("clush", places.program("clustershell", "clush"), ("--version",), _clush, _read_clush),
        Program("pdsh", places.system("pdsh"), ("-V",), _pdsh, _read_pdsh, ssh),
        Program("pssh", places.system("parallel-ssh"), ("--version",), _pssh, _read_pssh),
    )


def _nowfab(path: str, folder: Path, command: str, seconds: str) -> list[str]:
    times = ["--connect-timeout", CONNECT, "--timeout", seconds]
    return [path, "-m", "nowfab", "run", command, "-g", "all", *times, "--format", "json"]


def _read_nowfab(heard: Heard, node: str) -> Said:
    if not heard.out.strip():
        return Said("nothing", words=heard.err.decode(errors="replace"))
    row = next(row for row in json.loads(heard.out)["results"] if row["node"] == node)
    out = row["stdout"]
    data = base64.b64decode(out["base64"]) if isinstance(out, dict) else out.encode()
    status = "ok" if row["status"] == "ok" else "failed"
    words = [row["reason"], f"signal {row['signal']}" if row["signal"] else ""]
    words += [row["status"]] if row["status"] in ("timed-out", "lost") else []
    return Said(status, row["exit_code"], " ".join(words).strip(), data)


def _fabric(path: str, folder: Path, command: str, seconds: str) -> list[str]:
    return [path, str(HERE / "fabric_run.py"), str(folder / "config"), CONNECT, seconds, command]


def _read_fabric(heard: Heard, node: str) -> Said:
    for line in heard.out.splitlines():
        name, code, words, out = json.loads(line)
        if name == node:
            status = "ok" if code == 0 and not words else "failed"
            return Said(status, code, words, base64.b64decode(out))
    return Said("nothing")


def _clush(path: str, folder: Path, command: str, seconds: str) -> list[str]:
    who = ["-w", "bad,good", "-n", "-S", "-t", CONNECT, "-u", seconds]
    return [path, *who, "-o", f"-F {folder}/config", command]


def _read_clush(heard: Heard, node: str) -> Said:
    return _prefixed(heard, node, rf"^clush: \S*\b{node}\b.*$")


def _pdsh(path: str, folder: Path, command: str, seconds: str) -> list[str]:
    return [path, "-R", "ssh", "-S", "-t", CONNECT, "-u", seconds, "-w", "bad,good", command]


def _read_pdsh(heard: Heard, node: str) -> Said:
    return _prefixed(heard, node, rf"^pdsh@[^:]*: {node}: .*$")


def _prefixed(heard: Heard, node: str, own: str) -> Said:
    """Read lines with the node before them; those that match `own` are the program's about it."""
    prefix = f"{node}: ".encode()
    lines = heard.out.split(b"\n")
    out = b"\n".join(line[len(prefix) :] for line in lines if line.startswith(prefix))
    err = heard.err.decode(errors="replace")
    about = re.findall(own, err, re.M)
    code = next(
        (int(n) for line in about for n in re.findall(r"exit(?:ed with exit)? code (\d+)", line)), None
    )
    words = [line for line in about if "exit code" not in line]
    words += [line.removeprefix(f"{node}: ") for line in err.splitlines() if line.startswith(f"{node}: ")]
    if code or any("timeout" in line for line in about):
        return Said("failed", code, " ".join(words), out)
    return Said("ok", 0, " ".join(words), out)


def _pssh(path: str, folder: Path, command: str, seconds: str) -> list[str]:
    files = ["-o", f"{folder}/out", "-e", f"{folder}/err"]
    return [path, "-H", "bad good", "-t", seconds, *files, "-x", f"-F {folder}/config", command]


def _read_pssh(heard: Heard, node: str) -> Said:
    found = re.search(rf"\[(SUCCESS|FAILURE)\] {node}\b(.*)", heard.out.decode(errors="replace"))
    if found is None:
        return Said("nothing")
    out, err = (heard.folder / name / node for name in ("out", "err"))
    said = err.read_text(errors="replace") if err.exists() else ""
    code = re.search(r"error code (\d+)", found[2])
    words = said if code else f"{said} {found[2]}"
    data = out.read_bytes() if out.exists() else b""
    return Said("ok" if found[1] == "SUCCESS" else "failed", int(code[1]) if code else None, words, data)
