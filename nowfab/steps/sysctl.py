"""Have a kernel parameter set, now and after each boot."""

from __future__ import annotations

from nowfab.plan.changes import Change, SetSysctl
from nowfab.plan.questions import PathAt, SysctlNamed
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.line import line

FILE = "/etc/sysctl.d/90-nowfab.conf"
"""Read at boot by systemd-sysctl.service, after what the distribution ships (sysctl.d(5))."""


def sysctl(key: str, value: str) -> Step:
    """Set the parameter where it differs, and write it down."""
    kept = line(FILE, f"{key} = {value}", instead_of=rf"^\s*{_escaped(key)}\s*=")

    def decide(view: View) -> tuple[Change, ...]:
        was = view.sysctl(key)
        if was.value is None:
            raise Refused(f"the kernel has no parameter `{key}`")
        changes = kept.decide(view)
        if was.value.split() != value.split():
            changes = (*changes, SetSysctl(key, value, was))
        return changes

    return Step(f"sysctl {key}", (PathAt(FILE), SysctlNamed(key)), decide)


def _escaped(key: str) -> str:
    return key.replace(".", r"[./]")
