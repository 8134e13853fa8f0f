"""Have a node start anew or be off, and tell from its own word that it did."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, field, replace

from nowfab import remote
from nowfab.blobs import MemoryBlob
from nowfab.inventory.node import Node
from nowfab.remote import Shape
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Outcome, Talk, Work
from nowfab.work import command

Start = Callable[[Node], Work]
"""How a node is told, with the rights that it takes there."""

LEAVES = 60.0
"""Seconds after which a node that was told to be off is called still up."""

LOOKS = 20
"""Seconds that one look at a node that is still up lasts, on the node; it ends when the node goes down."""

SLACK = 30.0
"""Seconds beyond those that such a look may take; a node on its way down can hang."""

_BOOT = """\
boot() {
  read -r id </proc/sys/kernel/random/boot_id || return
  if read -r stat 2>/dev/null </proc/1/stat; then set -- ${stat##*")"}; id=$id/${20}; fi
  echo "nowfab-boot $id"
}
"""
"""Say which start of the node this is.

The kernel's boot id is another one after each start (random(4)). In a container it is the host's, so the
time at which the first process began (field 22 of proc_pid_stat(5)) is said, too.
"""

_STAYS = """\
was='{boot}' left={seconds}
while [ "$(boot)" = "$was" ] && [ "$left" -gt 0 ]; do sleep 1; left=$((left - 1)); done
boot
"""

_TELL = """\
PATH=$PATH:/usr/sbin:/sbin
if [ "${{NOWFAB_PRACTICE-}}" = 1 ]; then
  echo "{verb}: refused: this is a practice node, its commands run on your own computer" >&2; exit 1
fi
if [ "$(id -u)" != 0 ]; then echo "{verb}: only root may; leave --no-sudo out" >&2; exit 1; fi
if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null; then
  exec systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms systemctl {verb}
fi
command -v {verb} >/dev/null || {{ echo "{verb}: there is no such program" >&2; exit 1; }}
(trap "" HUP TERM; sleep 1; exec {verb}) </dev/null >/dev/null 2>&1 &
"""
"""Have it happen in a second, when this has been told as done: a session that dies with the node is lost."""

_SAID = re.compile(rb"^nowfab-boot ([0-9a-f]{8}-[0-9a-f-]{27}(?:/[0-9]{1,20})?)\r?$", re.MULTILINE)

NO_BOOT = (
    "it does not say which start of it this is (/proc/sys/kernel/random/boot_id), so no new one is known"
)


def telling(verb: str) -> str:
    """Give the script with which root has a node `reboot` or `poweroff`."""
    return _TELL.format(verb=verb)


def reboot(start: Start, within: float | None) -> Work:
    """Make the work of starting a node anew; a row is OK when it was told to.

    With `within` it is OK only when the node answers so many seconds later, from another start than before.
    """

    def talk(node: Node) -> Talk:
        if node.local:
            return _spared(node, "this computer is not rebooted from here")
        if within is None:
            row = yield from start(node)(node)
            return _said(row, "was told to reboot") if row.status is Status.OK else row
        return (yield from _Watch(node, within).reboot(start(node)))

    return talk


def shut_down(start: Start) -> Work:
    """Make the work of having a node off; a row is OK when its connection ended after it was told to."""

    def talk(node: Node) -> Talk:
        if node.local:
            return _spared(node, "this computer is not shut down from here")
        return (yield from _Watch(node, LEAVES).shut_down(start(node)))

    return talk


def wait_up(within: float) -> Work:
    """Make the work of waiting until a node lets us in and does something for us."""

    def talk(node: Node) -> Talk:
        return (yield from _Watch(node, within).wait_up())

    return talk


@dataclass(slots=True)
class _Watch:
    """One node that is watched for so many seconds; `spent` are those that its execs took so far."""

    node: Node
    within: float
    spent: float = field(default=0.0, init=False)
    attempts: int = field(default=0, init=False)

    def reboot(self, start: Work) -> Talk:
        looked = yield from self._ask(Exec(_line("boot"), timeout=SLACK))
        before = _boot(looked)
        if before is None:
            odd = looked.ending is Ending.EXITED
            return self._row(Status.FAILED, NO_BOOT) if odd else self._of(looked)
        told = yield from start(self.node)
        if told.status not in (Status.OK, Status.LOST):
            return told
        self.spent = 0.0
        return (yield from self._anew(before))

    def _anew(self, before: str) -> Talk:
        """Stay with the node while it is as before, come back when it is gone, until it is another start."""
        down = False
        while (left := self.within - self.spent) > 0:
            looks = min(LOOKS, max(1, round(left)))
            script = _STAYS.format(boot=f"nowfab-boot {before}", seconds=looks)
            exec = Exec(_line(script), timeout=looks + SLACK, fresh=down, patience=left if down else 0.0)
            outcome = yield from self._ask(exec)
            now = _boot(outcome)
            if now not in (None, before):
                return _said(self._row(Status.OK), f"rebooted, and back after {self.spent:.0f} s")
            if _given_up(outcome):
                return self._row(
                    Status.LOST, f"was told to reboot, and nobody waited for it: {outcome.reason}"
                )
            if outcome.ending is Ending.EXITED and now is None:
                return self._row(Status.LOST, f"was told to reboot; now {NO_BOOT}")
            if down and outcome.ending in (Ending.UNREACHABLE, Ending.REFUSED):
                return self._row(
                    Status.LOST, f"went down and is not back within {self._limit}: {outcome.reason}"
                )
            down = outcome.ending is not Ending.EXITED
        if down:
            return self._row(Status.LOST, f"went down and is not back within {self._limit}")
        return self._row(Status.FAILED, f"was told to reboot, and has not gone down within {self._limit}")

    def shut_down(self, start: Work) -> Talk:
        told = yield from start(self.node)
        if told.status is not Status.OK:
            return told
        outcome = yield from self._ask(Exec(_line(f"sleep {self.within:.0f}"), timeout=self.within + SLACK))
        if _given_up(outcome):
            return self._row(
                Status.LOST, f"was told to shut down, and nobody waited for it: {outcome.reason}"
            )
        slept = outcome.ending is Ending.EXITED and outcome.code == 0
        if slept or outcome.ending is Ending.STOPPED:
            return self._row(Status.FAILED, f"was told to shut down, and is still up after {self._limit}")
        return _said(self._row(Status.OK), f"is going down: its connection ended after {self.spent:.0f} s")

    def wait_up(self) -> Talk:
        while True:
            left = self.within - self.spent
            outcome = yield from self._ask(Exec(remote.line("true"), timeout=SLACK, patience=max(left, 0.0)))
            gone = outcome.ending is Ending.LOST or outcome.late  # it goes down just now, or hangs
            if gone and self.spent < self.within:
                continue
            if outcome.ending is Ending.EXITED:
                return _said(self._of(outcome), f"answered after {self.spent:.1f} s")
            row = self._of(outcome)
            return (
                row if _given_up(outcome) else replace(row, reason=f"not within {self._limit}: {row.reason}")
            )

    @property
    def _limit(self) -> str:
        return f"{self.within:g} s"

    def _ask(self, exec: Exec) -> Generator[Exec, Outcome, Outcome]:
        outcome = yield exec
        self.spent += outcome.seconds
        self.attempts = max(self.attempts, outcome.attempts)
        return outcome

    def _of(self, outcome: Outcome) -> Result:
        """Make the row of an outcome, over all the time."""
        return replace(command.result(self.node, outcome), seconds=self.spent, attempts=self.attempts)

    def _row(self, status: Status, reason: str = "") -> Result:
        return Result(self.node.name, status, seconds=self.spent, reason=reason, attempts=self.attempts)


def _line(script: str) -> str:
    shape = Shape(shell="sh")  # noqa: S604 - the name of one, in place of a login shell like fish
    return remote.line(_BOOT + script, shape)


def _boot(outcome: Outcome) -> str | None:
    """Read which start a node says it is; None where it does not say."""
    found = _SAID.findall(outcome.stdout.tail(4096)) if outcome.ending is Ending.EXITED else []
    return found[-1].decode() if found else None


def _given_up(outcome: Outcome) -> bool:
    """Tell whether the run was stopped meanwhile."""
    return outcome.ending in (Ending.STOPPED, Ending.CANCELLED) and not outcome.late


def _said(row: Result, text: str) -> Result:
    return replace(row, stdout=MemoryBlob(f"{text}\n".encode()))


def _spared(node: Node, why: str) -> Result:
    return Result(node.name, Status.CANCELLED, reason=f"{why}; `-x {node.name}` leaves it out")
