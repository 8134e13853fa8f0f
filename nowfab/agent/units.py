"""Ask systemd how units are, and have it enable, start and stop them."""

import time

from nowfab.agent.programs import CHANGE_SECONDS, LOOK_SECONDS, demand, failure, run_program
from nowfab.agent.words import Trouble

RUNS = ("active", "activating", "reloading")

ASKED = ("LoadState", "UnitFileState", "ActiveState", "ActiveEnterTimestampMonotonic")


def units_at(names: "list[str]") -> dict:
    """Give the state of each unit, asked in one go."""
    if not names:
        return {}
    argv = ["systemctl", "show", "--no-pager", "--property=" + ",".join(ASKED), "--"] + names
    ended = run_program(argv, LOOK_SECONDS)
    if ended.code in (126, 127) or b"not been booted with systemd" in ended.stderr:
        raise Trouble("there is no systemd on this node")
    if ended.code or ended.slow:
        raise Trouble(failure(["systemctl", "show"], LOOK_SECONDS, ended, quiet=False))
    parts = ended.stdout.decode("utf-8", "replace").strip().split("\n\n")
    if len(parts) != len(names):
        raise Trouble("systemctl told of %d units, asked for %d" % (len(parts), len(names)))
    return {name: unit_of(part) for name, part in zip(names, parts)}


def unit_of(part: str) -> dict:
    """Read what `systemctl show` says of one unit; one that is not there is neither enabled nor active."""
    said = dict(line.split("=", 1) for line in part.splitlines() if "=" in line)
    there = said.get("LoadState") != "not-found"
    started = int(said.get("ActiveEnterTimestampMonotonic") or 0)
    # the clock may have jumped since (a Pi has none of its own): count back from now
    since = time.time() - (time.monotonic() - started / 1e6) if started else 0.0
    enabled = said.get("UnitFileState", "") if there else ""
    return {"enabled": enabled, "active": said.get("ActiveState") or "inactive", "since": since}


def unit_holds(change: dict, now: dict) -> bool:
    """Say whether a unit is as it shall be; one that shall be started anew never is."""
    enabled = change["enabled"] in (None, now["enabled"].startswith("enabled"))
    running = change["running"] in (None, now["active"] in RUNS)
    return enabled and running and not change["restart"]


def unit_after(change: dict, now: dict) -> dict:
    """Give the state that a unit will have once the change is made."""
    enabled = {None: now["enabled"], True: "enabled", False: "disabled"}[change["enabled"]]
    active = {None: now["active"], True: "active", False: "inactive"}[change["running"]]
    return {"enabled": enabled, "active": active}


def change_unit(change: dict) -> None:
    """Have systemd do it; to be enabled comes before to be started, as after the next boot."""
    verbs = []
    if change["enabled"] is not None:
        verbs.append("enable" if change["enabled"] else "disable")
    if change["restart"] and change["running"] is not False:
        verbs.append("restart")
    elif change["running"] is not None:
        verbs.append("start" if change["running"] else "stop")
    for verb in verbs:
        demand(["systemctl", "--no-ask-password", verb, "--", change["name"]], CHANGE_SECONDS)


def reload_systemd() -> None:
    """Have systemd read its unit files anew."""
    demand(["systemctl", "--no-ask-password", "daemon-reload"], CHANGE_SECONDS)
