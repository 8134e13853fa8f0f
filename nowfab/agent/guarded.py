"""Make the changes of a guarded run, started by PID 1; what fails is taken back at once."""

import os
import time

from nowfab.agent.acts import do_act, note_begun
from nowfab.agent.apply import apply_path, is_of_unit, staged
from nowfab.agent.armed import armed_run
from nowfab.agent.ending import goes_back, note_result
from nowfab.agent.goals import PATHS
from nowfab.agent.guardian import start_timer, stop_timers
from nowfab.agent.paths import Spot, sync_folders
from nowfab.agent.programs import LOOK_SECONDS, demand
from nowfab.agent.state import lock_within, made_so_far, note_made, read_json, run_folder
from nowfab.agent.undo import take_back
from nowfab.agent.units import reload_systemd
from nowfab.agent.words import Trouble, reason_of

HEAD_START = 0.5
"""Seconds that the reply of `arm` has to get home before a change may cut its way."""

APPLY_WAIT = 60
"""Seconds that the lock is waited for: who armed the run still has it."""


def apply_guarded(state: bytes, run: str) -> None:
    """Make all changes if the run waits for that, once."""
    folder = run_folder(state, run)
    time.sleep(HEAD_START)
    lock = lock_within(state, run, read_json(folder + b"/request.json").get("who", "?"), APPLY_WAIT)
    try:
        fresh = read_json(folder + b"/result.json").get("state") == "armed" and not goes_back(folder)
        if armed_run(state) != run or not fresh:
            return
        note_result(folder, "applying", "", [], None)
        plan = read_json(folder + b"/apply.json")
        failed = make_all(plan["changes"], plan["wanted"], run, folder) or begin_wait(state, run, folder)
        if failed and take_back(state, run, failed[1], failed[0]):
            stop_timers(run)
    finally:
        os.close(lock)


def begin_wait(state: bytes, run: str, folder: bytes) -> "tuple[int | None, str] | None":
    """Have the time for a confirmation begin, then say that all is made; give why that cannot be."""
    seconds = read_json(folder + b"/request.json")["guard"]["seconds"]
    made = sorted(made_so_far(folder), key=lambda each: each["change"])
    try:
        start_timer(state, run, seconds, "timer")
        note_result(folder, "applied", "", made, None, time.monotonic() + seconds)
    except (Trouble, OSError) as error:
        return None, reason_of(error, {"do": "its timer"})
    return None


def make_all(
    changes: "list[dict]", wanted: "list[bool]", run: str, folder: bytes
) -> "tuple[int | None, str] | None":
    """Change all paths, let them prove themselves, then do the rest; give what failed, and why."""
    ahead = [number for number, change in enumerate(changes) if wanted[number] and change["do"] in PATHS]
    behind = [number for number, change in enumerate(changes) if wanted[number] and change["do"] not in PATHS]
    index = 0
    try:
        for index in ahead:
            change = dict(changes[index], verify=[])
            apply_path(change, Spot(change["path"], run, index), folder)
            note_made(folder, index, "changed")
        sync_folders([changes[number]["path"] for number in ahead])
        for index in ahead:
            if changes[index].get("verify"):
                demand(changes[index]["verify"], LOOK_SECONDS, quiet=changes[index]["secret"])
        if any(is_of_unit(changes[number]) for number in ahead):
            reload_systemd()
        for index in behind:
            note_begun(folder, index)
            do_act(changes[index], staged(folder, changes[index].get("stdin") or 0))
            note_made(folder, index, "changed")
    except Exception as error:
        return index, reason_of(error, changes[index])
    if behind:
        # what systemctl and the programs wrote
        os.sync()
    for index in sorted(set(range(len(changes))) - set(ahead) - set(behind)):
        note_made(folder, index, "already")
    return None
