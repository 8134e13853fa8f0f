"""Have all packages in the newest version that the node's sources offer."""

from __future__ import annotations

import re

from nowfab.plan.changes import Change, FetchLists, Upgrade
from nowfab.plan.questions import OutputOf, Package
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View

SIMULATED = ("apt-get", "-s", "-q", "upgrade", "--with-new-pkgs")
"""What apt would do: upgrade, with new packages where they are needed, and remove none (apt-get(8))."""

PARTIAL = "/var/lib/apt/lists/partial"
"""The folder that apt fetches its lists into, so that it changes with each fetch."""

DAY = 24 * 60
"""Minutes."""

_INSTALLED = re.compile(r"^Inst (\S+) (?:\[(\S*)\] )?\((\S+) ", re.MULTILINE)
_HELD = re.compile(r"^The following packages have been kept back:\n((?:  .*\n)*)", re.MULTILINE)
_NOT_THERE = 127


def upgrade(max_age: int = DAY) -> tuple[Step, ...]:
    """Fetch apt's lists where they are older than `max_age` minutes, then upgrade all that is not held.

    What there is to upgrade is known only with the new lists, so that is decided after they came.
    """
    young = ("find", PARTIAL, "-maxdepth", "0", "-mmin", f"-{max_age}")

    def fetch(view: View) -> tuple[Change, ...]:
        return () if view.said(*young).stdout.strip() else (FetchLists(),)

    def bring(view: View) -> tuple[Change, ...]:
        said = view.said(*SIMULATED)
        if said.code == _NOT_THERE:
            raise Refused("there is no apt-get on the node")
        if said.code:
            lines = said.stderr.decode("utf-8", "replace").strip().splitlines()
            raise Refused(
                f"apt-get cannot tell what there is to upgrade: {lines[-1] if lines else said.code}"
            )
        return planned(said.stdout.decode("utf-8", "replace"))

    return (
        Step("lists of packages", (OutputOf(young),), fetch),
        Step("upgrade", (OutputOf(SIMULATED),), bring),
    )


def planned(said: str) -> tuple[Upgrade, ...]:
    """Read what apt would do; nothing where it would install nothing."""
    found = _INSTALLED.findall(said)
    if not found:
        return ()
    held = tuple(name for part in _HELD.findall(said) for name in part.split())
    to = tuple((name, new) for name, _, new in found)
    return (Upgrade(to, tuple((name, Package(old)) for name, old, _ in found), held),)
