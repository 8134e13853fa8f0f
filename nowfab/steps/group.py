"""Have a group."""

from __future__ import annotations

from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.questions import OutputOf
from nowfab.plan.steps import Step
from nowfab.plan.view import View
from nowfab.steps import accounts


def group(name: str, system: bool = False) -> Step:
    """Make the group where there is none; a `system` group gets one of the low numbers."""

    def decide(view: View) -> tuple[Change, ...]:
        if accounts.group(view, name):
            return ()
        argv = ("groupadd", *(("--system",) if system else ()), "--", name)
        return (RunArgv(argv, alters=accounts.ALTERED),)

    return Step(f"group {name}", (OutputOf(("getent", "group", name)),), decide)
