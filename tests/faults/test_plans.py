"""Plans over real connections: as few execs as can be, and one node's trouble is nobody else's."""

from __future__ import annotations

import asyncio
import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from asyncssh import SSHWriter

from nowfab.inventory.node import Node
from tests.cli.conftest import ROOT
from tests.faults.conftest import Serve
from tests.faults.server import Behaviour, Faulty, Process

Apply = Callable[..., subprocess.CompletedProcess[str]]
ApplyTo = Callable[[list[Faulty], str], Apply]

PLAN = """\
title: three steps
steps:
  - folder: {path: "ROOT/{{ node.name }}/www", mode: "0755"}
  - run: {argv: [touch, "ROOT/{{ node.name }}/ran"], creates: "ROOT/{{ node.name }}/ran"}
  - file: {path: "ROOT/{{ node.name }}/www/index", content: "{{ node.name }}\\n"}
"""


GUARDED = """\
title: keys
steps:
  - folder: {path: "ROOT/{{ node.name }}/.ssh", mode: "0700"}
  - file: {path: "ROOT/{{ node.name }}/.ssh/authorized_keys", content: "none\\n"}
"""


async def run_here(process: Process) -> None:
    """Run the command on this computer, as a node would."""
    pipe = asyncio.subprocess.PIPE
    child = await asyncio.create_subprocess_shell(
        process.command or "", stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )
    assert child.stdin
    assert child.stdout
    assert child.stderr
    feeding = asyncio.ensure_future(_feed(process, child.stdin))
    await asyncio.gather(_show(child.stdout, process.stdout), _show(child.stderr, process.stderr))
    code = await child.wait()
    feeding.cancel()
    process.exit(code)


async def _feed(process: Process, sink: asyncio.StreamWriter) -> None:
    with suppress(BrokenPipeError, ConnectionResetError):
        while data := await process.stdin.read(65536):
            sink.write(data)
            await sink.drain()
    sink.close()


async def _show(source: asyncio.StreamReader, sink: SSHWriter[bytes]) -> None:
    while data := await source.read(65536):
        sink.write(data)


