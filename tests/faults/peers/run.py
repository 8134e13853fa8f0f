"""Run one program over a faulty and a good node, and gather what it said and did."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from nowfab.inventory.node import Node
from tests.faults.peers.judge import Ran, Said
from tests.faults.peers.programs import ROOT, Heard, Program
from tests.faults.peers.stage import Bad, stage
from tests.faults.peers.stimuli import Stimulus

CUT = 20.0
"""Seconds beside those of the command after which a program hangs."""
SETTLES = 4.0
"""Seconds that what was stopped may take to end."""

_TAGS = itertools.count(1)

CONFIG = """
Host {name}
  HostName {node.address}
  Port {node.port}
  User {node.user}
  IdentityFile {node.identity}
"""
FOR_ALL = """
Host *
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  IdentitiesOnly yes
  BatchMode yes
  ConnectTimeout 5
"""


def run(program: Program, stimulus: Stimulus, folder: Path, nodes: tuple[Node, Node]) -> Ran:
    """Let the program meet the stimulus; `nodes` are both well, one to be made bad."""
    with stage(folder, nodes[0]) as at:
        bad = stimulus.start(at)
        _write(folder, bad, nodes[1])
        tag = f"54321.{os.getpid()}{next(_TAGS):04}"
        command = stimulus.command.replace("{mark}", f"{folder}/mark-$PPID").replace("{tag}", tag)
        try:
            return _run(program, command, folder, tag, bad, stimulus.seconds)
        finally:
            _running(tag, end=True)


def _run(program: Program, command: str, folder: Path, tag: str, bad: Bad, allowed: float) -> Ran:
    began = time.monotonic()
    code, heard = _heard(program, command, folder, allowed)
    seconds = time.monotonic() - began
    left = code is not None and bool(_running(tag)) and not _ends(tag)
    said = [_said(program, heard, node) for node in ("bad", "good")]
    runs = len(bad.ledger.execs) if bad.ledger else _most_runs(folder)
    crashed = b"Traceback (most recent call last)" in heard.err and program.name != "Fabric"
    return Ran(said[0], said[1], code, seconds, crashed, runs, left)


def _said(program: Program, heard: Heard, node: str) -> Said:
    try:
        return program.read(heard, node)
    except (ValueError, StopIteration, KeyError):
        return Said("nothing", words=heard.err.decode(errors="replace"))


def _heard(program: Program, command: str, folder: Path, allowed: float) -> tuple[int | None, Heard]:
    """Call the program in a group of its own, and end that group when it hangs."""
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("SSH_")},
        **{name: value.format(folder=folder) for name, value in program.environ.items()},
        "HOME": str(folder / "home"),
        "PYTHONPATH": str(ROOT) if program.name == "nowfab" else "",
    }
    out, err = folder / "stdout", folder / "stderr"
    with out.open("wb") as to, err.open("wb") as errors:
        process = subprocess.Popen(
            program.words(str(program.path), folder, command, f"{allowed:g}"),
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=to,
            stderr=errors,
            start_new_session=True,
        )
        code: int | None = None
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(allowed + CUT)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    return code, Heard(out.read_bytes(), err.read_bytes(), folder)


def _write(folder: Path, bad: Bad, good: Node) -> None:
    """Write what a user would have: an ssh_config, a known_hosts, and groups for nowfab."""
    ssh = folder / "home" / ".ssh"
    ssh.mkdir(parents=True)
    (folder / "groups").mkdir()
    (folder / "groups" / "clusters").write_text("all bad good\n")
    known = "".join(Path(str(node.known_hosts)).read_text() for node in (bad.node, good))
    (folder / "known_hosts").write_text(known)
    more = "".join(f"  {line}\n" for line in bad.config)
    config = CONFIG.format(name="bad", node=bad.node) + more + CONFIG.format(name="good", node=good)
    for file in (folder / "config", ssh / "config"):
        file.write_text(config + FOR_ALL.format(folder=folder))
        file.chmod(0o600)


def _most_runs(folder: Path) -> int:
    """Count how often the command ran on each node, by the sshd that was its parent; both write here."""
    return max(0, len(list(folder.glob("mark-*"))) - 1)


def _ends(tag: str) -> bool:
    until = time.monotonic() + SETTLES
    while time.monotonic() < until:
        if not _running(tag):
            return True
        time.sleep(0.2)
    return False


def _running(tag: str, end: bool = False) -> list[int]:
    """Find the processes of our own command that run on the node, and end them if wanted."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cmdline").read_bytes() == f"sleep\0{tag}\0".encode():
                found.append(int(process.name))
                if end:
                    os.kill(int(process.name), signal.SIGKILL)
    return found
