"""A plan is looked at, applied and proven through the real agent, in as few execs as can be."""

from __future__ import annotations

import getpass
import hashlib
import json
import subprocess
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

from nowfab.blobs import Blob, MemoryBlob
from nowfab.errors import Place
from nowfab.inventory.node import Node
from nowfab.plan.call import Agent
from nowfab.plan.program import packed
from nowfab.plan.steps import Plan
from nowfab.remote import PLAIN
from nowfab.results import Changed, Result, Status
from nowfab.steps import document
from nowfab.talk import Ending, Exec, Outcome
from nowfab.work.apply import apply
from nowfab.work.asking import Manner

PLAN = """\
title: some things
steps:
  - folder: {{path: {root}/www, mode: "0750"}}
  - file: {{path: {root}/www/motd, content: "hi\\n", mode: "0640"}}
  - block: {{path: {root}/hosts, name: red, content: "192.168.50.2 red02\\n"}}
  - line: {{path: {root}/conf, text: colour = red, instead-of: "^colour"}}
  - link: {{path: {root}/now, to: www}}
  - remove: {{path: {root}/old}}
  - run: {{argv: [touch, {root}/ran], creates: {root}/ran}}
  - file: {{path: {root}/after, content: x}}
"""
RUNS = count()


def build(text: str) -> Plan:
    def source(name: str, place: Place) -> Blob:
        raise AssertionError(name)

    return document.build(document.read(text, "plan.yaml"), lambda text: text.value, source)


class Shell:
    """A node that is this computer: each exec is a shell, whose standard input stays open as a leash."""

    def __init__(self, tamper: Callable[[Exec], Outcome | None] = lambda exec: None) -> None:
        self.execs = 0
        self._tamper = tamper

    def exec(self, exec: Exec) -> Outcome:
        self.execs += 1
        return self._tamper(exec) or self.really(exec)

    def really(self, exec: Exec) -> Outcome:
        pipe = subprocess.PIPE
        with subprocess.Popen(["/bin/sh", "-c", exec.line], stdin=pipe, stdout=pipe, stderr=pipe) as process:
            assert process.stdin
            assert process.stdout
            assert process.stderr
            for blob in exec.stdin:
                process.stdin.write(blob.head(blob.size))
            process.stdin.flush()
            stdout, stderr = process.stdout.read(), process.stderr.read()
            code = process.wait(60)
        return Outcome(Ending.EXITED, code, stdout=MemoryBlob(stdout), stderr=MemoryBlob(stderr))


def carry_out(
    text: str, folder: Path, shell: Shell, dry: bool = False, rollback: int = 90, overwrite: bool = False
) -> Result:
    agent = Agent(MemoryBlob(packed()), PLAIN, 60.0)
    run = f"20261123T000000Z-{next(RUNS):08x}"
    manner = Manner(agent, str(folder / "state"), "me@here", run, dry, rollback, overwrite)
    talk = apply(lambda node: build(text), lambda node: manner, lambda name, blob: None)(Node("red01"))
    try:
        exec = next(talk)
        while True:
            exec = talk.send(shell.exec(exec))
    except StopIteration as end:
        result: Result = end.value
        return result


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    (folder / "hosts").write_text("127.0.0.1 localhost\n")
    (folder / "conf").write_text("a = 1\ncolour = blue\n")
    (folder / "old").write_text("x")
    return folder


