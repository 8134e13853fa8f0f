"""Confirm a guarded run: its changes are made, its proofs hold, so they stay."""

import copy
import os

from nowfab.agent.armed import armed_run
from nowfab.agent.ending import await_applied, came_of, end_run, goes_back
from nowfab.agent.exchange import with_log
from nowfab.agent.frames import Counted
from nowfab.agent.guardian import stop_timers
from nowfab.agent.proofs import against_proof, name_of
from nowfab.agent.questions import answer_all
from nowfab.agent.request import Job
from nowfab.agent.state import lock_within, prune, read_json, run_folder, state_folder

CONFIRM_WAIT = 15
"""Seconds that a confirmation waits for the lock."""


def confirm(job: Job, source: Counted) -> "tuple[dict, list[bytes]]":
    """Have the changes stay if all holds; else say what does not, or what became of the run."""
    state = state_folder(job.state)
    folder = run_folder(state, job.run)
    reason = await_applied(state, job.run, folder, job.wait)
    waits = armed_run(state) == job.run
    proofs = read_json(folder + b"/request.json").get("guard", {}).get("proofs", []) + job.proofs
    asking = copy.copy(job)
    asking.questions = (proofs if waits and not reason else []) + job.questions
    answers = answer_all(asking)
    proven = answers.answers[: len(asking.questions) - len(job.questions)]
    reason = reason or "; ".join(
        "%s does not hold: %s" % (name_of(proof, number), against_proof(proof, said))
        for number, (proof, said) in enumerate(zip(proofs, proven))
        if against_proof(proof, said)
    )
    if waits and not reason:
        commit(job, state, folder)
    result = came_of(state, job.run)
    if result["state"] == "armed":
        result["reason"] = reason
    return dict(with_log(result), proofs=proven, answers=answers.answers[len(proven) :]), answers.blobs


def commit(job: Job, state: bytes, folder: bytes) -> None:
    """Have the changes stay, unless the run was taken back meanwhile."""
    lock = lock_within(state, job.run, job.who, CONFIRM_WAIT)
    try:
        result = read_json(folder + b"/result.json")
        applied = result.get("state") == "applied" and not goes_back(folder)
        if armed_run(state) == job.run and applied:
            end_run(state, job.run, "confirmed", "", result["made"], None)
            stop_timers(job.run)
            prune(state, job.run)
    finally:
        os.close(lock)
