"""A guarded run stays when it is confirmed, and goes back by itself in every other case."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import (
    ask,
    file_of,
    folder,
    link,
    me,
    new_run,
    parse,
    remove,
    request,
    run,
    sha256,
    started,
    tree,
    write,
)
from tests.agent.guarding import Place, place_in
from tests.agent.test_joined import PYTHONS

OLD = file_of(b"old\n")
FOLDER = {"is": "folder", "mode": 0o755, **me()}
UNIT = {"do": "unit", "name": "nginx", "enabled": None, "running": None, "restart": False}

NOT_YET = "its changes are not made yet; ask again"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = place_in(tmp_path / "node")
    prepare(place.top)
    return place


def prepare(top: Path) -> None:
    top.mkdir(mode=0o755, exist_ok=True)
    for name in ("kept", "gone", "linked"):
        (top / name).write_bytes(b"old\n")
        (top / name).chmod(0o644)
    (top / "link").symlink_to("kept")
    for name in ("box", "empty"):
        (top / name).mkdir(mode=0o755)


def changes(top: Path) -> list[dict[str, Any]]:
    """Every kind of change of a path, in one stage."""
    return [
        write(top / "kept", 0, OLD, mode=0o600),
        folder(top / "d", mode=0o700),
        write(top / "d/new", 1),
        link(top / "linked", "kept", OLD),
        link(top / "link", "gone", {"is": "link", "target": "kept"}),
        remove(top / "gone", OLD),
        folder(top / "box", FOLDER, 0o700),
        remove(top / "empty", FOLDER),
        # decided on what the first one leaves
        write(top / "kept", 2, file_of(b"new\n", 0o600)),
    ]


BLOBS = (b"new\n", b"two\n", b"newer\n")


def armed(place: Place, *more: dict[str, Any], **header: Any) -> str:
    name = new_run()
    reply = place.ask("arm", name, [*changes(place.top), *more], BLOBS, **header)
    assert ("armed", NOT_YET, []) == (reply.state, reply.reason, reply.did)
    return name


def test_an_armed_run_changes_nothing_by_itself(place: Place) -> None:
    """I3: arming only prepares; PID 1 makes the changes, when `armed` is on the disk."""
    before = tree(place.top)
    name = armed(place)

    assert (before, name) == (tree(place.top), (place.state / "armed").read_text())
    assert {f"nowfab-undo-{name}.timer", f"nowfab-apply-{name}.service"} == place.started()
    kept = place.state / name / "old"
    assert (place.top / "kept").stat().st_ino == (kept / "0").stat().st_ino
    assert "kept" == str((kept / "4").readlink())


def test_I2_the_timer_runs_before_armed_is_there(place: Place) -> None:
    """The other way round there would be a moment in which nothing takes the run back."""
    name = armed(place, guard={"seconds": 7})
    calls = (place.fakes.here / "calls").read_text().splitlines()
    timer, active, apply = (line.split(" -- ")[0] for line in calls)

    assert "systemctl is-active --quiet" == active
    unit = f"nowfab-apply-{name}.service"
    options = f"--timer-property=AccuracySec=1s --property=Conflicts={unit} --property=After={unit}"
    assert f"systemd-run --quiet --unit=nowfab-undo-{name} --on-active=907s {options}" == timer
    killing = "--property=KillSignal=SIGKILL --property=TimeoutStopSec=2"
    assert f"systemd-run --quiet --unit={unit} {killing}" == apply


def test_I2_the_time_for_a_confirmation_counts_from_when_the_changes_are_made(place: Place) -> None:
    """They may take longer than that; the first timer stays, so there is one at every moment."""
    name = armed(place, guard={"seconds": 7, "making": 30})
    making = place.ask("status", new_run()).said["armed"]
    place.apply(name)
    waiting = place.ask("status", new_run()).said["armed"]
    calls = (place.fakes.here / "calls").read_text().splitlines()
    first, _, _, second, active = [line.split(" -- ") for line in calls]
    timers = {f"nowfab-{what}-{name}.timer" for what in ("undo", "wait")}

    assert (timers, "systemctl is-active --quiet", f"nowfab-wait-{name}.timer") == (place.started(), *active)
    assert second[0] == first[0].replace("-undo-", "-wait-", 1).replace("=37s", "=7s")
    assert (7, 7) == (making["seconds"], waiting["seconds"])
    assert 27 < making["left"] <= 37
    assert 0 < waiting["left"] <= 7
    assert ("confirmed", set()) == (place.ask("confirm", name).state, place.started())


def test_changes_that_hang_are_taken_back_by_the_first_timer(place: Place) -> None:
    """Whoever makes them is ended by systemd; what they had begun goes back with the rest."""
    before, name = tree(place.top), armed(place, guard={"seconds": 7, "making": 30})
    program = place.state / name / "agent.py"
    head, _, tail = program.read_bytes().rpartition(b'if __name__ == "__main__":')
    dies = b"load_part('guard')\ndef begin_wait(*_):\n    os._exit(0)\n"
    program.write_bytes(head + dies + b'if __name__ == "__main__":' + tail)
    place.apply(name)
    state = place.result(name)["state"]
    said = place.time_out(name)

    assert f"run {name}: reverted: its changes were not made within 37 s\n" == said
    assert ("applying", before, False, set()) == (state, tree(place.top), place.armed, place.started())


def test_changes_that_nobody_makes_any_more_are_taken_back_when_somebody_asks(place: Place) -> None:
    """As when the kernel kills who makes them, because no memory is left; who still has the lock lives."""
    before, name = tree(place.top), armed(place)
    program = place.state / name / "agent.py"
    head, _, tail = program.read_bytes().rpartition(b'if __name__ == "__main__":')
    dies = b"load_part('guard')\ndef begin_wait(*_):\n    os._exit(0)\n"
    program.write_bytes(head + dies + b'if __name__ == "__main__":' + tail)
    place.apply(name)
    with (place.state / "lock").open("r+") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        running = place.ask("confirm", name)
        state = place.result(name)["state"]
    reply = place.ask("arm", name, changes(place.top), BLOBS)

    assert ("armed", NOT_YET, "applying") == (running.state, running.reason, state)
    assert ("reverted", "what made its changes was ended before it was through") == (
        reply.state,
        reply.reason,
    )
    assert (before, set()) == (tree(place.top), place.started())


def test_I2_changes_whose_time_cannot_begin_go_back_at_once(place: Place) -> None:
    """A run that is made, and that no timer takes back in time, waits for nobody."""
    before, name = tree(place.top), armed(place)
    (place.fakes.here / "refuse-run").write_text("Failed to start transient unit: no room\n")
    place.apply(name)
    reply = place.ask("confirm", name)

    assert ("reverted", before, set()) == (reply.state, tree(place.top), place.started())
    assert reply.reason.endswith("Failed to start transient unit: no room")


def test_a_confirmed_run_stays(place: Place) -> None:
    """Also over the next start of the node, and asked twice it gives the same answer."""
    name = armed(place)
    place.apply(name)
    after = tree(place.top)
    question = {"ask": "path", "path": str(place.top / "kept")}
    first, second = (place.ask("confirm", name, questions=[question]) for _ in range(2))
    place.boot()

    assert ("confirmed", "", 9, [b"newer\n"]) == (
        first.state,
        first.reason,
        first.said["changed"],
        first.blobs,
    )
    assert {**first.said, "proofs": []} == {**second.said, "proofs": []}
    assert (after, set(), False) == (tree(place.top), place.started(), place.armed)
    assert {"request.json", "result.json", "log.jsonl"} == {
        path.name for path in (place.state / name).iterdir()
    }
    assert (b"newer\n", "kept", False) == (
        (place.top / "kept").read_bytes(),
        str((place.top / "linked").readlink()),
        (place.top / "gone").exists(),
    )


@pytest.mark.parametrize("applied", [True, False], ids=["applied", "before it is applied"])
@pytest.mark.parametrize("by", ["timer", "boot", "hand"])
def test_what_nobody_confirms_goes_back(by: str, applied: bool, place: Place) -> None:
    """Each inode is the old one again; the reason says who took the run back."""
    before, inode = tree(place.top), (place.top / "kept").stat().st_ino
    name = armed(place)
    if applied:
        place.apply(name)
    undone = {
        "timer": lambda: place.time_out(name),
        "boot": place.boot,
        "hand": lambda: place.ask("undo", name),
    }
    undone[by]()
    reply = place.ask("confirm", name)
    reasons = {
        "timer": "nobody confirmed it within 90 s" if applied else "its changes were not made within 990 s",
        "boot": "the node was started anew before it was confirmed",
        "hand": "it was taken back by hand, by anna@laptop",
    }

    assert ("reverted", reasons[by], []) == (reply.state, reply.reason, reply.did)
    assert (before, inode, False) == (tree(place.top), (place.top / "kept").stat().st_ino, place.armed)
    assert reply.said | {"proofs": []} == place.ask("undo", name).said | {"proofs": []}


def test_I8_another_spelling_of_the_state_folder_is_the_same_guard(place: Place) -> None:
    """One lock, one `armed`, one boot guard."""
    name = armed(place)
    spelled = f"{place.state.parent}/x/..//state/"
    sent = request(spelled, [write(place.top / "b")], [], [b"b"], {"verb": "arm", "run": new_run()})
    reply = ask(sent, env=place.fakes.env, text=place.text)
    kept = request(spelled, header={"verb": "undo", "run": name})
    undone = ask(kept, env=place.fakes.env, text=place.text)

    assert ("held", "reverted") == (reply.state, undone.state)
    assert 1 == len(list(place.units.glob("nowfab-guard*")))


def test_I11_an_apply_that_comes_late_or_twice_does_nothing(place: Place) -> None:
    """A service may be started again by hand; what was taken back stays back."""
    name = armed(place)
    unit = place.fakes.here / "started" / f"nowfab-apply-{name}.service"
    kept = unit.read_bytes()
    place.apply(name)
    (place.top / "kept").write_bytes(b"by hand")
    unit.write_bytes(kept)
    place.apply(name)

    assert b"by hand" == (place.top / "kept").read_bytes()


def test_a_late_timer_does_no_harm(place: Place) -> None:
    """It may fire in the moment of the confirmation: the lock decides who is first, the other only looks."""
    name = armed(place)
    place.apply(name)
    unit = place.fakes.here / "started" / f"nowfab-undo-{name}.timer"
    words = unit.read_bytes()
    kept = (place.state / name / "agent.py").read_bytes()
    place.ask("confirm", name)
    after = tree(place.top)
    unit.write_bytes(words)
    (place.state / name / "agent.py").write_bytes(kept)
    place.time_out(name)

    assert (after, "confirmed") == (tree(place.top), place.result(name)["state"])


def test_I6_of_a_confirmation_and_a_timer_at_once_one_wins_and_both_say_so(place: Place) -> None:
    """Whoever has the lock first decides; never does one half of each come about."""
    before, endings = tree(place.top), set()
    for number in range(6):
        name = armed(place)
        place.apply(name)
        after = tree(place.top)
        sent = request(place.state, header={"verb": "confirm", "run": name})
        with started(env=place.fakes.env, size=len(place.text)) as confirming:
            assert confirming.stdin
            # the timer fires sooner and sooner before the question is whole
            confirming.stdin.write(place.text + sent[:-1])
            confirming.stdin.flush()
            timer = threading.Thread(target=place.time_out, args=[name])
            timer.start()
            time.sleep(0.05 * number)
            output, _ = confirming.communicate(sent[-1:], timeout=60)
            timer.join()
        state = parse(output).state
        endings.add(state)

        assert state == place.ask("undo", name).state
        assert tree(place.top) == {"confirmed": after, "reverted": before}[state]
        if state == "confirmed":
            shutil.rmtree(place.top)
            prepare(place.top)
    assert {"confirmed", "reverted"} >= endings


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_here_can_guard_a_run(python: str, place: Place) -> None:
    """The one that is asked is the one that PID 1 runs."""
    before, name = tree(place.top), new_run()
    header = {"verb": "arm", "run": name}
    sent = request(place.state, changes(place.top), [], BLOBS, header)
    reply = ask(sent, python, place.fakes.env, place.text)
    place.apply(name)
    applied = place.result(name)["state"]
    place.boot()
    told = ask(request(place.state, header={"verb": "status"}), python, place.fakes.env, place.text)

    assert ("armed", "applied", before) == (reply.state, applied, tree(place.top)), reply.reason
    assert ["reverted"] == [each["state"] for each in told.said["runs"]]


def test_a_run_that_does_not_verify_is_taken_back_at_once(place: Place) -> None:
    """Before anything is activated: the undo of a program that never ran is not called."""
    before = tree(place.top)
    did = run("touch", str(place.top.parent / "did")) | {"undo": ["touch", str(place.top.parent / "undid")]}
    proof = write(place.top / "d/last", 3, verify=["sh", "-c", "echo line 3 is bad >&2; exit 1"])
    name = new_run()
    place.ask("arm", name, [*changes(place.top), proof, did], [*BLOBS, b"x"])
    place.apply(name)
    reply = place.ask("confirm", name)

    assert ("reverted", 9, before) == (reply.state, reply.said["failed"], tree(place.top))
    assert "`sh -c echo line 3 is bad >&2; exit 1` ended with 1: line 3 is bad" == reply.reason
    assert (set(), []) == (place.started(), [*place.top.parent.glob("*did")])


def test_programs_and_units_are_taken_back_from_the_last_to_the_first(place: Place) -> None:
    """Files come first, so that a unit that starts again finds its old ones."""
    place.fakes.unit("nginx", "disabled", "inactive")
    place.fakes.unit("cron", "enabled", "active")
    log = place.top.parent / "log"
    program = run("sh", "-c", f"echo did $(cat {place.top}/kept) >>{log}")
    program["undo"] = ["sh", "-c", f"echo undid $(cat {place.top}/kept) >>{log}"]
    was = {"enabled": "disabled", "active": "inactive"}
    on = {**UNIT, "enabled": True, "running": True, "was": was}
    again = {**UNIT, "name": "cron", "restart": True, "was": {"enabled": "enabled", "active": "active"}}
    name = armed(place, program, on, again)
    place.apply(name)
    made = place.fakes.calls()
    place.time_out(name)
    calls = place.fakes.calls()[len(made) :]

    assert (["did newer", "undid old"], "reverted") == (
        log.read_text().splitlines(),
        place.result(name)["state"],
    )
    head = "systemctl --no-ask-password"
    assert [f"{head} enable -- nginx", f"{head} start -- nginx", f"{head} restart -- cron"] == made[-5:-2]
    own = f"nowfab-apply-{name}.service"
    assert [
        f"{head} stop -- {own}",
        f"{head} reset-failed -- {own}",
        f"{head} disable --no-reload -- nginx",
        f"{head} restart -- cron",
        f"{head} stop -- nginx",
        f"{head} stop -- nowfab-undo-{name}.timer nowfab-wait-{name}.timer",
    ] == calls


def test_at_boot_systemd_is_not_waited_for(place: Place) -> None:
    """A job that waits for the end of the start, within the start, would wait for ever."""
    place.fakes.unit("cron", "enabled", "active")
    off = {**UNIT, "name": "cron", "enabled": False, "running": False}
    name = armed(place, {**off, "was": {"enabled": "enabled", "active": "active"}})
    place.apply(name)
    made = place.fakes.calls()
    place.boot()

    head = "systemctl --no-ask-password"
    assert [f"{head} enable --no-reload -- cron", f"{head} start --no-block -- cron"] == (
        place.fakes.calls()[len(made) :]
    )
    assert "reverted" == place.result(name)["state"]


def test_a_run_of_a_clock_that_is_behind_is_not_forgotten(place: Place) -> None:
    """Only the last ten runs are kept, but never at the cost of the one that waits, or has just ended."""
    for _ in range(11):
        place.ask(
            "exchange", new_run().replace("2026", "2036"), [write(place.top / "kept", 0, OLD)], [b"old\n"]
        )
    name = armed(place)
    place.apply(name)

    assert "confirmed" == place.ask("confirm", name).state
    assert "confirmed" == place.ask("confirm", name).state


@pytest.mark.parametrize("end", ["taken back", "timed out", "not verified", "at boot"])
def test_only_the_last_ten_runs_are_kept_however_they_end(end: str, place: Place) -> None:
    """A node that reverts a plan each night would fill its card in the end."""
    bad = write(place.top / "d/last", 3, verify=["false"])
    names = [new_run() for _ in range(12)]
    for name in names:
        place.state.mkdir(mode=0o700, exist_ok=True)
        (place.state / name).mkdir(mode=0o700)
        (place.state / name / "result.json").write_text('{"state": "failed", "open": false}')
    name = new_run()
    verified = [*changes(place.top), *([bad] if end == "not verified" else [])]
    place.ask("arm", name, verified, [*BLOBS, *([b"x"] if end == "not verified" else [])])
    place.apply(name)
    before = len(list(place.state.glob("2*")))
    if end == "taken back":
        place.ask("undo", name)
    elif end == "timed out":
        place.time_out(name)
    elif end == "at boot":
        place.boot()

    assert (before, "reverted") == (10 if end == "not verified" else 13, place.result(name)["state"])
    assert sorted([*names[-9:], name]) == sorted(path.name for path in place.state.glob("2*"))


def test_pruning_forgets_neither_a_run_that_waits_nor_what_is_kept_beside_a_path(
    agent: dict[str, Any], place: Place
) -> None:
    """The one that waits may have the oldest name; of one that is forgotten nothing stays anywhere."""
    agent["load_part"]("guard")
    name, others = armed(place), [new_run() for _ in range(11)]
    for other in others:
        (place.state / other).mkdir(mode=0o700)
    old = place.state / others[0]
    (old / "old").mkdir()
    (old / "request.json").write_text(
        json.dumps({"changes": [{"do": "remove", "path": f"{place.top}/gone"}]})
    )
    (place.top / f".nowfab-{others[0]}-0-kept").write_bytes(b"old")
    agent["prune"](os.fsencode(place.state), others[5])

    assert sorted([name, *others[1:]]) == sorted(path.name for path in place.state.glob("2*"))
    assert [] == list(place.top.glob(".nowfab-*"))


def test_a_full_disk_does_not_keep_a_run_from_going_back(place: Place) -> None:
    """Old bytes need no room; that it could not be written down is the smaller harm."""
    before = tree(place.top)
    name = armed(place)
    place.apply(name)
    program = place.state / name / "agent.py"
    head, _, tail = program.read_bytes().rpartition(b'if __name__ == "__main__":')
    full = b"load_part('guard')\ndef write_json(*_):\n    raise OSError(28, 'full')\n"
    program.write_bytes(head + full + b'if __name__ == "__main__":' + tail)
    place.time_out(name)

    assert (before, False) == (tree(place.top), place.armed)


def test_what_became_of_a_run_is_written_down_once_there_is_room(place: Place) -> None:
    """The rollback makes room for that: it drops the program, and the bytes that came."""
    name = armed(place)
    place.apply(name)
    program = place.state / name / "agent.py"
    head, _, tail = program.read_bytes().rpartition(b'if __name__ == "__main__":')
    full = b"""load_part('guard')