def seen(folder: Path) -> dict[str, object]:
    """Give all that is in a folder."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in sorted(folder.rglob("*"))
    }


def test_check_writes_nothing_apply_does_what_it_said_and_again_nothing(root: Path, tmp_path: Path) -> None:
    """The law of every plan; what a program decides is told as maybe."""
    text, before = PLAN.format(root=root), seen(root)
    said = carry_out(text, tmp_path, Shell(), dry=True)
    assert before == seen(root)

    first = Shell()
    made = carry_out(text, tmp_path, first)
    assert (Status.CHANGED, "") == (made.status, made.reason)
    assert (said.changes[:7], Changed(f"maybe file {root}/after, after: run touch {root}/ran")) == (
        made.changes[:7],
        said.changes[7],
    )
    assert (
        (root / "hosts")
        .read_text()
        .endswith("\n# nowfab red: begin\n192.168.50.2 red02\n# nowfab red: end 81c89ce9e117\n")
    )
    assert "a = 1\ncolour = red\n" == (root / "conf").read_text()
    assert "hi\n" == (root / "now" / "motd").read_text()
    assert 0o750 == (root / "www").stat().st_mode & 0o777
    assert not (root / "old").exists()

    after, second = seen(root), Shell()
    again = carry_out(text, tmp_path, second)
    assert (Status.OK, ()) == (again.status, again.changes)
    assert after == seen(root)
    assert (3, 1) == (first.execs, second.execs), "two stages and the look; one look where nothing is to do"


@pytest.mark.parametrize(
    ("steps", "title"),
    [
        ("  - file: {{path: {root}/a, content: one}}\n  - line: {{path: {root}/a, text: two}}\n", "file"),
        (
            "  - folder: {{path: {root}/late}}\n    when: {{exists: {root}/flag}}\n"
            "  - file: {{path: {root}/flag, content: x}}\n",
            "folder",
        ),
    ],
)
def test_what_a_later_step_makes_untrue_is_not_called_changed(
    root: Path, tmp_path: Path, steps: str, title: str
) -> None:
    """Changed means that nothing is left to do: two steps that quarrel would change something each time."""
    (root / "a").write_text("one")
    row = carry_out(f"title: t\nsteps:\n{steps.format(root=root)}", tmp_path, Shell())

    assert Status.FAILED == row.status
    assert row.reason.startswith(f"{title} {root}/"), row.reason
    assert ": after all steps it is not so, or its condition holds only now; still to do: " in row.reason


def test_a_reply_that_was_lost_is_asked_for_once_more(root: Path, tmp_path: Path) -> None:
    """The agent makes a run once, and tells again what came of it: the row becomes true."""

    def lose(exec: Exec) -> Outcome | None:
        if shell.execs != 2:
            return None
        shell.really(exec)
        return Outcome(Ending.LOST, reason="connection reset")

    shell = Shell(lose)
    text = f"title: t\nsteps:\n  - run: {{argv: [sh, -c, 'echo x >> {root}/count'], always: true}}\n"
    row = carry_out(text, tmp_path, shell)

    assert (Status.CHANGED, 3) == (row.status, shell.execs)
    assert "x\n" == (root / "count").read_text()


def test_what_fails_on_the_node_is_told(root: Path, tmp_path: Path) -> None:
    text = f"title: t\nsteps:\n  - file: {{path: {root}/gone/b, content: y}}\n"
    row = carry_out(text, tmp_path, Shell())

    assert Status.FAILED == row.status
    assert f"{root}/gone" in row.reason


def test_a_change_that_did_not_take_is_not_called_changed(root: Path, tmp_path: Path) -> None:
    text = f"title: t\nsteps:\n  - run: {{argv: ['true'], creates: {root}/never}}\n"
    row = carry_out(text, tmp_path, Shell())

    assert Status.FAILED == row.status
    assert "it did not take; still to do: run true" in row.reason


def test_G2_a_block_that_somebody_edited_is_refused_with_a_diff_and_kept_when_it_is_overwritten(
    root: Path, tmp_path: Path
) -> None:
    text = f"title: t\nsteps:\n  - block: {{path: {root}/hosts, name: red, content: '10.0.0.2 red02'}}\n"
    assert Status.CHANGED == carry_out(text, tmp_path, Shell()).status
    mine = (root / "hosts").read_text().replace("red02", "red02 printer") + "# outside\n"
    (root / "hosts").write_text(mine)

    refused, foreseen = (carry_out(text, tmp_path, Shell(), dry) for dry in (False, True))
    assert (Status.FAILED, Status.FAILED) == (refused.status, foreseen.status)
    assert mine == (root / "hosts").read_text()
    assert "somebody has edited it there; `--overwrite` replaces that" in refused.reason
    assert "-10.0.0.2 red02 printer" in foreseen.changes[0].diff
    assert () == refused.changes

    done = carry_out(text, tmp_path, Shell(), overwrite=True)
    (kept,) = (tmp_path / "state/kept").iterdir()
    assert Status.CHANGED == done.status
    assert done.changes[0].what.endswith("; edited by hand, so the old one is kept")
    assert (mine, True) == (kept.read_text(), kept.name.endswith("-hosts"))
    assert mine.replace(" printer", "") == (root / "hosts").read_text()
    assert (Status.OK, 0o600) == (carry_out(text, tmp_path, Shell()).status, kept.stat().st_mode & 0o777)


def test_what_is_stopped_here_goes_on_there_and_the_row_says_so(root: Path, tmp_path: Path) -> None:
    """A stage that has begun is attached to nobody: to call it stopped would be wrong."""

    def stop(exec: Exec) -> Outcome | None:
        return Outcome(Ending.STOPPED, reason="Ctrl-C") if shell.execs == 2 else None

    shell = Shell(stop)
    row = carry_out(PLAN.format(root=root), tmp_path, shell)

    assert (Status.LOST, 2) == (row.status, shell.execs)
    assert "Ctrl-C; changes that were begun on the node go on" in row.reason


class Guarding(Shell):
    """A node whose agent arms and confirms as it is told to; the other verbs are the real agent's."""

    def __init__(self, *replies: tuple[str, str] | Outcome) -> None:
        super().__init__(self.guard)
        self.left = list(replies)
        self.sent: list[tuple[str, bool, float]] = []

    def guard(self, exec: Exec) -> Outcome | None:
        if exec.by_key:
            self.sent.append(("key", exec.fresh, exec.patience))
            answer = self.left.pop(0)
            return answer if isinstance(answer, Outcome) else Outcome(Ending.EXITED, 0)
        header = json.loads(exec.stdin[1].head(10**6)[11:])
        self.sent.append((header["verb"], exec.fresh, exec.patience))
        if header["verb"] == "exchange":
            return None
        reply = self.left.pop(0)
        if isinstance(reply, Outcome):
            return reply
        state, reason = reply
        nothing = {"made": [], "failed": None, "changed": 0, "log": []}
        folder = {"is": "folder", "mode": 0o700, "owner": getpass.getuser(), "group": "x"}
        answers = [{"is": "absent"} if "/etc/" in each["path"] else folder for each in header["questions"]]
        body = {"nowfab": 1, "state": state, "reason": reason, "blobs": [], **nothing}
        text = json.dumps({**body, "answers": answers}).encode()
        text = b"%010d\n" % len(text) + text
        magic = f"\0nowfab1 {header['run']} {len(text)} {hashlib.sha256(text).hexdigest()}\n"
        return Outcome(Ending.EXITED, 0, stdout=MemoryBlob(magic.encode() + text))


