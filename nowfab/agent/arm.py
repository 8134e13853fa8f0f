"""Arm a guarded run: what takes it back is on the disk, its timer runs, PID 1 makes the changes."""

import contextlib
import copy
import os
import signal
import time

from nowfab.agent.apply import ENDS, run_apart
from nowfab.agent.armed import armed_run, put_armed
from nowfab.agent.backup import back_up, drop_kept
from nowfab.agent.before import refuse_practice
from nowfab.agent.ending import await_applied, came_of, note_result, tidy
from nowfab.agent.exchange import unanswered, with_log
from nowfab.agent.frames import Counted
from nowfab.agent.goals import PATHS
from nowfab.agent.guardian import install_guard, see_systemd, start_apply, start_timer, stop_timers
from nowfab.agent.making import ANEW, asked_for, stage, told, untouched
from nowfab.agent.paths import sync_folder
from nowfab.agent.proofs import against_proof
from nowfab.agent.questions import answer_all
from nowfab.agent.request import Job
from nowfab.agent.state import (
    drop_tree,
    lock_state,
    read_json,
    refuse_while_armed,
    run_folder,
    settle,
    state_folder,
    state_path,
    write_json,
)
from nowfab.agent.undo import take_back, undo_now
from nowfab.agent.undoable import refuse_forgetful, refuse_unguardable
from nowfab.agent.words import Trouble, why

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Iterator

LATER = "the run is only armed now; its confirmation answers"


def arm(job: Job, source: Counted) -> "tuple[dict, list[bytes]]":
    """Have the changes of a request made, and taken back unless somebody confirms them."""
    if os.environ.get("NOWFAB_PRACTICE") == "1":
        raise Trouble("this is a practice node: its systemd is a person's own, nothing can be guarded here")
    refuse_practice(job)
    refuse_unguardable(job)
    see_systemd(state_path(job.state))
    refuse_forgetful(state_path(job.state))
    state = state_folder(job.state)
    folder = run_folder(state, job.run)
    if armed_run(state) != job.run:  # one that is armed is made by whoever has the lock
        begin_once(job, state, folder, source)
    if read_json(folder + b"/request.json").get("changes") != told(job):
        raise Trouble(ANEW)
    # who confirms must come by a way that was laid after the changes: so this tells when they are made
    reason = await_applied(state, job.run, folder, job.wait)
    if reason and is_left(job, state, folder):
        run_apart(lambda: undo_now(state, job.run, "what made its changes was ended before it was through"))
    result = came_of(state, job.run)
    if result["state"] == "armed":
        result["reason"] = reason
    return dict(with_log(result), answers=unanswered(job.questions, LATER)), []


def begin_once(job: Job, state: bytes, folder: bytes, source: Counted) -> None:
    """Have a run armed, unless it was before."""
    lock = lock_state(state, job.run, job.who)
    try:
        if armed_run(state) != job.run:
            refuse_while_armed(state)
            settle(state)
        if not read_json(folder + b"/result.json"):
            make_ready(job, state, folder, source)
            launch(job, state, folder)
    finally:
        os.close(lock)


def is_left(job: Job, state: bytes, folder: bytes) -> bool:
    """Say whether nobody makes the changes any more that were begun: whoever does has the lock."""
    try:
        os.close(lock_state(state, job.run, job.who))
    except Trouble:
        return False
    return armed_run(state) == job.run and read_json(folder + b"/result.json").get("state") == "applying"


def make_ready(job: Job, state: bytes, folder: bytes, source: Counted) -> None:
    """Put all on the disk that the changes, and their way back, will need; nothing of the node is touched."""
    with untouched(folder), nothing_beside(job):
        wanted = stage_paths_first(job, folder, source)
        until = time.monotonic() + job.making + job.seconds
        guard = {"seconds": job.seconds, "making": job.making, "until": until}  # type: dict
        guard["boot"] = boot_id()
        guard["proofs"] = proofs_that_count(job)
        write_json(folder + b"/request.json", dict(asked_for(job), guard=guard))
        record = back_up(job, wanted, folder)
        with open(folder + b"/begun", "wb"), open(folder + b"/agent.py", "wb") as program:
            program.write(own_text())
            program.flush()
            os.fsync(program.fileno())
        changes = [plain(change) for change in job.changes]
        write_json(folder + b"/apply.json", {"changes": changes, "wanted": wanted})
        write_json(folder + b"/undo.json", record)
        note_result(folder, "armed", "", [], None)
        sync_folder(folder)
        sync_with_all_above(state)
        install_guard(state)


def proofs_that_count(job: Job) -> "list[dict]":
    """Leave out proofs that count only if they held before, and do not hold now."""
    asking = copy.copy(job)
    asking.questions = [proof for proof in job.proofs if proof.get("held")]
    failing = [
        proof
        for proof, said in zip(asking.questions, answer_all(asking).answers)
        if against_proof(proof, said)
    ]
    return [proof for proof in job.proofs if proof not in failing]


@contextlib.contextmanager
def nothing_beside(job: Job) -> "Iterator[None]":
    """Leave nothing beside paths of a run that cannot be armed."""
    try:
        yield
    except BaseException:
        drop_kept(job.changes, job.run)
        raise


def sync_with_all_above(folder: bytes) -> None:
    """Make a folder durable that may have been made just now, and those above it too."""
    while True:
        sync_folder(folder)
        if folder == os.path.dirname(folder):
            return
        folder = os.path.dirname(folder)


def stage_paths_first(job: Job, folder: bytes, source: Counted) -> "list[bool]":
    """Stage the request, looking at its changes in the order in which they will be made."""
    order = sorted(range(len(job.changes)), key=lambda number: job.changes[number]["do"] not in PATHS)
    sorted_job = copy.copy(job)
    sorted_job.changes = [job.changes[number] for number in order]
    wanted = stage(sorted_job, folder, source)
    return [wanted[order.index(number)] for number in range(len(order))]


def plain(change: dict) -> dict:
    """Give a change as making it needs it: what it was decided on may tell of a secret."""
    return dict(change, was={"is": change.get("was", {}).get("is")})


def own_text() -> bytes:
    """Give the text of this agent, which whoever started it keeps."""
    text = globals().get("TEXT")
    if not isinstance(text, bytes):
        raise Trouble("the agent was started without a name for its own text; nothing was changed")
    return text


def boot_id() -> str:
    """Tell this start of the node from others."""
    try:
        with open("/proc/sys/kernel/random/boot_id") as file:
            return file.read().strip()
    except OSError:
        return ""


def launch(job: Job, state: bytes, folder: bytes) -> None:
    """Start the timer, then have the run wait, then have the changes made: nobody ends us in between."""
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    try:
        start_timer(state, job.run, job.making + job.seconds, "making")
        put_armed(state, job.run)
        start_apply(state, job.run)
    except (Trouble, OSError) as error:
        reason = error.reason if isinstance(error, Trouble) else why(error)
        if armed_run(state) == job.run:
            if not take_back(state, job.run, reason, None):
                return
        else:
            tidy(folder)
            drop_tree(folder)
        stop_timers(job.run)
        if not os.path.isdir(folder):
            raise Trouble("%s; nothing was changed" % reason) from None
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
