"""Make the changes of a request at most once, and tell what became of them."""

import contextlib
import os
import time

from nowfab.agent.apply import apply_apart, staged
from nowfab.agent.before import look_before, refuse_practice
from nowfab.agent.frames import Counted, take_blob
from nowfab.agent.paths import check_staged, sync_folder
from nowfab.agent.request import Job
from nowfab.agent.state import (
    drop_tree,
    fresh_folder,
    lock_state,
    prune,
    read_json,
    refuse_while_armed,
    run_folder,
    settle,
    state_folder,
    write_json,
)
from nowfab.agent.words import Trouble, to_text, why

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Iterator

ANEW = "this run was used for other changes; a run is applied once"


def carry_out(job: Job, source: Counted) -> dict:
    """Make the changes, or tell what became of them when this run was asked for before."""
    refuse_practice(job)
    state = state_folder(job.state)
    lock = lock_state(state, job.run, job.who)
    try:
        refuse_while_armed(state)
        settle(state)
        folder = run_folder(state, job.run)
        if not read_json(folder + b"/result.json"):
            begin(job, folder, source)
            apply_apart(job, folder)
            # what is left open now was ended half way
            settle(state)
            prune(state, job.run)
        elif read_json(folder + b"/request.json").get("changes") != told(job):
            raise Trouble(ANEW)
        result = read_json(folder + b"/result.json")
        return {name: result[name] for name in ("state", "reason", "made", "failed")}
    finally:
        os.close(lock)


def begin(job: Job, folder: bytes, source: Counted) -> None:
    """Stage what came and see that all can be done; until here, nothing of the node was touched."""
    with untouched(folder):
        stage(job, folder, source)
        write_json(folder + b"/request.json", asked_for(job))
        write_json(folder + b"/result.json", {"open": True, "state": "failed", "made": []})
        sync_folder(os.path.dirname(folder))


@contextlib.contextmanager
def untouched(folder: bytes) -> "Iterator[None]":
    """Leave nothing of a run that cannot begin, and say why it cannot."""
    try:
        yield
    except OSError as error:
        drop_tree(folder)
        named = error.filename if isinstance(error.filename, bytes) else folder
        raise Trouble("`%s`: %s; nothing was changed" % (to_text(named), why(error))) from None
    except BaseException:
        drop_tree(folder)
        raise


def stage(job: Job, folder: bytes, source: Counted) -> "list[bool]":
    """Take what comes, and see that all can be done; say of each change whether there is something to do."""
    fresh_folder(folder)
    for index, blob in enumerate(job.blobs):
        descriptor = os.open(staged(folder, index), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as sink:
            take_blob(source, blob, sink)
    wanted = look_before(job)
    for change in job.changes:
        if change["do"] == "write":
            check_staged(change, staged(folder, change["blob"]))
    return wanted


def asked_for(job: Job) -> dict:
    """Give what is kept of a request."""
    return {"run": job.run, "title": job.title, "who": job.who, "since": time.time(), "changes": told(job)}


def told(job: Job) -> "list[dict]":
    """Give the changes as they may be kept: without contents, and of a secret not even the hash."""
    return [told_of(change, job) for change in job.changes]


def told_of(change: dict, job: Job) -> dict:
    """Give one change as it may be kept."""
    kept = {name: value for name, value in change.items() if name not in ("blob", "was", "stdin")}
    if change["do"] == "write" and not change["secret"]:
        kept["sha256"] = job.blobs[change["blob"]]["sha256"]
    if change["do"] == "run":
        kept["stdin"] = change["stdin"] is not None
    return kept