async def guard_here(process: Process) -> None:
    """Be a node that guards what it is told to: here only in its words, for this computer's systemd is ours.

    The changes are made by the real agent as it makes all others, and its answers are its own.
    """
    size = int((process.command or "").partition("buffer.read(")[2].partition(")")[0])
    program = await process.stdin.readexactly(size)
    header = json.loads(await process.stdin.readexactly(int(await process.stdin.readexactly(11))))
    blobs = await process.stdin.readexactly(sum(blob["size"] for blob in header["blobs"]))
    said = {"arm": "armed", "confirm": "confirmed"}.get(header["verb"])
    if said:
        header["verb"] = "exchange"
    text = json.dumps(header).encode()
    child = await asyncio.create_subprocess_shell(
        process.command or "",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    assert child.stdin
    assert child.stdout
    child.stdin.write(program + b"%010d\n" % len(text) + text + blobs)
    reply = await child.stdout.read()
    await child.wait()
    process.stdout.write(_saying(said, reply) if said else reply)
    process.exit(0)


def _saying(state: str, reply: bytes) -> bytes:
    """Give an agent's reply with another state."""
    magic, _, body = reply.partition(b"\n")
    end = 11 + int(body[:10])
    text = json.dumps({**json.loads(body[11:end]), "state": state}).encode()
    body = b"%010d\n" % len(text) + text + body[end:]
    run = magic.split()[1]
    return b"\0nowfab1 %s %d %s\n" % (run, len(body), hashlib.sha256(body).hexdigest().encode()) + body


@pytest.fixture
def fleet(serve: Serve, tmp_path: Path) -> list[Faulty]:
    """Five nodes that are this computer, each with a folder of its own."""
    found = [serve(Behaviour(act=run_here)) for _ in range(5)]
    for faulty in found:
        (tmp_path / "root" / faulty.node.name).mkdir(parents=True)
    return found


@pytest.fixture
def apply(fleet: list[Faulty], apply_to: ApplyTo) -> Apply:
    """Give a function that applies PLAN to all nodes, with these flags."""
    return apply_to(fleet, PLAN)


@pytest.fixture
def apply_to(tmp_path: Path) -> ApplyTo:
    """Give a function that makes one that applies a plan to nodes."""
    return partial(_apply_to, tmp_path)


def _apply_to(tmp_path: Path, fleet: list[Faulty], plan: str) -> Apply:
    nodes = [faulty.node for faulty in fleet]
    project, home = tmp_path / "project", tmp_path / "person"
    (project / "groups").mkdir(parents=True)
    (home / ".ssh").mkdir(parents=True)
    known = (Path(node.known_hosts or "").read_text() for node in nodes)
    (home / ".ssh" / "known_hosts").write_text("".join(known))
    (project / "groups" / "clusters").write_text(f"red {' '.join(node.name for node in nodes)}\n")
    (project / "groups" / "nodes.yaml").write_text("nodes:\n" + "".join(map(_entry, nodes)))
    (project / "plan.yaml").write_text(plan.replace("ROOT", str(tmp_path / "root")))

    def call(*words: str) -> subprocess.CompletedProcess[str]:
        state = f"{tmp_path}/root/{{{{ node.name }}}}/state"
        flags = ("-g", "red", "--no-sudo", "--state", state, "--host-keys", "strict", *words)
        return subprocess.run(
            [sys.executable, "-m", "nowfab", "apply", "plan.yaml", *flags],
            cwd=project,
            env={"HOME": str(home), "PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
        )

    return call


def _entry(node: Node) -> str:
    said = f"address: {node.address}, port: {node.port}, user: {node.user}, identity: {node.identity}"
    return f"  {node.name}: {{{said}}}\n"


def statuses(answer: subprocess.CompletedProcess[str]) -> list[str]:
    assert answer.stdout, answer.stderr
    return [line.split()[1] for line in answer.stdout.splitlines()[2:]]


def test_G1_a_stage_is_an_exec_and_nothing_to_do_is_one(fleet: list[Faulty], apply: Apply) -> None:
    """Each exec is a login's worth of time on a Pi; the look of the next stage comes with the last one."""
    first = apply()
    assert (0, ["changed"] * 5) == (first.returncode, statuses(first))
    assert [3] * 5 == [len(faulty.ledger.execs) for faulty in fleet], "two stages, and the look before"

    again = apply()
    assert (0, ["ok"] * 5) == (again.returncode, statuses(again))
    assert [4] * 5 == [len(faulty.ledger.execs) for faulty in fleet]


def test_G1_a_confirmation_is_one_exec_more_over_a_connection_of_its_own(
    serve: Serve, apply_to: ApplyTo, tmp_path: Path
) -> None:
    """The look, the stage, and who comes anew to confirm it; where all is well, the look alone."""
    fleet = [serve(Behaviour(act=guard_here)) for _ in range(2)]
    for faulty in fleet:
        (tmp_path / "root" / faulty.node.name).mkdir(parents=True)
    apply = apply_to(fleet, GUARDED)
    first = apply()
    assert (0, ["changed"] * 2) == (first.returncode, statuses(first)), first.stdout
    assert [(3, 2)] * 2 == [(len(faulty.ledger.execs), faulty.ledger.entered) for faulty in fleet]

    again = apply()
    assert (0, ["ok"] * 2) == (again.returncode, statuses(again))
    assert [(4, 3)] * 2 == [(len(faulty.ledger.execs), faulty.ledger.entered) for faulty in fleet]


def test_G14_one_node_that_fails_is_alone_and_a_rerun_goes_on(
    fleet: list[Faulty], apply: Apply, tmp_path: Path
) -> None:
    """What was done stays done; who mends the one Pi applies the plan again, and only it changes."""
    name = fleet[2].node.name
    blocked = tmp_path / "root" / name / "www"
    blocked.write_text("a file where a folder is wanted\n")
    first = apply()

    assert (2, ["changed", "changed", "failed", "changed", "changed"]) == (first.returncode, statuses(first))
    assert f"folder {blocked}" in first.stdout
    blocked.unlink()
    again = apply()
    assert (0, ["ok", "ok", "changed", "ok", "ok"]) == (again.returncode, statuses(again))
    assert f"{name}\n" == (blocked / "index").read_text()


def test_G14_max_fail_spares_the_rest(fleet: list[Faulty], apply: Apply, tmp_path: Path) -> None:
    (tmp_path / "root" / fleet[0].node.name / "www").write_text("in the way\n")
    answer = apply("--serial", "1", "--max-fail", "0")

    assert (4, ["failed", *["cancelled"] * 4]) == (answer.returncode, statuses(answer))
    assert [0] * 4 == [len(faulty.ledger.execs) for faulty in fleet[1:]]
