"""Take a guarded run back: all files from their hard links, then what began beyond them."""

import contextlib
import os
import sys

from nowfab.agent.acts import begun_until, disable_new, undo_act
from nowfab.agent.apply import run_apart
from nowfab.agent.armed import armed_run
from nowfab.agent.ending import begin_undo, came_of, end_run, note_result
from nowfab.agent.exchange import with_answers
from nowfab.agent.frames import Counted
from nowfab.agent.guardian import stop_apply, stop_timers
from nowfab.agent.request import Job
from nowfab.agent.restore import restore_all
from nowfab.agent.state import lock_within, read_json, run_folder, state_folder
from nowfab.agent.units import reload_systemd
from nowfab.agent.words import Trouble, reason_of

UNDO_WAIT = 600
"""Seconds that the lock is waited for: who holds it is ended, or ends soon."""


def undo(job: Job, source: Counted) -> "tuple[dict, list[bytes]]":
    """Take a run back because somebody asks for it."""
    state = state_folder(job.state)
    if armed_run(state) == job.run:
        run_apart(lambda: undo_now(state, job.run, "it was taken back by hand, by %s" % job.who))
        if armed_run(state) == job.run:
            result = read_json(run_folder(state, job.run) + b"/result.json")
            raise Trouble(result.get("reason") or "it could not be taken back", "armed")
    return with_answers(came_of(state, job.run), job)


def undo_from_disk(state: bytes, run: str, cause: str) -> bool:
    """Take a run back as PID 1 has it: because of its timer, or before the node's start goes on.

    Say in one sentence what came of it, for the journal; False where the run waits on.
    """
    reason = reason_for(run_folder(state, run), cause)
    try:
        undo_now(state, run, reason, cause == "boot")
    except Exception as error:
        sys.stderr.write("run %s is not taken back: %s\n" % (run, reason_of(error, {"do": "its rollback"})))
        return False
    result = read_json(run_folder(state, run) + b"/result.json")
    sys.stderr.write("run %s: %s: %s\n" % (run, result.get("state"), result.get("reason")))
    return armed_run(state) != run


def reason_for(folder: bytes, cause: str) -> str:
    """Say why PID 1 takes a run back."""
    guard = read_json(folder + b"/request.json").get("guard", {})
    if cause == "boot":
        return "the node was started anew before it was confirmed"
    if cause == "making" and read_json(folder + b"/result.json").get("state") in ("armed", "applying"):
        return "its changes were not made within %d s" % (guard.get("making", 0) + guard.get("seconds", 0))
    return "nobody confirmed it within %d s" % guard.get("seconds", 0)


def undo_now(state: bytes, run: str, reason: str, boot: bool = False) -> None:
    """Take a run back, if it still waits; whoever makes its changes is ended first."""
    if not boot:
        stop_apply(run)
    lock = lock_within(state, run, "the rollback", UNDO_WAIT, None if boot else lambda: stop_apply(run))
    try:
        if armed_run(state) == run:
            ended = take_back(state, run, reason, None, boot)
            if ended and not boot:
                stop_timers(run)
    finally:
        os.close(lock)


def take_back(state: bytes, run: str, reason: str, failed: "int | None", boot: bool = False) -> bool:
    """Bring all back, as far as it goes; the caller holds the lock and saw that the run waits.

    False where a path is not as before: then the run goes on waiting, for another attempt.
    """
    folder = run_folder(state, run)
    begin_undo(folder)
    record = read_json(folder + b"/undo.json")
    if record.get("run") != run:
        return stay_stuck(folder, reason, ["its undo.json is not whole"], failed)
    acts = [act for act in reversed(record["acts"]) if act["index"] <= begun_until(folder)]
    disable_new(acts)
    left, lost = restore_all(record)
    left += undo_acts(acts, record["reload"], boot)
    if acts:
        # what systemctl and the programs wrote
        os.sync()
    if lost:
        return stay_stuck(folder, reason, lost + left, failed)
    if left:
        reason = "%s; all files are as before, but %s" % (reason, "; ".join(left))
    end_run(state, run, "failed" if left else "reverted", reason, [], failed)
    return True


def stay_stuck(folder: bytes, reason: str, left: "list[str]", failed: "int | None") -> bool:
    """Write down what is not as before; a full disk does not keep the run from waiting."""
    with contextlib.suppress(OSError):
        note_result(folder, "stuck", "%s; it is not as before: %s" % (reason, "; ".join(left)), [], failed)
    return False


def undo_acts(acts: "list[dict]", reload_wanted: bool, boot: bool) -> "list[str]":
    """Take back what was done beyond paths, as far as it goes; say what could not be."""
    left = []
    try:
        if reload_wanted:
            reload_systemd()
    except (Trouble, OSError) as error:
        left.append(reason_of(error, {"do": "systemd"}))
    for act in acts:
        try:
            undo_act(act, boot)
        except (Trouble, OSError) as error:
            left.append(reason_of(error, act))
    return left