def write_json(path, value, real=write_json):
    if os.path.exists(os.path.dirname(path) + b"/agent.py"):
        raise OSError(28, 'full')
    real(path, value)
"""
    program.write_bytes(head + full + b'if __name__ == "__main__":' + tail)
    place.time_out(name)
    reply = place.ask("confirm", name)

    assert ("reverted", "nobody confirmed it within 90 s") == (reply.state, reply.reason)


def test_only_what_began_is_taken_back(place: Place) -> None:
    """The second of three programs fails: the third was never there."""
    log = place.top.parent / "log"
    programs = [
        run("sh", "-c", f"echo {n} >>{log}; [ {n} != 2 ]") | {"undo": ["sh", "-c", f"echo -{n} >>{log}"]}
        for n in (1, 2, 3)
    ]
    name = armed(place, *programs)
    place.apply(name)

    assert ["1", "2", "-2", "-1"] == log.read_text().split()
    assert ("reverted", 10) == (place.result(name)["state"], place.result(name)["failed"])


def test_what_a_program_cannot_take_back_is_said(place: Place) -> None:
    """All files are as before, and yet the node is not: that is no clean rollback."""
    before = tree(place.top)
    program = run("true") | {"undo": ["sh", "-c", "echo no way >&2; exit 3"]}
    name = armed(place, program)
    place.apply(name)
    said = place.time_out(name)
    replies = [place.ask(verb, name) for verb in ("confirm", "undo")]
    told = place.ask("status", new_run())

    assert (before, False, None) == (tree(place.top), place.armed, told.said["armed"])
    undo = "`sh -c echo no way >&2; exit 3` ended with 3: no way"
    says = f"nobody confirmed it within 90 s; all files are as before, but {undo}"
    assert [("failed", says)] * 2 == [(reply.state, reply.reason) for reply in replies]
    assert [("failed", says)] == [(each["state"], each["reason"]) for each in told.said["runs"]]
    assert f"run {name}: failed: {says}\n" == said


def test_a_new_folder_that_others_use_stays(place: Place) -> None:
    """What somebody else put there is not ours to remove."""
    name = armed(place)
    place.apply(name)
    (place.top / "d/theirs").write_bytes(b"")
    place.time_out(name)

    assert ["theirs"] == [path.name for path in (place.top / "d").iterdir()]
    assert ("failed", False) == (place.result(name)["state"], place.armed)
    assert "`" + str(place.top / "d") + "` stays" in place.result(name)["reason"]


def test_an_undo_that_cannot_restore_stays_armed(place: Place) -> None:
    """And says so; the next start of the node, or somebody, tries again."""
    name = armed(place)
    place.apply(name)
    hidden = (place.state / name / "old").rename(place.state / name / "hidden")
    first = place.ask("undo", name)
    told = place.ask("status", new_run()).said["armed"]
    confirmed = place.ask("confirm", name)
    hidden.rename(place.state / name / "old")
    place.boot()

    assert (first.reason, first.reason) == (confirmed.reason, told["reason"])
    assert ("armed", "armed", "stuck", "reverted") == (
        first.state,
        confirmed.state,
        told["state"],
        place.result(name)["state"],
    )
    assert "is gone" in first.reason


PACKAGES = {
    "do": "packages",
    "install": ["tmux"],
    "remove": [],
    "was": {"tmux": {"version": "", "held": False}},
}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (PACKAGES, "packages cannot be taken back"),
        (run("true"), "`true` has no undo"),
        (run("systemctl", "reboot") | {"undo": ["true"]}, "starts the node anew"),
        (write("/proc/nowfab", 3), "is on a file system that is in memory (proc)"),
        (write("/sys/nowfab", 3), "is on a file system that is in memory (sysfs)"),
    ],
)
def test_I9_what_cannot_be_taken_back_is_refused_before_anything_happens(
    change: dict[str, Any], reason: str, place: Place
) -> None:
    """A guard that could not keep its word would be worse than none."""
    before = tree(place.top)
    blobs = [*BLOBS, b"x"] if change["do"] == "write" else BLOBS
    reply = place.ask("arm", new_run(), [*changes(place.top), change], blobs)

    assert ("failed", before, set(), False) == (
        reply.state,
        tree(place.top),
        place.started(),
        place.state.exists(),
    )
    assert reply.reason.startswith("change 9 cannot be guarded: ")
    assert reason in reply.reason


def test_a_file_system_without_hard_links_is_refused(agent: dict[str, Any], tmp_path: Path) -> None:
    """The boot partition of a Pi: a rename there is not atomic, and there is no second name for old bytes."""
    agent["load_part"]("guard")
    boot = tmp_path / "boot"
    (boot / "deep").mkdir(parents=True)
    rows = [
        ("/", "ext4"),
        (boot, "ext4"),
        (boot, "vfat"),
        (boot / "deep", "ext4"),
        (tmp_path / "boo", "vfat"),
    ]
    mounts = [(os.fsencode(path), kind, b"") for path, kind in rows]
    found = {
        name: agent["path_ground"](f"{tmp_path}/{name}", mounts) for name in ("x", "boot/x", "boot/deep/no/x")
    }

    expected = f"`{boot}/x` is on a file system that has no hard links (vfat)"
    assert {"x": "", "boot/x": expected, "boot/deep/no/x": ""} == found


@pytest.mark.parametrize(("which", "reason"), [("conflict", "changed since"), ("check", "ended with 1")])
def test_what_cannot_begin_leaves_nothing_armed(which: str, reason: str, place: Place) -> None:
    """`was` and `check` speak before the timer, not after."""
    if which == "conflict":
        (place.top / "gone").write_bytes(b"by hand")
    before = tree(place.top)
    bad = write(place.top / "d/x", 3, check=["false"] if which == "check" else [])
    reply = place.ask("arm", new_run(), [*changes(place.top), bad], [*BLOBS, b"x"])

    assert ("conflict" if which == "conflict" else "failed", before) == (reply.state, tree(place.top))
    assert reason in reply.reason
    assert (set(), ["lock"]) == (place.started(), [path.name for path in place.state.iterdir()])


@pytest.mark.parametrize("unit", ["timer", "apply"])
def test_a_systemd_that_starts_nothing_leaves_nothing_armed(unit: str, place: Place) -> None:
    """Without the timer there is no `armed`; without the service it goes at once."""
    before = tree(place.top)
    refuse = place.fakes.here / "refuse-run"
    systemd_run = place.fakes.here / "bin/systemd-run"
    if unit == "apply":
        only = f'case "$*" in *--unit=nowfab-apply*) cat {refuse} >&2; exit 1 ;; esac\n'
        systemd_run.write_text(systemd_run.read_text().replace('[ ! -e "$here/refuse-run" ]', f"{only}true"))
    refuse.write_text("Failed to start transient unit: no room\n")
    name = new_run()
    reply = place.ask("arm", name, changes(place.top), BLOBS)

    assert (before, set(), False) == (tree(place.top), place.started(), place.armed)
    assert ("failed" if unit == "timer" else "reverted") == reply.state
    assert "Failed to start transient unit: no room" in reply.reason


def test_a_node_without_systemd_is_refused(place: Place) -> None:
    """Nothing there could take the run back when our way to it is cut."""
    place.units.rmdir()
    reply = place.ask("arm", new_run(), changes(place.top), BLOBS)

    assert "failed" == reply.state
    assert "this node is not run by systemd" in reply.reason
    assert "`--no-rollback` makes it without a guard" in reply.reason


def test_a_practice_node_guards_nothing(place: Place) -> None:
    """Its systemd is that of a person's own computer."""
    sent = request(place.state, [write(place.top / "a")], [], [b"a"], {"verb": "arm"})
    env = {**place.fakes.env, "NOWFAB_PRACTICE": "1", "HOME": str(place.top)}
    reply = ask(sent, env=env, text=place.text)

    assert ("failed", set()) == (reply.state, place.started())
    assert "this is a practice node" in reply.reason


