"""Hold one row against what the node itself wrote down."""

from __future__ import annotations

import hashlib

from nowfab.results import Result, Status
from tests.soak.chores import Chore
from tests.soak.weather import Toxic

NOT_SENT = frozenset({Status.UNREACHABLE, Status.REFUSED, Status.CANCELLED})


def lie(row: Result, chore: Chore, toxic: Toxic, cancelled: bool, ran: int, alive: bool) -> str:
    """Say in what a row is not true, "" for a truthful one.

    `ran` is how often the command began on the node, `alive` whether something of it still runs there.
    """
    if ran > 1:
        return f"ran {ran} times"
    if row.status in NOT_SENT and ran:
        return "is said not to be sent, and ran"
    if row.status not in NOT_SENT | {Status.LOST} and alive:
        return "is said to have ended, and runs"
    if row.status in (Status.OK, Status.FAILED, Status.SIGNALED):
        return _ended(row, chore, ran)
    if row.status in (Status.STOPPED, Status.CANCELLED):
        return "" if cancelled else "nobody stopped it"
    if row.status is Status.TIMED_OUT:
        return "" if chore.timeout else "it had no time limit"
    stopped = row.status is Status.LOST and (cancelled or chore.timeout)
    blameless = toxic.harmless and not stopped  # a busy computer may be slow to confirm a stop
    return f"nothing was wrong with the network: {row.reason}" if blameless else ""


def _ended(row: Result, chore: Chore, ran: int) -> str:
    """Look at the row of a command that is said to have come to its own end."""
    if not ran:
        return "is said to have run, and did not"
    if (row.status, row.exit_code) != (chore.status, chore.code):
        return f"{chore.status.value} {chore.code} was to be expected, not {row.exit_code}"
    if row.stdout.sha256 != hashlib.sha256(chore.output).digest():
        return f"its output is wrong: {row.stdout.size} bytes"
    return ""
