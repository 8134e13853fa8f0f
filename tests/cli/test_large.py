"""Large outputs come home whole, in little memory."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

from tests.cli.conftest import ROOT
from tests.plugins.sshd_fleet import SshdFleet

LINES = 400_000
LINE = "line %015.0f of many"
LIMIT = 200 * 1024
"""KiB of memory that the whole may take."""


MEASURED = """
import os, sys
_, status, used = os.wait4(os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ), 0)
print(used.ru_maxrss, file=sys.stderr)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""A small process to start from: a child's peak begins with that of whoever started it."""


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
        done = subprocess.run(
            [sys.executable, "-IS", "-c", MEASURED, sys.executable, "-m", "nowfab", *argv],
            cwd=project,
            env={**os.environ, "HOME": str(home), "PYTHONPATH": str(ROOT)},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            timeout=110,
        )
    rows = json.loads(answer.read_bytes())["results"]
    whole = "".join(f"line {number:015} of many\n" for number in range(1, LINES + 1)).encode()
    peak = int(done.stderr.split()[-1]) // (1024 if sys.platform == "darwin" else 1)

    assert 10_000_000 < len(whole)
    assert (0, 20) == (done.returncode, len(rows))
    assert {hashlib.sha256(whole).digest()} == {
        hashlib.sha256(row["stdout"].encode()).digest() for row in rows
    }
    assert peak < LIMIT