AWAY = Outcome(Ending.UNREACHABLE, reason="no answer")
CUT_OFF = Outcome(Ending.LOST, reason="reset")
GUARDED = {
    "confirmed": ([("armed", ""), ("confirmed", "")], Status.CHANGED, "", ["arm", "confirm"]),
    "slow": (
        [("armed", "its changes are not made yet; ask again"), ("armed", ""), ("confirmed", "")],
        Status.CHANGED,
        "",
        ["arm", "arm", "confirm"],
    ),
    "the session is cut": (
        [CUT_OFF, ("armed", ""), ("confirmed", "")],
        Status.CHANGED,
        "",
        ["arm", "arm", "confirm"],
    ),
    "the changes do not prove themselves": (
        [("reverted", "`sshd -t` ended with 1")],
        Status.REVERTED,
        "`sshd -t` ended with 1",
        ["arm"],
    ),
    "reverted": (
        [("armed", ""), ("reverted", "nobody confirmed it within 9 s")],
        Status.REVERTED,
        "nobody confirmed it",
        ["arm", "confirm"],
    ),
    "a proof fails": (
        [("armed", ""), ("armed", "proof 0 does not hold"), ("reverted", "by hand")],
        Status.REVERTED,
        "proof 0 does not hold",
        ["arm", "confirm", "undo"],
    ),
    "a proof fails, and not all could be taken back": (
        [("armed", ""), ("armed", "proof 0 does not hold"), ("failed", "`ip` ended with 1")],
        Status.FAILED,
        "failed: proof 0 does not hold; `ip` ended with 1",
        ["arm", "confirm", "undo"],
    ),
    "Ctrl-C while it is being confirmed": (
        [("armed", ""), Outcome(Ending.STOPPED, reason="Ctrl-C")],
        Status.LOST,
        "was confirmed is not known; `inv plan.status` tells when the node is back: Ctrl-C",
        ["arm", "confirm"],
    ),
    "Ctrl-C before it is confirmed": (
        [("armed", ""), Outcome(Ending.CANCELLED, reason="Ctrl-C")],
        Status.LOST,
        "was not confirmed, so the node takes it back by itself 9 s after its changes are made: Ctrl-C",
        ["arm", "confirm"],
    ),
    "not armed": ([("held", "another run waits")], Status.FAILED, "held: another run waits", ["arm"]),
    "away for good": (
        [("armed", ""), AWAY],
        Status.LOST,
        "was not confirmed, so the node takes it back by itself 9 s after its changes are made: no answer",
        ["arm", "confirm"],
    ),
    "Ctrl-C while it is armed": (
        [Outcome(Ending.STOPPED, reason="Ctrl-C")],
        Status.LOST,
        "was not confirmed, so the node takes it back by itself 9 s after its changes are made: Ctrl-C",
        ["arm"],
    ),
    "the answer of the confirmation is lost": (
        [("armed", ""), CUT_OFF, ("confirmed", "")],
        Status.CHANGED,
        "",
        ["arm", "confirm", "confirm"],
    ),
    "nobody knows": (
        [("armed", ""), CUT_OFF, AWAY],
        Status.LOST,
        "was confirmed is not known; `inv plan.status` tells when the node is back: no answer",
        ["arm", "confirm", "confirm"],
    ),
    "stuck": (
        [("armed", ""), ("failed", "it is not as before")],
        Status.FAILED,
        "failed: it is not as before",
        ["arm", "confirm"],
    ),
}