def test_I8_while_one_run_waits_others_are_held_off(place: Place) -> None:
    """Guarded or not; both are told which run, what it is and whose."""
    name = armed(place)
    before = tree(place.top)
    replies = [place.ask(verb, new_run(), [write(place.top / "b")], [b"b"]) for verb in ("arm", "exchange")]

    assert [("held", before)] * 2 == [(reply.state, tree(place.top)) for reply in replies]
    assert {f"run {name} (three files, of anna@laptop) waits for its confirmation"} == {
        reply.reason for reply in replies
    }


def test_the_same_run_armed_again_is_told_what_became_of_it(place: Place) -> None:
    """After a lost connection nowfab asks again; nothing is armed or changed a second time."""
    name = armed(place)
    with (place.state / "lock").open("w") as lock:
        # as whoever makes the changes, for minutes
        lock.write(json.dumps({"run": name}))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        began = time.monotonic()
        again = place.ask("arm", name, changes(place.top), BLOBS, guard={"wait": 1})
        took = time.monotonic() - began
    other = place.ask("arm", name, changes(place.top)[:2], BLOBS[:1])
    place.apply(name)
    place.ask("confirm", name)
    last = place.ask("arm", name, changes(place.top), BLOBS)

    assert ["armed", "failed", "confirmed"] == [again.state, other.state, last.state]
    assert (NOT_YET, True) == (again.reason, took >= 1)
    assert "was used for other changes" in other.reason


