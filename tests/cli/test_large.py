"""Large outputs come home whole, in little memory."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.plugins.sshd_fleet import SshdFleet

LINES = 400_000
LINE = "line %015.0f of many"
LIMIT = 200 * 1024
"""KiB of memory that the whole may take."""


def test_C13_ten_megabytes_from_each_of_twenty_nodes_in_json(sshd_fleet: SshdFleet, project: Path) -> None:
    """One Pi controls twenty: what they print lies in files, not in its memory."""
    nodes = sshd_fleet(20, together=10)
    entries = "".join(
        f"  {node.name}: {{address: {node.address}, port: {node.port}, identity: {node.identity}}}\n"
        for node in nodes
    )
    (project / "groups" / "nodes.yaml").write_text(f"defaults: {{user: {nodes[0].user}}}\nnodes:\n{entries}")
    home = project / "home"
    (home / ".ssh").mkdir(parents=True)
    (home / ".ssh" / "known_hosts").write_bytes(Path(str(nodes[0].known_hosts)).read_bytes())
    answer = project / "answer.json"
    argv = ["run", f"seq -f '{LINE}' 1 {LINES}", "-w", "red[01-20]", "--format", "json"]
    with answer.open("wb") as out:
        program = subprocess.Popen(
            [sys.executable, "-m", "nowfab", *argv],
            cwd=project,
            env={**os.environ, "HOME": str(home)},
            stdin=subprocess.DEVNULL,
            stdout=out,
        )
        _, status, usage = os.wait4(program.pid, 0)
        program.returncode = os.waitstatus_to_exitcode(status)
    rows = json.loads(answer.read_bytes())["results"]
    whole = "".join(f"line {number:015} of many\n" for number in range(1, LINES + 1)).encode()
    peak = usage.ru_maxrss // (1024 if sys.platform == "darwin" else 1)

    assert 10_000_000 < len(whole)
    assert (0, 20) == (program.returncode, len(rows))
    assert {hashlib.sha256(whole).digest()} == {
        hashlib.sha256(row["stdout"].encode()).digest() for row in rows
    }
    assert peak < LIMIT
