"""End a guarded run: write down what became of it, then have it wait no more, then clean up."""

import contextlib
import os
import time

from nowfab.agent.armed import armed_run, take_armed
from nowfab.agent.backup import drop_kept
from nowfab.agent.state import drop_tree, prune, read_json, run_folder, write_json
from nowfab.agent.words import Trouble, to_text


def await_applied(state: bytes, run: str, folder: bytes, seconds: float) -> str:
    """Wait until the changes are made or the run waits no more; say what is in the way of a confirmation."""
    until = time.monotonic() + seconds
    while armed_run(state) == run:
        result = read_json(folder + b"/result.json")
        if result.get("state") in ("applied", "stuck"):
            return result["reason"]
        if time.monotonic() > until:
            return "its changes are not made yet; ask again"
        time.sleep(0.05)
    return ""


def begin_undo(folder: bytes) -> None:
    """Note that a run goes back, so that what is half old is never confirmed; that needs no room."""
    with contextlib.suppress(OSError):
        os.unlink(folder + b"/apply.json")
    drop_tree(folder + b"/new")


def goes_back(folder: bytes) -> str:
    """Say that a run began to go back, "" where it did not."""
    return "" if os.path.lexists(folder + b"/apply.json") else "it is being taken back"


def note_result(
    folder: bytes,
    state: str,
    reason: str,
    made: "list[dict]",
    failed: "int | None",
    until: "float | None" = None,
) -> None:
    """Write down how far a guarded run came, and until when it waits by the monotonic clock.

    What was made counts only when the run waits no more.
    """
    result = {"state": state, "reason": reason, "made": made, "failed": failed, "at": time.time()}
    if until is not None:
        result["until"] = until
    ended = state not in ("armed", "applying", "applied", "stuck")
    write_json(folder + b"/result.json", dict(result, guarded=True, open=not ended))


def end_run(
    state: bytes, run: str, result: str, reason: str, made: "list[dict]", failed: "int | None"
) -> None:
    """Have the run wait no more: its result is on the disk before, so that nobody finds it without one."""
    folder = run_folder(state, run)
    drop_tree(folder + b"/new")
    noted = True
    try:
        note_result(folder, result, reason, made, failed)
    except OSError:
        # a full disk keeps nobody from having it back as it was
        if result == "confirmed":
            raise
        noted = False
    take_armed(state)
    tidy(folder)
    if not noted:  # there is more room now
        with contextlib.suppress(OSError):
            note_result(folder, result, reason, made, failed)
    prune(state, run)


def tidy(folder: bytes) -> None:
    """Drop what only a waiting run needs: the old bytes, the new ones, the program."""
    drop_kept(read_json(folder + b"/request.json").get("changes", []), to_text(os.path.basename(folder)))
    drop_tree(folder + b"/old")
    drop_tree(folder + b"/new")
    for name in (b"apply.json", b"agent.py", b"begun", b"undo.json"):
        with contextlib.suppress(OSError):
            os.unlink(folder + b"/" + name)


def came_of(state: bytes, run: str) -> dict:
    """Tell what became of a guarded run that was asked for before."""
    if armed_run(state) == run:
        return {"state": "armed", "reason": "", "made": [], "failed": None}
    result = read_json(run_folder(state, run) + b"/result.json")
    if not result or result.get("open"):
        raise Trouble("run %s does not wait for a confirmation: it was not armed here, or is forgotten" % run)
    return {name: result[name] for name in ("state", "reason", "made", "failed")}
