"""Make the changes of a run one after the other, from what lies on the disk, attached to nobody."""

import os
import signal

from nowfab.agent.goals import PATHS, needed, state_now
from nowfab.agent.paths import (
    UNIT_FOLDERS,
    Spot,
    folder_path,
    keep_copy,
    link_path,
    remove_path,
    sync_folders,
    write_path,
)
from nowfab.agent.request import Job
from nowfab.agent.state import finish, made_so_far, note_made
from nowfab.agent.words import Trouble, reason_of

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable

ENDS = (signal.SIGHUP, signal.SIGINT, signal.SIGTERM)

GOES_ON = "the connection went while this run was being applied; it goes on without, ask again"


def apply_apart(job: Job, folder: bytes) -> None:
    """Make the changes apart."""
    run_apart(lambda: apply_all(job, folder))


def run_apart(action: "Callable[[], None]") -> None:
    """Have a process of its own do something: whoever ends this one does not end that half way."""
    unblocked = signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)
    child = os.fork()
    if not child:
        try:
            stand_apart(unblocked)
            action()
        finally:
            os._exit(0)
    for number in ENDS:
        signal.signal(number, told_to_end)
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    os.waitpid(child, 0)
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)


def told_to_end(number: int, frame: object) -> None:
    """Be ended with a word to whoever may still listen."""
    raise Trouble(GOES_ON, "running")


def stand_apart(unblocked: set) -> None:
    """Leave the session of the connection, and its input and outputs."""
    os.setsid()
    for number in ENDS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, unblocked)
    nothing = os.open("/dev/null", os.O_RDWR)
    for each in (0, 1, 2):
        os.dup2(nothing, each)


def apply_all(job: Job, folder: bytes) -> None:
    """Make change after change until one fails; write down what became of it."""
    reload_wanted = False
    index = -1
    try:
        for index, change in enumerate(job.changes):
            if change["do"] == "unit" and reload_wanted:
                reload_units()
                reload_wanted = False
            did = "changed" if apply_one(job, folder, index) else "already"
            note_made(folder, index, did)
            reload_wanted = reload_wanted or (did == "changed" and is_of_unit(change))
        index = len(job.changes) - 1
        if reload_wanted:
            reload_units()
        sync_folders([change["path"] for change in job.changes if "path" in change])
    except Exception as error:
        sync_folders([change["path"] for change in job.changes[: index + 1] if "path" in change])
        made = [each for each in made_so_far(folder) if each["change"] != index]
        finish(folder, "failed", reason_of(error, job.changes[index]), made, index)
    else:
        finish(folder, "applied", "", made_so_far(folder), None)


def reload_units() -> None:
    """Have systemd read its files anew."""
    from nowfab.agent.units import reload_systemd

    reload_systemd()


def apply_one(job: Job, folder: bytes, index: int) -> bool:
    """Make one change; False where its goal held already."""
    change = job.changes[index]
    kind = change["do"]
    if not needed(change, job, state_now(change)):
        return False
    if kind in PATHS:
        apply_path(change, Spot(change["path"], job.run, index), folder)
        return True
    from nowfab.agent.kernel import set_sysctl
    from nowfab.agent.packages import change_packages
    from nowfab.agent.programs import CHANGE_SECONDS, demand
    from nowfab.agent.units import change_unit
    from nowfab.agent.upgrading import fetch_lists, upgrade_all

    if kind == "packages":
        change_packages(change, job.lock_seconds)
    elif kind == "lists":
        fetch_lists(job.lock_seconds)
    elif kind == "upgrade":
        upgrade_all(job.lock_seconds)
    elif kind == "unit":
        change_unit(change)
    elif kind == "sysctl":
        set_sysctl(change)
    elif change["stdin"] is None:
        demand(change["argv"], CHANGE_SECONDS)
    else:
        with open(staged(folder, change["stdin"]), "rb") as stdin:
            demand(change["argv"], CHANGE_SECONDS, quiet=change.get("quiet", True), stdin=stdin)
    return True


def apply_path(change: dict, spot: Spot, folder: bytes) -> None:
    """Change what stands at a path; nothing is left beside it, whatever happens."""
    kind = change["do"]
    try:
        if kind == "write":
            if change.get("keep"):
                keep_copy(spot, os.path.dirname(folder) + b"/kept")
            write_path(change, spot, staged(folder, change["blob"]))
        elif kind == "link":
            link_path(change, spot)
        elif kind == "folder":
            folder_path(change, spot)
        else:
            remove_path(change, spot)
    finally:
        spot.sweep()


def staged(folder: bytes, index: int) -> bytes:
    """Give the file in which a blob lies that came."""
    return folder + b"/new/%d" % index


def is_of_unit(change: dict) -> bool:
    """Say whether systemd has to read its files anew after a change."""
    return change["do"] in PATHS and change["path"].startswith(UNIT_FOLDERS)
