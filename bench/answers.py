"""Read what each peer collected, so that all are held to the same: right bytes from every node."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

from bench.works import Work

Answers = Mapping[str, bytes]
"""A node's standard output by its address; a node that failed has none, or a wrong one."""


def failures(work: Work, answers: Answers, code: int) -> int:
    """Count the nodes that live and have not answered rightly, and those that cannot have answered."""
    if work.sha256 is None:
        return 0 if code == 0 else len(work.alive)
    right = sum(hashlib.sha256(answers.get(node, b"")).hexdigest() == work.sha256 for node in work.alive)
    return len(work.alive) - right + sum(bool(answers.get(node)) for node in work.dead)


def alone(work: Work, out: Path) -> Answers:
    """Read standard output as that of the only node."""
    return {work.alive[0]: (out / "stdout").read_bytes()}


def folder(work: Work, out: Path) -> Answers:
    """Read a file per node."""
    return {path.name: path.read_bytes() for path in (out / "nodes").iterdir()}


def prefixed(work: Work, out: Path) -> Answers:
    """Read lines that begin with `node: `."""
    found: dict[str, list[bytes]] = {}
    with (out / "stdout").open("rb") as file:
        for line in file:
            node, _, rest = line.partition(b": ")
            found.setdefault(node.decode(errors="replace"), []).append(rest)
    return {node: b"".join(lines) for node, lines in found.items()}


def nowfab(work: Work, out: Path) -> Answers:
    """Read nowfab's JSON, which must have one row per node, in order, and tell the dead by name."""
    rows = json.loads((out / "stdout").read_bytes())["results"]
    if [row["node"] for row in rows] != list(work.targets):
        return {}
    wrong = {row["node"]: b"?" for row in rows if row["node"] in work.dead and row["status"] != "unreachable"}
    return {row["node"]: _bytes(row["stdout"]) for row in rows if row["status"] == "ok"} | wrong


def _bytes(shown: str | dict[str, str]) -> bytes:
    return shown.encode() if isinstance(shown, str) else base64.b64decode(shown["base64"])


def ansible(work: Work, out: Path) -> Answers:
    """Read blocks below lines such as `node | CHANGED | rc=0 >>`; it ends each with one more newline."""
    data = (out / "stdout").read_bytes()
    begins = rb"^(\S+) \| (?:(CHANGED) \| rc=0 >>\n|\S+ \| rc=|UNREACHABLE! =>)|^\[(?:ERROR|WARNING)\]: "
    heads = list(re.finditer(begins, data, re.M))
    ends = [head.start() for head in heads[1:]] + [len(data)]
    return {
        head[1].decode(): data[head.end() : end].removesuffix(b"\n")
        for head, end in zip(heads, ends, strict=True)
        if head[2]
    }


def pyinfra(work: Work, out: Path) -> Answers:
    """Read lines such as `[node] text`, filled up with blanks to the longest name behind the bracket."""
    longest = max(map(len, work.targets))
    found: dict[str, list[bytes]] = {}
    for name in ("stdout", "stderr"):
        with (out / name).open("rb") as file:
            for line in file:
                head = re.match(rb"\[(\S+)\] ", line)
                if head:
                    text = line[longest + 3 :]
                    found.setdefault(head[1].decode(), []).append(text)
    return {node: b"".join(lines) for node, lines in found.items()}
