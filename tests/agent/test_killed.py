"""Killed at any operation on the disk, the agent leaves every file wholly old or wholly new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import program
from tests.agent.asking import (
    ABSENT,
    Reply,
    ask,
    file_of,
    folder,
    link,
    new_run,
    parse,
    remove,
    request,
    started,
    tree,
    write,
)
from tests.agent.test_state import wait_for_lock

OPERATIONS = "open mkdir rename link symlink unlink rmdir fsync fchown fchmod ftruncate pwrite fork"

FATAL = """
import os, signal
_left, _both, _first = %d, %r, os.getpid()
def _deadly(real):
    def operation(*given, **more):
        global _left
        _left -= 1
        if not _left:
            if _both and os.getpid() != _first:
                os.kill(_first, signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)
    return operation
for _name in "%s".split():
    setattr(os, _name, _deadly(getattr(os, _name)))
"""
"""Stands before the agent's text: the process that comes to the n-th operation is killed before it."""

OLD = file_of(b"old\n")


def prepared(top: Path) -> None:
    top.mkdir(mode=0o755)
    for name in ("kept", "gone", "linked"):
        (top / name).write_bytes(b"old\n")
        (top / name).chmod(0o644)


def changes(top: Path) -> list[dict[str, Any]]:
    return [
        write(top / "kept", 0, OLD, verify=["true"], mode=0o600),
        folder(top / "d", mode=0o700),
        write(top / "d/new", 1),
        link(top / "linked", "kept", OLD),
        remove(top / "gone", OLD),
    ]


def killed_at(operation: int, sent: bytes, both: bool) -> Reply | None:
    """Give the reply, or None where the agent itself was killed: alone, or `both` of its processes."""
    text = (FATAL % (operation, both, OPERATIONS)).encode() + program()
    with started(size=len(text)) as agent:
        output, _ = agent.communicate(text + sent, timeout=60)
    return None if agent.returncode else parse(output)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("both", [False, True], ids=["the one that works", "both processes"])
def test_G10_killed_anywhere_each_path_is_wholly_old_or_wholly_new(both: bool, tmp_path: Path) -> None:
    """Every operation in turn; then the same run is asked for again, and tells the truth."""
    whole = {
        "kept": (("0o100644", b"old\n"), ("0o100600", b"new\n")),
        "d": (None, ("0o40700", None)),
        "d/new": (None, ("0o100644", b"two\n")),
        "linked": (("0o100644", b"old\n"), ("0o120777", Path("kept"))),
        "gone": (("0o100644", b"old\n"), None),
    }
    fates: list[tuple[bool, str]] = []
    for operation in range(1, 400):
        top, state = tmp_path / f"top{operation}", tmp_path / f"state{operation}"
        prepared(top)
        sent = request(state, changes(top), [], [b"new\n", b"two\n"], {"run": new_run()})
        first = killed_at(operation, sent, both)
        if state.joinpath("lock").exists():
            wait_for_lock(state)
        mixed = tree(top)
        again = ask(sent)
        after = tree(top)
        fates.append((first is None, again.state))

        assert {name for name in mixed if ".nowfab-" not in name} <= set(whole)
        for name, sides in whole.items():
            assert mixed.get(name) in sides, (operation, name)
            assert after.get(name) in sides, (operation, name)
        assert [] == [name for name in after if ".nowfab-" in name]
        assert [] == list(state.glob("*/new"))
        made = [name for name, sides in whole.items() if after.get(name) == sides[1]]
        assert len(again.did) <= len(made) <= len(again.did) + (again.state == "failed")
        assert (again.state == "applied") == (len(again.did) == len(whole))
        if first is not None and first.state == "applied":
            break

    # who dies before the first change is applied when asked again, who dies in the middle is not
    assert {(True, "applied"), (both, "failed"), (False, "applied")} <= set(fates)
    assert len(fates) > 40


def test_a_run_that_was_ended_half_way_says_how_far_it_came(tmp_path: Path) -> None:
    """The third of five changes is the last that is known; nothing is made a second time."""
    top, state = tmp_path / "top", tmp_path / "state"
    prepared(top)
    wanted = changes(top)
    wanted[3] = {"do": "run", "argv": ["sh", "-c", "kill -9 $PPID"], "undo": None, "stdin": None}
    sent = request(state, wanted, [{"ask": "path", "path": str(top / "gone")}], [b"new\n", b"two\n"])
    first, again = ask(sent), ask(sent)

    assert ("failed", 3, ["changed"] * 3) == (first.state, first.said["failed"], first.did)
    assert "the agent was ended in the middle" in first.reason
    assert (first.said, ABSENT["is"]) == (again.said | {"answers": first.answers}, "absent")
    assert "file" == first.answers[0]["is"]


def test_what_a_dead_run_left_beside_a_file_is_swept_by_the_next(tmp_path: Path) -> None:
    """Half a temporary file has a name of ours; another run removes it, whatever it does itself."""
    for operation in range(1, 400):
        top, state, run = tmp_path / f"top{operation}", tmp_path / f"state{operation}", new_run()
        prepared(top)
        sent = request(state, changes(top), [], [b"new\n", b"two\n"], {"run": run})
        killed_at(operation, sent, both=True)
        if list(top.glob(".nowfab-*")):
            break
    left = [path.name for path in top.glob(".nowfab-*")]
    ask(request(state, [folder(top / "other")]))

    assert ([f".nowfab-{run}-0"], []) == (left, list(top.glob(".nowfab-*")))
    assert (top / "other").is_dir()
