"""Have a program run from time to time."""

from __future__ import annotations

import re

from nowfab.blobs import MemoryBlob
from nowfab.errors import UsageError
from nowfab.plan.changes import Change, SetUnit
from nowfab.plan.questions import Absent, OutputOf, PathAt, Question, UnitNamed
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps import accounts
from nowfab.steps.file import file
from nowfab.steps.remove import remove
from nowfab.steps.service import service

FOLDER = "/etc/systemd/system"
VENDORS = ("/usr/lib/systemd/system", "/lib/systemd/system")
"""Where packages have their units (systemd.unit(5))."""

_SPAN = re.compile(
    r"(?:\s*[0-9]+(?:\.[0-9]+)?\s*(?:s|sec|seconds?|m|min|minutes?|h|hr|hours?|d|days?|w|weeks?))+"
)
"""A span of systemd.time(7), without units that nobody means."""

_ESCAPED = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t", "%": "%%", "$": "$$"})
"""What would mean something else in a command line of systemd.service(5)."""


def timer(
    name: str,
    run: tuple[str, ...] = (),
    on_calendar: str = "",
    every: str = "",
    user: str = "",
    present: bool = True,
) -> tuple[Step, ...]:
    """Have a timer of systemd start the program at the times of `on_calendar`, or `every` so often.

    What was missed while the node was off is caught up with. The last step needs a stage of its own:
    systemd reads the files first. UsageError for what cannot be meant.
    """
    unit, paths = f"{name}.timer", (f"{FOLDER}/{name}.service", f"{FOLDER}/{name}.timer")
    if not present:
        return (_off(unit), *map(remove, paths))
    if not run or bool(on_calendar) == bool(every):
        raise UsageError("`timer` needs `run`, and `on-calendar` or `every`; or `present: false`")
    if every and not _SPAN.fullmatch(every):
        raise UsageError(f"`{every}` is no span of time such as `15min` or `1h 30min`")
    when = (
        f"OnCalendar={on_calendar}\nPersistent=true"
        if on_calendar
        else f"OnBootSec={every}\nOnUnitActiveSec={every}"
    )
    return (
        _possible(name, on_calendar, user),
        file(paths[0], MemoryBlob(_service(name, run, user).encode())),
        file(paths[1], MemoryBlob(_timer(name, when).encode())),
        service(unit, enabled=True, running=True, after_change_of=(paths[1],)),
    )


def _service(name: str, run: tuple[str, ...], user: str) -> str:
    argv = run if run[0].startswith("/") else ("/usr/bin/env", *run)  # before 239, systemd knows no PATH
    words = " ".join(f'"{word.translate(_ESCAPED)}"' for word in argv)
    who = f"User={user}\n" if user else ""
    return f"[Unit]\nDescription={name}, by nowfab\n\n[Service]\nType=oneshot\n{who}ExecStart={words}\n"


def _timer(name: str, when: str) -> str:
    install = "[Install]\nWantedBy=timers.target\n"
    return f"[Unit]\nDescription={name}, by nowfab\n\n[Timer]\n{when}\n\n{install}"


def _possible(name: str, on_calendar: str, user: str) -> Step:
    """See that the node understands the times, knows the user, and has no such units from a package."""
    vendors = [f"{folder}/{name}.{kind}" for folder in VENDORS for kind in ("service", "timer")]
    calendar = ("systemd-analyze", "calendar", on_calendar)

    def decide(view: View) -> tuple[Change, ...]:
        for path in vendors:
            if not isinstance(view.at(path, content=False), Absent):
                raise Refused(f"a package has {path} already; another name would leave that alone")
        if user and accounts.account(view, user) is None:
            raise Refused(f"there is no user `{user}`; a step `user` before this one makes it")
        if on_calendar:
            said = view.said(*calendar)
            if said.code not in (0, 127) and b"Unknown operation" not in said.stderr:
                raise Refused(f"systemd there does not understand `{on_calendar}`: systemd.time(7) says how")
        return ()

    asked: list[Question] = [PathAt(path, content=False) for path in vendors]
    asked += accounts.questions(user) if user else ()
    asked += [OutputOf(calendar)] if on_calendar else []
    return Step(f"timer {name}", tuple(asked), decide)


def _off(unit: str) -> Step:
    """Stop the timer where there is one."""

    def decide(view: View) -> tuple[Change, ...]:
        was = view.unit(unit)
        # one that has failed is no more stopped by being stopped
        enabled, active = was.enabled.startswith("enabled"), was.active not in ("inactive", "failed")
        if not enabled and not active:
            return ()
        return (SetUnit(unit, was, False if enabled else None, False if active else None),)

    return Step(f"no timer {unit.removesuffix('.timer')}", (UnitNamed(unit),), decide)