def test_a_confirmation_waits_for_the_changes(place: Place) -> None:
    """What is not made cannot be kept; the run goes on waiting."""
    name = armed(place)
    early = place.ask("confirm", name)
    place.apply(name)

    assert ("armed", NOT_YET) == (early.state, early.reason)
    assert "confirmed" == place.ask("confirm", name).state


def test_a_proof_that_does_not_hold_leaves_the_run_waiting(place: Place) -> None:
    """A router is up, and a node behind it is not: then the timer shall have its way."""
    proofs = [
        {"ask": "output", "argv": ["cat", str(place.top / "kept")], "want": {"code": 0}},
        {"ask": "tcp", "host": "127.0.0.1", "port": 1, "want": {"reached": True}},
    ]
    name = armed(place, guard={"seconds": 60, "proofs": proofs[:1]})
    place.apply(name)
    first = place.ask("confirm", name, guard={"proofs": proofs[1:]})
    second = place.ask("confirm", name)

    says = "proof 1 (127.0.0.1 port 1 is reached) does not hold: `reached` is False, not True"
    assert ("armed", says) == (
        first.state,
        first.reason,
    )
    assert [0, False] == [first.said["proofs"][0]["code"], first.said["proofs"][1]["reached"]]
    assert ("confirmed", [b"newer\n", b""]) == (second.state, second.blobs)


