"""The same input for every node: whole, or the program never starts."""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path

import pytest

from nowfab.blobs import Blob, MemoryBlob, Secret
from nowfab.inventory.node import Node
from nowfab.remote import PLAIN, Shape
from nowfab.results import Status
from nowfab.work.command import command, with_password
from tests.faults.conftest import Relayed, loop, relayed  # noqa: F401 - fixtures
from tests.machines.conftest import Controller


def given(text: str, *blobs: Blob, timeout: float | None = None) -> object:
    return command(text, timeout, PLAIN, blobs)


@pytest.mark.parametrize("local", [False, True])
def test_C14_every_node_gets_every_byte(
    controller: Controller, sshd_nodes: tuple[Node, ...], local: bool
) -> None:
    """Output flows back while input flows out; neither may wait for the other for ever."""
    data = os.urandom(6_000_001)
    nodes = [Node(f"here{i}", local=True) for i in range(3)] if local else sshd_nodes
    report = controller.run(nodes, given("cat", MemoryBlob(data[:7]), MemoryBlob(data[7:])))  # type: ignore[arg-type]

    assert [(Status.OK, hashlib.sha256(data).digest())] * len(nodes) == [
        (row.status, row.stdout.sha256) for row in report.results
    ]


@pytest.mark.parametrize("local", [False, True])
def test_C7_a_program_that_reads_nothing_is_still_stopped(
    controller: Controller, sshd_nodes: tuple[Node, ...], local: bool
) -> None:
    """Input that lies unread in a pipe would keep the leash's end behind it."""
    node = Node("here", local=True) if local else sshd_nodes[0]
    result = controller.one(node, given("sleep 60", MemoryBlob(bytes(5_000_000)), timeout=2))  # type: ignore[arg-type]

    assert (Status.TIMED_OUT, "TERM") == (result.status, result.signal)


def test_C4_half_an_input_is_never_taken_for_the_whole(
    controller: Controller,
    sshd_nodes: tuple[Node, ...],
    relayed: Relayed,  # noqa: F811
    tmp_path: Path,
) -> None:
    """`cat > file` acts on the end of its input: after a cut it must not see one."""
    from tests.faults.relay import Toxics

    for limit in (200_000, 900_000):
        node, _ = relayed(sshd_nodes[0], up=Toxics(limit_data=limit))
        job = given(f"cat > {tmp_path}/f; echo whole > {tmp_path}/g", MemoryBlob(bytes(3_000_000)))
        result = controller.one(node, job)  # type: ignore[arg-type]

        assert (Status.LOST, False) == (result.status, (tmp_path / "g").exists())


@pytest.mark.parametrize("asks", [True, False])
def test_the_password_goes_first_and_the_input_after_it(
    controller: Controller, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asks: bool
) -> None:
    """sudo that asks, and sudo that has changed its mind since it was tried."""
    sudo = tmp_path / "sudo"
    ask = 'printf %s "$3" >&2; read -r p; [ "$p" = s3cret ] || exit 1;' if asks else ""
    sudo.write_text(
        f'#!/bin/sh\n[ "$1" = -n ] && exit 1\n{ask}\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n'
    )
    sudo.chmod(sudo.stat().st_mode | stat.S_IXUSR)
    tokens = iter(["prompt-4711", "ready-4711"])
    data = os.urandom(300_000)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.delenv("SHELL", raising=False)  # as under cron; sshd always sets it
    work = with_password(
        "cat", 20, Shape(sudo=True), Secret("s3cret"), lambda: next(tokens), (MemoryBlob(data),)
    )
    result = controller.one(Node("here", local=True), work)

    assert (Status.OK, hashlib.sha256(data).digest(), 0) == (
        result.status,
        result.stdout.sha256,
        result.stderr.size,
    )
