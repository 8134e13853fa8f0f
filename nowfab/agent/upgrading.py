"""Fetch apt's lists of packages, and upgrade all that is installed, without removing anything."""

import contextlib
import os

from nowfab.agent.packages import APT_ENV, apt_get, carry_out_apt, ready_dpkg, wait_for_locks
from nowfab.agent.programs import CHANGE_SECONDS, demand

LISTS = b"/var/lib/apt/lists"


def fetch_lists(seconds: int) -> None:
    """Fetch the lists anew; one that cannot be had is a failure, where apt knows that option (2.1.8)."""
    wait_for_locks(seconds, "the list of packages is", (LISTS + b"/lock",))
    demand(apt_get(seconds, ["-o", "APT::Update::Error-Mode=any", "update"]), CHANGE_SECONDS, extra=APT_ENV)
    with contextlib.suppress(OSError):
        os.utime(
            LISTS + b"/partial"
        )  # who asks how old they are looks there: apt itself may leave it as it was


def upgrade_all(seconds: int) -> None:
    """Upgrade what is not held; new packages may come along, none goes."""
    ready_dpkg(seconds)
    carry_out_apt(apt_get(seconds, ["upgrade", "--with-new-pkgs"]), seconds)


def upgrade_holds(change: dict, now: dict) -> bool:
    """Say whether each package has the version that it was to have."""
    return all(now[name]["version"] == version for name, version in change["to"].items())
