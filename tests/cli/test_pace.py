"""How a run goes about its nodes, as the person at the terminal sees it; the nodes are this computer."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, Program, type_into

FIVE = ("-w", "n[1-5]")


@pytest.fixture
def ledger(project: Path) -> Path:
    """Make n1 to n5 this computer, and name a file in which their commands count."""
    (project / "groups" / "nodes.yaml").write_text("nodes:\n  n[1-5]: {local: true}\n")
    return project / "ledger"


def rows(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    results = json.loads(done.stdout)["results"]
    assert isinstance(results, list)
    return results


def test_fail_fast_begins_nobody_after_the_first_failure(nowfab: Program, ledger: Path) -> None:
    """The canary is there for the others."""
    command = f"echo x >> {ledger}; test $(wc -l < {ledger}) -lt 2"
    done = nowfab("run", command, *FIVE, "--serial", "1", "--fail-fast", "--format", "json")

    assert ["ok", "failed", *["cancelled"] * 3] == [row["status"] for row in rows(done)]
    assert "stopped at the first node that did not end well, n2" == rows(done)[2]["reason"]
    assert (4, "x\nx\n") == (done.returncode, ledger.read_text())


def test_waves_go_one_after_the_other(nowfab: Program, ledger: Path) -> None:
    """Two at a time: the third begins when the first two have ended."""
    done = nowfab("run", f"echo b >> {ledger}; sleep 0.3; echo e >> {ledger}", *FIVE, "--serial", "2")

    assert (0, "bbee" + "bbee" + "be") == (done.returncode, ledger.read_text().replace("\n", ""))


def test_a_node_goes_again_until_it_ends_well(nowfab: Program, ledger: Path) -> None:
    """A flaky mirror, a node that is still booting."""
    command = f"echo x >> {ledger}; test $(wc -l < {ledger}) -ge 3"
    done = nowfab("run", command, "-w", "n1", "--retry", "5", "--retry-delay", "0.1", "--format", "json")

    assert [("ok", 3)] == [(row["status"], row["attempts"]) for row in rows(done)]
    assert (0, 3) == (done.returncode, len(ledger.read_text().split()))


def test_the_deadline_stops_what_runs_and_begins_nothing(nowfab: Program, ledger: Path) -> None:
    """Whoever has five minutes gets rows after five minutes."""
    done = nowfab(
        "run", "sleep 50", *FIVE, "--serial", "2", "--deadline", "2", "--retry", "9", "--format", "json"
    )

    assert [*["stopped"] * 2, *["cancelled"] * 3] == [row["status"] for row in rows(done)]
    assert {"stopped by --deadline, after 2 s"} == {row["reason"] for row in rows(done)}
    assert 4 == done.returncode


def test_ctrl_c_ends_the_wait_for_the_next_try(ledger: Path) -> None:
    """Nobody waits an hour for a program to notice."""
    words = ["run", f"echo x >> {ledger}; false", "-w", "n1", "--retry", "9", "--retry-delay", "3600"]
    process = subprocess.Popen(
        [sys.executable, "-m", "nowfab", *words],
        cwd=ledger.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not ledger.exists() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=60)

    assert (130, "x\n") == (process.returncode, ledger.read_text())
    assert "failed" in out or "stopped" in out  # the first try may still be on its way out


def test_picked_nodes_are_named(nowfab: Program, ledger: Path) -> None:
    """A sample is worth nothing when nobody knows of whom."""
    done = nowfab("run", "true", *FIVE, "--pick", "2", "--format", "json")
    names = [str(row["node"]) for row in rows(done)]

    assert (2, sorted(names)) == (len(set(names)), names)
    assert done.stderr.startswith("picked 2 of 5: n[")
    assert 5 == len(rows(nowfab("run", "true", *FIVE, "--pick", "9", "--format", "json")))


@pytest.mark.parametrize(("answer", "code", "ran"), [("yes\n", 0, "x\n" * 5), ("no\n", 1, "")])
def test_a_confirmed_run_asks_first(ledger: Path, tmp_path: Path, answer: str, code: int, ran: str) -> None:
    """What it is about to do, and to whom, stands above the question."""
    ledger.touch()
    ended, shown = type_into(
        ledger.parent, tmp_path, answer, "run", f"echo x >> {ledger}", *FIVE, "--confirm"
    )

    assert (code, ran) == (ended, ledger.read_text())
    assert f"run `echo x >> {ledger}` on 5 nodes: n[1-5]" in shown.replace("\r\n", "")
    assert code == 0 or "not confirmed; nothing was sent" in shown


def test_without_a_terminal_nothing_is_confirmed(nowfab: Program, ledger: Path) -> None:
    """A script that says --confirm must not hang, and must not go on."""
    done = nowfab("run", f"echo x >> {ledger}", *FIVE, "--confirm")

    assert (1, False) == (done.returncode, ledger.exists())
    assert "`--confirm` asks on a terminal, and there is none; nothing was sent" in done.stderr


def test_a_dry_run_tells_the_waves(nowfab: Program, ledger: Path) -> None:
    """And asks nothing."""
    done = nowfab("run", "uptime", *FIVE, "--serial", "1,50%", "--confirm", "--dry")

    assert "dry: would run `uptime` on 5 nodes, in waves of 1,50%: n[1-5]\n" == done.stdout
