"""Have PID 1 make the changes of a guarded run, and take them back when nobody confirms them."""

import contextlib
import os
import re
import sys

from nowfab.agent.paths import sync_folder
from nowfab.agent.programs import LOOK_SECONDS, demand, run_program
from nowfab.agent.words import Trouble, new_sha256, to_bytes, to_text

SYSTEMD = b"/run/systemd/system"
"""Is there where systemd is PID 1 (sd_booted(3))."""

UNITS = b"/etc/systemd/system"

USUAL_STATE = b"/var/lib/nowfab"

PLAIN = re.compile(rb"/[A-Za-z0-9_./+-]+")
"""A state folder that means the same in a unit file, whatever quotes and percent signs mean there."""

WITHOUT = "; nothing was changed, and `--no-rollback` makes it without a guard"

BOOT_GUARD = """# Made by nowfab. Takes a guarded run back that nobody confirmed before the node was started anew.
[Unit]
Description=Take back the run of nowfab that nobody confirmed
DefaultDependencies=no
ConditionPathExists={state}/armed
RequiresMountsFor={state}
Wants=network-pre.target
After=local-fs.target
Before=sysinit.target network-pre.target systemd-sysctl.service
Before=nftables.service netfilter-persistent.service ufw.service firewalld.service

[Service]
Type=oneshot
TimeoutStartSec=300
ExecStart=/bin/sh -c 'run=$$(cat "$$0/armed") && exec {python} -IS "$$0/$$run/agent.py" undo "$$0" "$$run" boot' {state}

[Install]
WantedBy=sysinit.target
"""  # noqa: E501 - a unit file's lines are as long as they are


def see_systemd(state: bytes) -> None:
    """See that there is somebody who can take a run back when we are cut off."""
    if not os.path.isdir(SYSTEMD):
        raise Trouble("this node is not run by systemd; nothing else could take a run back" + WITHOUT)
    if not os.access(UNITS, os.W_OK):
        raise Trouble("nothing can be guarded: only root can have systemd take a run back" + WITHOUT)
    if not PLAIN.fullmatch(state):
        raise Trouble("a unit file cannot name the state folder `%s`; choose a plain one" % to_text(state))


def guard_name(state: bytes) -> str:
    """Give the name of the boot guard of a state folder."""
    if state == USUAL_STATE:
        return "nowfab-guard.service"
    digest = new_sha256()
    digest.update(state)
    return "nowfab-guard-%s.service" % digest.hexdigest()[:8]


def install_guard(state: bytes) -> None:
    """Have the boot guard stand on the disk, enabled, for the next start of the node."""
    name = to_bytes(guard_name(state))
    path, wants = UNITS + b"/" + name, UNITS + b"/sysinit.target.wants"
    if os.path.islink(path):
        raise Trouble("`%s` is masked or a link; without it nothing can be guarded" % to_text(path))
    put_text(path, BOOT_GUARD.format(state=to_text(state), python=interpreter()))
    with contextlib.suppress(FileExistsError):
        os.mkdir(wants, 0o755)
    link = wants + b"/" + name
    if not os.path.lexists(link):
        os.symlink(path, link)
    sync_folder(wants)
    sync_folder(UNITS)


def put_text(path: bytes, text: str) -> None:
    """Have a file with this text, durable; one that is right already stays."""
    with contextlib.suppress(OSError), open(path, "rb") as file:
        if file.read() == to_bytes(text):
            os.fsync(file.fileno())
            return
    with open(path + b".new", "wb") as file:
        file.write(to_bytes(text))
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    os.rename(path + b".new", path)


def interpreter() -> str:
    """Name the Python that runs this by its own file, for PID 1 to run: the run may change links to it."""
    python = os.path.realpath(to_bytes(sys.executable or "/usr/bin/python3"))
    if not os.path.isfile(python) or not os.access(python, os.X_OK):
        raise Trouble("there is no Python at `%s` that could take a run back%s" % (to_text(python), WITHOUT))
    if not PLAIN.fullmatch(python):
        raise Trouble("a unit file cannot name the Python `%s`%s" % (to_text(python), WITHOUT))
    return to_text(python)


def apply_name(run: str) -> str:
    """Name the service that makes the changes of a run."""
    return "nowfab-apply-%s.service" % run


def timer_names(run: str) -> "list[str]":
    """Name the timers that take a run back: one as long as it waits, one once its changes are made."""
    return ["nowfab-undo-%s.timer" % run, "nowfab-wait-%s.timer" % run]


def start_timer(state: bytes, run: str, seconds: int, cause: str) -> None:
    """Have systemd take the run back after so many seconds by the monotonic clock, and see that it will."""
    unit = timer_names(run)[cause == "timer"]
    options = [
        "--on-active=%ds" % seconds,
        "--timer-property=AccuracySec=1s",
        "--property=Conflicts=" + apply_name(run),
        "--property=After=" + apply_name(run),
    ]
    systemd_run(unit[: -len(".timer")], options, state, run, ["undo", cause])
    demand(["systemctl", "is-active", "--quiet", "--", unit], LOOK_SECONDS)


def start_apply(state: bytes, run: str) -> None:
    """Have systemd make the changes; whoever stops it does so at once."""
    options = ["--property=KillSignal=SIGKILL", "--property=TimeoutStopSec=2"]
    systemd_run(apply_name(run), options, state, run, ["apply", "arm"])


def systemd_run(unit: str, options: "list[str]", state: bytes, run: str, words: "list[str]") -> None:
    """Start a transient unit that runs the agent from the disk."""
    folder = to_text(state) + "/" + run
    program = [interpreter(), "-IS", folder + "/agent.py", words[0], to_text(state), run, words[1]]
    demand(["systemd-run", "--quiet", "--unit=" + unit] + options + ["--"] + program, LOOK_SECONDS)


def stop_apply(run: str) -> None:
    """End the service that makes the changes, with all that it started; there may be none."""
    for verb in ("stop", "reset-failed"):
        run_program(["systemctl", "--no-ask-password", verb, "--", apply_name(run)], LOOK_SECONDS)


def stop_timers(run: str) -> None:
    """End the timers of a run; there may be none."""
    run_program(["systemctl", "--no-ask-password", "stop", "--"] + timer_names(run), LOOK_SECONDS)
