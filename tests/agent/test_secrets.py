"""A secret that a plan writes is in that file alone: in no log, result or reason, nor as its hash."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import program
from tests.agent.asking import Reply, ask, file_of, me, request, run, sha256, started, write
from tests.agent.test_state import wait_for

CANARY = b"hunter2-canary"
TELLS = (CANARY, sha256(CANARY).encode())
TALKS = ["sh", "-c", 'cat "$1" >&2; cat "$1"; exit 1', "talk"]


def said_or_kept(state: Path, reply: Reply) -> bytes:
    """Give all that the agent wrote down or sent home."""
    kept = [path.read_bytes() for path in state.rglob("*") if path.is_file()]
    return b"".join([*kept, *reply.blobs, repr(reply.said).encode()])


def cases(top: Path) -> dict[str, tuple[list[dict[str, Any]], list[bytes]]]:
    secret = {"secret": True, "mode": 0o600}
    path = top / "psk"
    return {
        "written": ([write(path, **secret)], [CANARY]),
        "written over": ([write(top / "old", was=file_of(CANARY, 0o600), **secret)], [b"other"]),
        "refused by check": ([write(path, check=[*TALKS, "{}"], **secret)], [CANARY]),
        "refused by verify": ([write(path, verify=[*TALKS, str(path)], **secret)], [CANARY]),
        "conflict": ([write(top / "old", was=file_of(b"else", 0o600), **secret)], [b"other"]),
        "given to a program": ([run("sh", "-c", "cat >&2; exit 1", stdin=0)], [CANARY]),
        "before one that fails": ([write(path, **secret), run("false")], [CANARY]),
    }


@pytest.mark.parametrize("case", list(cases(Path("/"))))
def test_D11_a_secret_is_nowhere_but_in_its_file(case: str, top: Path, state: Path) -> None:
    """Whatever becomes of the run; a short passphrase can be guessed from its sha256."""
    (top / "old").write_bytes(CANARY)
    (top / "old").chmod(0o600)
    wanted, blobs = cases(top)[case]
    question = {"ask": "path", "path": str(top / "psk"), "content": False}
    reply = ask(request(state, wanted, [question], blobs))
    # the answer to a question is for the controller, which has the secret
    found = said_or_kept(state, Reply(reply.run, reply.said | {"answers": []}, reply.blobs))

    assert [] == [tell for tell in TELLS if tell in found]
    assert [] == list(state.glob("*/new"))


def test_a_secret_file_is_never_open_to_others(top: Path, state: Path) -> None:
    """Not even for the moment between its bytes and its mode, nor while it is staged."""
    umask = os.umask(0)
    try:
        staged = 'stat -c %a "$1" "$(dirname "$1")" >"$2"'
        check = ["sh", "-c", staged, "check", "{}", str(top / "modes")]
        reply = ask(request(state, [write(top / "psk", secret=True, mode=0o600, check=check)], [], [CANARY]))
    finally:
        os.umask(umask)

    assert ("applied", "600\n700\n") == (reply.state, (top / "modes").read_text())


def test_D11_a_secret_is_in_no_process_list(top: Path, state: Path) -> None:
    """Any user of the node can read the arguments of each process."""
    begun, go = top / "begun", top / "go"
    script = f"touch {begun}; until [ -e {go} ]; do sleep 0.05; done"
    changes = [write(top / "psk", secret=True, mode=0o600), run("sh", "-c", script, stdin=1)]
    with started() as agent:
        assert agent.stdin
        agent.stdin.write(program() + request(state, changes, [], [CANARY, CANARY]))
        agent.stdin.close()
        wait_for(begun)
        listed = subprocess.run(["ps", "axeww"], capture_output=True, check=True, timeout=60).stdout
        go.touch()
        assert agent.stdout
        agent.stdout.read()

    assert CANARY not in listed
    assert str(begun).encode() in listed


def test_a_look_at_a_secret_file_sends_no_content(top: Path, state: Path) -> None:
    """`content: false` keeps the bytes on the node; without it they come home."""
    (top / "psk").write_bytes(CANARY)
    (top / "psk").chmod(0o600)
    question = {"ask": "path", "path": str(top / "psk")}
    reply = ask(request(state, [], [{**question, "content": False}, question]))

    assert ([CANARY], [None, 0]) == (reply.blobs, [each["blob"] for each in reply.answers])
    assert {"mode": 0o600, **me()} == {name: reply.answers[0][name] for name in ("mode", "owner", "group")}
    assert reply.answers[0]["changed"] <= time.time() + 1
