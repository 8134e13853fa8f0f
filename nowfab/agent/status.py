"""Tell which run waits for its confirmation, and what became of the last ones; nothing is changed."""

import os
import time

from nowfab.agent.arm import boot_id
from nowfab.agent.armed import armed_run
from nowfab.agent.exchange import with_answers
from nowfab.agent.frames import Counted
from nowfab.agent.request import Job
from nowfab.agent.state import read_json, run_folder, runs_in, state_path
from nowfab.agent.words import Trouble, to_text, why


def status(job: Job, source: Counted) -> "tuple[dict, list[bytes]]":
    """Give the run that waits, if one does, and all that are kept, the oldest first."""
    state = state_path(job.state)
    try:
        run = armed_run(state)
        runs = [run_told(folder, run) for folder in runs_in(state)]
    except FileNotFoundError:
        run, runs = "", []
    except OSError as error:
        asked = "`%s` cannot be read: %s%s" % (
            job.state,
            why(error),
            "" if os.geteuid() == 0 else "; use sudo",
        )
        raise Trouble(asked) from None
    state_word = "armed" if run else "nothing"
    result = {"state": state_word, "reason": "", "made": [], "failed": None}  # type: dict
    reply, blobs = with_answers(result, job)
    return dict(reply, armed=waiting(state, run) if run else None, runs=runs), blobs


def waiting(state: bytes, run: str) -> dict:
    """Tell of the run that waits: who armed it and when, how far it is, how many seconds it still has."""
    folder = run_folder(state, run)
    asked, result = read_json(folder + b"/request.json"), read_json(folder + b"/result.json")
    guard = asked.get("guard", {})
    # the clock that the timer goes by begins anew with each start of the node
    until = min(guard.get("until", 0.0), result.get("until", float("inf")))
    left = until - time.monotonic() if guard.get("boot") == boot_id() else 0.0
    told = {"run": run, "title": asked.get("title", "?"), "who": asked.get("who", "?")}
    times = {"since": asked.get("since", 0.0), "seconds": guard.get("seconds", 0), "left": max(0.0, left)}
    return dict(told, state=result.get("state", "?"), reason=result.get("reason", ""), **times)


def run_told(folder: bytes, armed: str) -> dict:
    """Tell of one run."""
    asked, result = read_json(folder + b"/request.json"), read_json(folder + b"/result.json")
    run = to_text(os.path.basename(folder))
    state = "armed" if run == armed else "open" if result.get("open", True) else result["state"]
    changed = sum(each["did"] == "changed" for each in result.get("made", []))
    told = {"run": run, "title": asked.get("title", "?"), "who": asked.get("who", "?"), "state": state}
    times = {"since": asked.get("since", 0.0), "at": result.get("at")}
    return dict(told, reason=result.get("reason", ""), changed=changed, **times)