@pytest.mark.parametrize("name", GUARDED)
def test_what_could_cut_us_off_is_armed_and_confirmed_over_a_new_connection(
    root: Path, tmp_path: Path, name: str
) -> None:
    """The row says what became of it: confirmed, taken back, or out of sight."""
    replies, status, reason, verbs = GUARDED[name]
    shell = Guarding(*replies)
    text = f"title: t\nsteps:\n  - folder: {{path: {root}/.ssh, mode: '0700'}}\n"
    row = carry_out(text, tmp_path, shell, rollback=9)

    assert (status, ["exchange", *verbs]) == (row.status, [verb for verb, _, _ in shell.sent])
    assert reason in row.reason
    assert {(True, 69.0)} >= {(fresh, patience) for verb, fresh, patience in shell.sent if verb == "confirm"}


def test_what_was_changed_before_a_guarded_stage_stays_and_the_row_says_so(
    root: Path, tmp_path: Path
) -> None:
    shell = Guarding(("armed", ""), ("reverted", "nobody confirmed it within 9 s"))
    text = (
        f"title: t\nsteps:\n  - run: {{argv: [touch, {root}/ran], creates: {root}/ran}}\n"
        f"  - folder: {{path: {root}/.ssh, mode: '0700'}}\n"
    )
    row = carry_out(text, tmp_path, shell, rollback=9)

    assert (Status.REVERTED, 1) == (row.status, len(row.changes)), row.reason
    assert "nobody confirmed it within 9 s; what was changed before stays (1)" == row.reason
    assert (root / "ran").exists()


CLOSE = """\
title: t
steps:
  - folder: {{path: {root}/.ssh, mode: "0700"}}
  - file: {{path: /etc/ssh/sshd_config.d/nowfab-test.conf, content: "PasswordAuthentication no\\n"}}
"""
NO_KEY = Outcome(Ending.REFUSED, reason="no key of ours is accepted for `pi`")


