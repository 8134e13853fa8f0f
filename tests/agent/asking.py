"""Ask the agent as a node does: its joined text in a Python of its own, all on standard input.

Shares no code with nowfab.plan: what both sides say to each other is written down here a second time.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nowfab.plan.program import program

ABSENT = {"is": "absent"}
MAGIC = re.compile(rb"\0nowfab1 (\S+) ([0-9]+) ([0-9a-f]{64})\n")
_COUNT = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent wrote after its magic line; `noise` came before it."""

    run: str
    said: dict[str, Any]
    blobs: list[bytes]
    noise: bytes = b""

    @property
    def state(self) -> str:
        return self.said["state"]

    @property
    def reason(self) -> str:
        return self.said["reason"]

    @property
    def did(self) -> list[str]:
        return [each["did"] for each in self.said["made"]]

    @property
    def answers(self) -> list[dict[str, Any]]:
        return self.said["answers"]


def new_run() -> str:
    return f"20261123T083412Z-{next(_COUNT):08x}"


def request(
    state: Path | str,
    changes: Sequence[dict[str, Any]] = (),
    questions: Sequence[dict[str, Any]] = (),
    blobs: Sequence[bytes] = (),
    header: Mapping[str, Any] | None = None,
) -> bytes:
    """Give the bytes that come behind the agent's own text."""
    said = {
        "nowfab": 1,
        "run": new_run(),
        "verb": "exchange",
        "state": str(state),
        "title": "three files",
        "who": "anna@laptop",
        "limit": 1048576,
        "blobs": [{"size": len(blob), "sha256": sha256(blob)} for blob in blobs],
        "changes": list(changes),
        "questions": list(questions),
    }
    text = json.dumps(said | dict(header or {})).encode("ascii")
    return b"%010d\n" % len(text) + text + b"".join(blobs)


def started(
    python: str = sys.executable, env: Mapping[str, str] | None = None, size: int = 0
) -> subprocess.Popen[bytes]:
    """Start a Python that waits for the agent's text."""
    bootstrap = f"import sys;TEXT=sys.stdin.buffer.read({size or len(program())});exec(TEXT)"
    return subprocess.Popen(
        [python, "-IS", "-c", bootstrap],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **(env or {})},
    )


def ask(
    sent: bytes, python: str = sys.executable, env: Mapping[str, str] | None = None, text: bytes = b""
) -> Reply:
    """Send a request and read the reply; it must end well, and say nothing else."""
    text = text or program()
    with started(python, env, len(text)) as agent:
        output, errors = agent.communicate(text + sent, timeout=60)
    assert (b"", 0) == (errors, agent.returncode)
    return parse(output)


def parse(output: bytes) -> Reply:
    magic = MAGIC.search(output)
    assert magic, output
    body = output[magic.end() :]
    assert (int(magic[2]), magic[3].decode()) == (len(body), sha256(body))
    end = 11 + int(body[:10])
    said = json.loads(body[11:end])
    blobs = []
    for size in said["blobs"]:
        blobs.append(body[end : end + size])
        end += size
    assert (len(body), magic[1].decode()) == (end, said["run"])
    return Reply(said["run"], said, blobs, output[: magic.start()])


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def me() -> dict[str, str]:
    import grp
    import pwd

    return {"owner": pwd.getpwuid(os.geteuid()).pw_name, "group": grp.getgrgid(os.getegid()).gr_name}


def write(path: Path | str, blob: int = 0, was: Mapping[str, Any] = ABSENT, **other: Any) -> dict[str, Any]:
    """Give a change that writes a file of our own."""
    rights = {"mode": 0o644, **me()}
    proofs = {"secret": False, "check": [], "verify": []}
    return {"do": "write", "path": str(path), "blob": blob, "was": dict(was), **rights, **proofs, **other}


def link(path: Path, target: str, was: Mapping[str, Any] = ABSENT) -> dict[str, Any]:
    return {"do": "link", "path": str(path), "target": target, "was": dict(was)}


def folder(path: Path, was: Mapping[str, Any] = ABSENT, mode: int = 0o755, **other: Any) -> dict[str, Any]:
    return {"do": "folder", "path": str(path), "mode": mode, "was": dict(was), **me(), **other}


def remove(path: Path, was: Mapping[str, Any]) -> dict[str, Any]:
    return {"do": "remove", "path": str(path), "was": dict(was)}


def run(*argv: str, stdin: int | None = None) -> dict[str, Any]:
    return {"do": "run", "argv": list(argv), "undo": None, "stdin": stdin}


def file_of(raw: bytes, mode: int = 0o644) -> dict[str, Any]:
    """Give what stands where a file of ours holds these bytes."""
    return {"is": "file", "sha256": sha256(raw), "mode": mode, **me()}


def tree(top: Path) -> dict[str, Any]:
    """Give all that stands below a folder: what it is, what is in it, its mode."""
    found = {}
    for path in sorted(top.rglob("*")):
        mode = path.lstat().st_mode
        content: Any = path.readlink() if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(top))] = (oct(mode), content)
    return found
