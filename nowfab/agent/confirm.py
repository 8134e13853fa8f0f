"""Confirm a guarded run: its changes are made, its proofs hold, so they stay."""

import copy
import os
import time

from nowfab.agent.armed import armed_run
from nowfab.agent.ending import await_applied, came_of, end_run, goes_back
from nowfab.agent.exchange import with_log
from nowfab.agent.frames import Counted
from nowfab.agent.guardian import stop_timers
from nowfab.agent.proofs import against_proof, name_of
from nowfab.agent.questions import Answers, answer_all
from nowfab.agent.request import Job
from nowfab.agent.state import lock_within, read_json, run_folder, state_folder

CONFIRM_WAIT = 15
"""Seconds that a confirmation waits for the lock."""

PROOF_SECONDS = 10
"""Seconds for which proofs are tried that do not hold at once; not longer than changes are waited for."""

PROOF_PAUSE = 0.5
"""Seconds between two tries."""


def confirm(job: Job, source: Counted) -> "tuple[dict, list[bytes]]":
    """Have the changes stay if all holds; else say what does not, or what became of the run."""
    state = state_folder(job.state)
    folder = run_folder(state, job.run)
    reason = await_applied(state, job.run, folder, job.wait)
    waits = armed_run(state) == job.run
    proofs = read_json(folder + b"/request.json").get("guard", {}).get("proofs", []) + job.proofs
    if not waits or reason:
        proofs = []
    answers, missing = proven(job, proofs, state)
    if waits and not reason and not missing:
        commit(job, state, folder)
    result = came_of(state, job.run)
    if result["state"] == "armed":
        result["reason"] = reason or missing or goes_back(folder)
    said = answers.answers
    return dict(with_log(result), proofs=said[: len(proofs)], answers=said[len(proofs) :]), answers.blobs


def proven(job: Job, proofs: "list[dict]", state: bytes) -> "tuple[Answers, str]":
    """Ask proofs and questions until all proofs hold, for a while: who was just started answers a bit later.

    Give the answers, and which proofs do not hold.
    """
    asking = copy.copy(job)
    asking.questions = proofs + job.questions
    until = time.monotonic() + min(PROOF_SECONDS, job.wait)
    while True:
        answers = answer_all(asking)
        missing = "; ".join(
            "%s does not hold: %s" % (name_of(proof, number), against_proof(proof, said))
            for number, (proof, said) in enumerate(zip(proofs, answers.answers))
            if against_proof(proof, said)
        )
        if not missing or time.monotonic() > until or armed_run(state) != job.run:
            return answers, missing
        time.sleep(PROOF_PAUSE)


def commit(job: Job, state: bytes, folder: bytes) -> None:
    """Have the changes stay, unless the run was taken back meanwhile."""
    lock = lock_within(state, job.run, job.who, CONFIRM_WAIT)
    try:
        result = read_json(folder + b"/result.json")
        applied = result.get("state") == "applied" and not goes_back(folder)
        if armed_run(state) == job.run and applied:
            end_run(state, job.run, "confirmed", "", result["made"], None)
            stop_timers(job.run)
    finally:
        os.close(lock)