@pytest.mark.parametrize("rollback", [9, 0])
def test_passwords_go_off_only_after_a_key_came_in_over_a_new_connection(
    root: Path, tmp_path: Path, rollback: int
) -> None:
    """A key that does not work is noticed before; who did without a guard would be out for good."""
    (root / ".ssh").mkdir(mode=0o700)
    shell = Guarding(NO_KEY)
    row = carry_out(CLOSE.format(root=root), tmp_path, shell, rollback=rollback)

    assert Status.FAILED == row.status
    assert "no key of yours is accepted by red01; passwords stay on: no key of ours is accepted" in row.reason
    assert [("exchange", False, 0.0), ("key", True, 0.0)] == shell.sent

    shell = Guarding(("", ""), ("held", "another run waits"))
    row = carry_out(CLOSE.format(root=root), tmp_path, shell, rollback=9)
    assert (Status.FAILED, "held: another run waits") == (row.status, row.reason)
    assert ["exchange", "key", "arm"] == [verb for verb, _, _ in shell.sent]


def test_keys_are_there_before_one_is_tried(root: Path, tmp_path: Path) -> None:
    """They are in a stage of their own; what was changed there stays, and the row has it."""
    shell = Guarding(("armed", ""), ("confirmed", ""), NO_KEY)
    row = carry_out(CLOSE.format(root=root), tmp_path, shell, rollback=9)

    assert ["exchange", "arm", "confirm", "key"] == [verb for verb, _, _ in shell.sent]
    assert (Status.FAILED, 1) == (row.status, len(row.changes))


def test_a_node_that_went_away_before_a_key_was_tried_keeps_its_own_reason(
    root: Path, tmp_path: Path
) -> None:
    (root / ".ssh").mkdir(mode=0o700)
    row = carry_out(CLOSE.format(root=root), tmp_path, Guarding(AWAY), rollback=9)

    assert (Status.UNREACHABLE, "no answer") == (row.status, row.reason)


def test_without_a_rollback_it_is_made_like_all_else(root: Path, tmp_path: Path) -> None:
    keys = root / ".ssh"
    text = f"title: t\nsteps:\n  - folder: {{path: {keys}, mode: '0700'}}\n"

    assert Status.CHANGED == carry_out(text, tmp_path, Shell(), rollback=0).status
    assert keys.is_dir()


@pytest.mark.parametrize(
    ("code", "stderr", "reason"),
    [
        (127, b"sh: 1: python3: not found\n", "there is no python3 on the node"),
        (1, b"sudo: python3: command not found\n", "there is no python3 on the node"),
        (1, b"sudo: a password is required\n", "`--ask-sudo`"),
        (1, b"ModuleNotFoundError: No module named 'json'\n", "half a python3"),
        (0, b"", "forced command"),
        (3, b"boom\n", "exit code 3: boom"),
    ],
)
def test_a_node_without_the_agent_is_one_clear_row(
    root: Path, tmp_path: Path, code: int, stderr: bytes, reason: str
) -> None:
    outcome = Outcome(Ending.EXITED, code, stdout=MemoryBlob(b"hello\n"), stderr=MemoryBlob(stderr))
    row = carry_out(PLAN.format(root=root), tmp_path, Shell(lambda exec: outcome))

    assert Status.FAILED == row.status
    assert reason in row.reason


def test_a_node_that_is_not_reached_keeps_its_own_reason(root: Path, tmp_path: Path) -> None:
    away = Outcome(Ending.UNREACHABLE, reason="no answer")
    row = carry_out(PLAN.format(root=root), tmp_path, Shell(lambda exec: away))

    assert (Status.UNREACHABLE, "no answer") == (row.status, row.reason)


def test_an_owner_that_is_so_is_left(root: Path, tmp_path: Path) -> None:
    text = f"title: t\nsteps:\n  - file: {{path: {root}/mine, content: x, owner: {getpass.getuser()}}}\n"

    assert Status.CHANGED == carry_out(text, tmp_path, Shell()).status
    assert Status.OK == carry_out(text, tmp_path, Shell()).status
