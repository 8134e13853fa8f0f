"""Have a service run, or not, and start anew after a change of its files."""

from __future__ import annotations

from nowfab.plan.changes import Change, SetUnit
from nowfab.plan.questions import File, PathAt, Question, UnitNamed
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View


def service(
    name: str,
    enabled: bool | None = None,
    running: bool | None = None,
    after_change_of: tuple[str, ...] = (),
) -> Step:
    """Enable, disable, start or stop a unit; None leaves that as it is.

    A unit that runs is restarted where one of the files `after_change_of` is younger than its last
    start: also when the plan that changed the file never came to the restart, or that failed.
    """
    questions: tuple[Question, ...] = (
        UnitNamed(name),
        *(PathAt(path, content=False) for path in after_change_of),
    )

    def decide(view: View) -> tuple[Change, ...]:
        was = view.unit(name)
        if not was.known:
            raise Refused(f"there is no unit `{name}`")
        active = was.active in ("active", "activating", "reloading")
        files = [view.at(path, content=False) for path in after_change_of]
        younger = any(isinstance(file, File) and file.changed > was.since for file in files)
        enable = enabled if enabled is not None and enabled != was.enabled.startswith("enabled") else None
        run = running if running is not None and running != active else None
        restart = younger and (active or was.active == "failed") and running is not False
        if enable is None and run is None and not restart:
            return ()
        return (SetUnit(name, was, enable, run, restart),)

    return Step(f"service {name}", questions, decide)
