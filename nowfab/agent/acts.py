"""Do what a guarded run does beyond paths (units, parameters, programs), and take it back."""

import contextlib
import os

from nowfab.agent.kernel import set_sysctl
from nowfab.agent.programs import CHANGE_SECONDS, LOOK_SECONDS, demand
from nowfab.agent.units import RUNS, change_unit, units_at
from nowfab.agent.words import Trouble

BOOT_SECONDS = 20
"""How long each program may take that takes something back while the node is started."""


def note_begun(folder: bytes, index: int) -> None:
    """Note durably that an act is about to begin: only what began is taken back."""
    with open(folder + b"/begun", "ab") as file:
        file.write(b"%d\n" % index)
        file.flush()
        os.fsync(file.fileno())


def begun_until(folder: bytes) -> int:
    """Give the number of the last change that may have begun, -1 for none."""
    last = -1
    with contextlib.suppress(OSError), open(folder + b"/begun", "rb") as file:
        for line in file:
            with contextlib.suppress(ValueError):
                last = max(last, int(line))
    return last


def do_act(change: dict, stdin: bytes) -> None:
    """Change a unit or a parameter, or run a program; `stdin` is the file that it reads."""
    if change["do"] == "unit":
        change_unit(change)
    elif change["do"] == "sysctl":
        set_sysctl(change)
    elif change["stdin"] is None:
        demand(change["argv"], CHANGE_SECONDS)
    else:
        with open(stdin, "rb") as source:
            demand(change["argv"], CHANGE_SECONDS, quiet=change.get("quiet", True), stdin=source)


def disable_new(acts: "list[dict]") -> None:
    """Disable what was not enabled, while the unit's own file is still there to say what that means."""
    for act in acts:
        if act["do"] == "unit" and act["enables"] and not act["enabled"].startswith("enabled"):
            with contextlib.suppress(Trouble):
                demand(systemctl("disable", act["name"], ["--no-reload"]), LOOK_SECONDS)


def undo_act(act: dict, boot: bool) -> None:
    """Take one act back. While the node is started, nothing is waited for: systemd is busy with just that."""
    if act["do"] == "sysctl":
        if not boot:
            set_sysctl(act)
    elif act["do"] == "run":
        demand(act["undo"], BOOT_SECONDS if boot else CHANGE_SECONDS, quiet=act["secret"])
    else:
        undo_unit(act, boot)


def undo_unit(act: dict, boot: bool) -> None:
    """Have a unit be as it was; one that may be gone with its file is stopped only where it runs."""
    if act["enables"] and act["enabled"].startswith("enabled"):
        demand(systemctl("enable", act["name"], ["--no-reload"] if boot else []), LOOK_SECONDS)
    if not act["moves"]:
        return
    verb = "stop"
    if act["active"] in RUNS:
        verb = "restart" if act["restart"] and not boot else "start"
    elif units_at([act["name"]])[act["name"]]["active"] in ("inactive", "failed"):
        return
    demand(systemctl(verb, act["name"], ["--no-block"] if boot else []), CHANGE_SECONDS)


def systemctl(verb: str, name: str, options: "list[str]") -> "list[str]":
    """Give the call that does something with a unit."""
    return ["systemctl", "--no-ask-password", verb] + options + ["--", name]
