"""The agent's leash: what it looks at ends with its channel, what it has begun to change does not."""

from __future__ import annotations

import fcntl
import subprocess
import sys
import time
from pathlib import Path

from nowfab.plan.program import program
from tests.agent.asking import ABSENT, request

BOOTSTRAP = f"import sys;LEASH=1;TEXT=sys.stdin.buffer.read({len(program())});exec(TEXT)"
PROMPT = 10.0
"""Seconds within which something must happen that takes a moment; a program of a test would take a minute."""


def leashed() -> subprocess.Popen[bytes]:
    """Start an agent as sshd does: in a session of its own, its input held open by whoever started it."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-IS", "-c", BOOTSTRAP], stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True
    )


def send(agent: subprocess.Popen[bytes], sent: bytes) -> None:
    assert agent.stdin
    agent.stdin.write(program() + sent)
    agent.stdin.flush()


def wait_for(path: Path) -> None:
    until = time.monotonic() + PROMPT
    while not path.exists():
        assert time.monotonic() < until, f"{path.name} never came"
        time.sleep(0.01)


def slowly(path: Path, after: Path) -> list[str]:
    return ["sh", "-c", f"echo $$ >{path}.new; mv {path}.new {path}; sleep 60; : >{after}"]


def test_a_look_ends_with_its_channel(top: Path, state: Path) -> None:
    with leashed() as agent:
        look = {"ask": "output", "argv": slowly(top / "begun", top / "after")}
        send(agent, request(state, [], [look]))
        wait_for(top / "begun")
        began = time.monotonic()
        assert agent.stdin
        agent.stdin.close()
        agent.wait(PROMPT)

        assert (-15, True) == (agent.returncode, time.monotonic() - began < PROMPT)


def test_C7_changes_that_have_begun_go_on_without_their_channel(top: Path, state: Path) -> None:
    """The leash must not reach them: half a stage is what nobody has thought about."""
    begun, go, done = top / "begun", top / "go", top / "done"
    argv = ["sh", "-c", f": >{begun}; until [ -e {go} ]; do sleep 0.01; done; : >{done}"]
    change = {"do": "run", "argv": argv, "undo": None, "stdin": None, "was": {}}
    write = {"do": "write", "path": str(top / "f"), "blob": 0, "mode": 0o644, "owner": "", "group": ""}
    write |= {"was": ABSENT, "secret": False, "check": [], "verify": []}
    with leashed() as agent:
        send(agent, request(state, [change, write], [], [b"whole"]))
        wait_for(begun)
        assert agent.stdin
        agent.stdin.close()
        agent.wait(PROMPT)
    go.touch()
    wait_for(done)
    wait_for(top / "f")

    assert b"whole" == (top / "f").read_bytes()


def test_nothing_of_the_leash_stays_behind_or_holds_the_lock(top: Path, state: Path) -> None:
    """The next request comes over the same connection at once, and must not find this one's lock taken."""
    write = {"do": "write", "path": str(top / "f"), "blob": 0, "mode": 0o644, "owner": "", "group": ""}
    write |= {"was": ABSENT, "secret": False, "check": [], "verify": []}
    with leashed() as agent:
        send(agent, request(state, [write], [], [b"whole"]))
        assert agent.stdout
        agent.stdout.read()  # ends only when nobody holds it any more
        agent.wait(PROMPT)
        with (state / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)

        assert 0 == agent.returncode