def test_a_proof_that_held_before_must_hold_after(place: Place) -> None:
    """A gateway's way to those behind it; one that was off before says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        to = {"ask": "tcp", "host": "127.0.0.1", "want": {"reached": True}, "held": True}
        name = armed(place, guard={"seconds": 60, "proofs": [{**to, "port": port}, {**to, "port": 1}]})
        place.apply(name)
    lost = place.ask("confirm", name)
    with socket.create_server(("127.0.0.1", port)):
        again = place.ask("confirm", name)

    says = f"proof 0 (127.0.0.1 port {port} is reached) does not hold: `reached` is False, not True"
    assert ("armed", says) == (lost.state, lost.reason)
    assert "confirmed" == again.state


def test_a_proof_is_given_some_seconds_to_hold(place: Place) -> None:
    """A service that was just started again needs them until its port answers; then the run is confirmed."""
    ready = place.top.parent / "ready"
    proofs = [{"ask": "output", "argv": ["cat", str(ready)], "want": {"code": 0}}]
    question = {"ask": "path", "path": str(place.top / "kept")}
    name = armed(place, guard={"seconds": 60, "proofs": proofs})
    place.apply(name)
    began = time.monotonic()
    refused = place.ask("confirm", name, questions=[question], guard={"wait": 1})
    took = time.monotonic() - began
    later = threading.Timer(1.5, ready.write_bytes, [b"yes"])
    later.start()
    kept = place.ask("confirm", name, questions=[question], guard={"wait": 8})
    later.join()

    says = "proof 0 does not hold: `code` is 1, not 0"
    assert ("armed", says, True) == (refused.state, refused.reason, 1 <= took < 6)
    assert ("confirmed", "", [b"yes", b"", b"newer\n"]) == (kept.state, kept.reason, kept.blobs)
    assert [0, 2] == [kept.said["proofs"][0]["code"], kept.answers[0]["blob"]]


def test_a_run_that_was_never_armed_cannot_be_confirmed(place: Place) -> None:
    """Nor taken back; the answer does not pretend."""
    replies = [place.ask(verb, new_run()) for verb in ("confirm", "undo")]

    assert {"failed"} == {reply.state for reply in replies}
    assert all("it was not armed here, or is forgotten" in reply.reason for reply in replies)


def test_status_tells_who_waits_and_what_became_of_the_last_runs(place: Place) -> None:
    """For a person who finds a node that refuses everything."""
    nothing = place.ask("status", new_run())
    untouched = place.state.exists()
    done = new_run()
    place.ask("exchange", done, [write(place.top / "a")], [b"a"])
    name = armed(place, guard={"seconds": 50})
    place.apply(name)
    said = place.ask("status", new_run()).said
    waiting = said["armed"]

    assert ("nothing", None, [], False) == (
        nothing.state,
        nothing.said["armed"],
        nothing.said["runs"],
        untouched,
    )
    assert ("armed", name, "anna@laptop", "three files", "applied", 50) == (
        said["state"],
        *(waiting[key] for key in ("run", "who", "title", "state", "seconds")),
    )
    assert 30 < waiting["left"] <= 50
    assert [(done, "applied", 1), (name, "armed", 9)] == [
        (each["run"], each["state"], each["changed"]) for each in said["runs"]
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_status_without_root_says_why_it_cannot_tell(place: Place) -> None:
    """The state folder is closed, as it holds what plans write."""
    armed(place)
    sent = request(place.state, header={"verb": "status"})
    drop = b"import os; os.setgid(65534); os.setuid(65534)\n" + place.text
    for each in place.state.parents:
        if not each.stat().st_mode & 0o001:
            each.chmod(each.stat().st_mode | 0o001)
    reply = ask(sent, "/usr/bin/python3" if Path("/usr/bin/python3").exists() else sys.executable, text=drop)

    assert "failed" == reply.state
    assert "cannot be read" in reply.reason
    assert "use sudo" in reply.reason


def test_D11_a_secret_is_nowhere_but_in_its_file_while_its_run_waits(place: Place) -> None:
    """Nor is its hash, or that of the secret before it; when the run has ended its bytes are gone too."""
    canary = b"hunter2-canary"
    secret = write(place.top / "psk", 3, file_of(b"older-canary", 0o600), secret=True, mode=0o600)
    (place.top / "psk").write_bytes(b"older-canary")
    (place.top / "psk").chmod(0o600)
    name = new_run()
    place.ask("arm", name, [*changes(place.top), secret], [*BLOBS, canary])
    held = (place.state / name).rglob("*.json*")
    told = b"".join(path.read_bytes() for path in held)
    place.apply(name)
    place.ask("confirm", name)
    left = b"".join(path.read_bytes() for path in place.state.rglob("*") if path.is_file())

    tells = [tell for word in (canary, b"older-canary") for tell in (word, sha256(word).encode())]
    assert [] == [tell for tell in tells if tell in told + left]


def test_the_boot_guard_stands_before_all_that_could_use_what_it_restores(place: Place) -> None:
    """The network, kernel parameters and the firewall come after it; it is enabled, and its file is ours."""
    armed(place)
    (unit,) = place.units.glob("*.service")
    (wanted,) = (place.units / "sysinit.target.wants").iterdir()
    text = unit.read_text()

    assert (unit.read_bytes(), unit.name) == (wanted.read_bytes(), wanted.name)
    assert "Before=sysinit.target network-pre.target systemd-sysctl.service\nBefore=nftables.service" in text
    assert "DefaultDependencies=no\n" in text
    assert f"ConditionPathExists={place.state}/armed\n" in text


def test_what_lies_on_another_file_system_is_kept_beside_its_path(place: Place, tmp_path: Path) -> None:
    """A hard link cannot leave its file system; /home and /srv often are others."""
    refuse = (
        b"import os, errno\n_link = os.link\ndef _other(a, b, **more):\n"
        + (
            f"    if a.startswith(b'{place.top}') and b.startswith(b'{place.state}'):\n"
            "        raise OSError(errno.EXDEV, 'other')\n    return _link(a, b, **more)\nos.link = _other\n"
        ).encode()
    )
    before = tree(place.top)
    name = new_run()
    sent = request(place.state, changes(place.top), [], BLOBS, {"verb": "arm", "run": name})
    reply = ask(sent, env=place.fakes.env, text=refuse + place.text)
    beside = {path.name for path in place.top.glob(".nowfab-*")}
    place.apply(name)
    place.time_out(name)

    (place.fakes.here / "refuse-run").write_text("no room\n")
    failed = ask(
        request(place.state, changes(place.top), [], BLOBS, {"verb": "arm"}),
        env=place.fakes.env,
        text=refuse + place.text,
    )

    assert ("armed", {f".nowfab-{name}-{n}-kept" for n in (0, 3, 4, 5)}) == (reply.state, beside)
    assert ("failed", before) == (failed.state, tree(place.top))
    assert (before, "reverted") == (tree(place.top), place.result(name)["state"])
