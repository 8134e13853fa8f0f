"""Have a node start anew where it says that this is due, and come back."""

from __future__ import annotations

from nowfab.facts import health, material
from nowfab.inventory.node import Node
from nowfab.results import Changed, Result, Status
from nowfab.talk import Talk, Work
from nowfab.work import looking, power

_NOT_KNOWN = "whether a reboot is due is not known: {}"
_NOT_SENT = "a reboot is due, and was not made: {}"
_NOT_DONE = "a reboot is due: {}"

_UNSENT = frozenset({Status.UNREACHABLE, Status.REFUSED, Status.CANCELLED})


def reboot_if_due(start: power.Start, within: float, timeout: float | None = None) -> Work:
    """Make the work of looking, and of rebooting where that is due; a row is OK where it is not.

    It is CHANGED where the node answers from another start than before, at most `within` seconds later.
    """
    look, reboot = looking.look(health.DUE, timeout), power.reboot(start, within)

    def talk(node: Node) -> Talk:
        looked = yield from look(node)
        if looked.status is not Status.OK:
            return _ended(looked, looked, Status.FAILED, _NOT_KNOWN.format(_why(looked)))
        if not health.due(material.cut(looked.stdout.head(material.LONGEST)) or {}):
            return _ended(looked, looked, Status.OK)
        row = yield from reboot(node)
        if row.status is Status.OK:
            return _ended(looked, row, Status.CHANGED, said=row.stdout.head(200).decode().strip())
        if row.status in _UNSENT:
            return _ended(looked, row, Status.FAILED, _NOT_SENT.format(_why(row)))
        why = _why(row) if row.status is Status.LOST else _NOT_DONE.format(_why(row))
        return _ended(looked, row, row.status, why)

    return talk


def _ended(looked: Result, row: Result, status: Status, reason: str = "", said: str = "") -> Result:
    """Make the row of both: what they said is in `reason`, or is the change."""
    seconds = looked.seconds + (row.seconds if row is not looked else 0.0)
    changes = (Changed(said),) if said else ()
    attempts = max(looked.attempts, row.attempts)
    return Result(row.node, status, seconds=seconds, changes=changes, reason=reason, attempts=attempts)


def _why(row: Result) -> str:
    """Say why a row did not end well, in the node's words where nobody else has any."""
    said = row.stderr.tail(1000).decode("utf-8", "replace").strip().splitlines()
    return row.reason or (said[-1] if said else f"it ended as {row.status}")
