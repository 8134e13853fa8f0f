"""Say how a run goes about its nodes: in which waves, how often again, and when it is given up."""

from __future__ import annotations

from dataclasses import dataclass

from nowfab import names
from nowfab.errors import UsageError

LARGEST = 100_000
"""Nodes, as many as one expression may name."""


@dataclass(frozen=True, slots=True)
class Share:
    """A number of nodes, or so many of a hundred."""

    number: int
    percent: bool = False

    def of(self, nodes: int) -> int:
        """Count the share of so many nodes; a part of a node is none."""
        return nodes * self.number // 100 if self.percent else self.number

    def __str__(self) -> str:
        return f"{self.number}%" if self.percent else str(self.number)


@dataclass(frozen=True, slots=True)
class Pace:
    """What was asked for.

    `serial` has the sizes of the waves, the last of which repeats; () means all nodes in one wave.
    A run ends when more than `max_fail` nodes have not ended well. A node that has not goes again
    up to `retry` times, each `retry_delay` seconds after its wave; one that is lost only with `lost`.
    """

    serial: tuple[Share, ...] = ()
    max_fail: Share | None = None
    retry: int = 0
    retry_delay: float = 1.0
    lost: bool = False

    def __str__(self) -> str:
        """Say what is not as usual: `in waves of 1,5, at most 3 may fail, 2 more tries`; "" for nothing."""
        sizes = ",".join(map(str, self.serial))
        parts = (
            sizes and f"in waves of {sizes}",
            f"at most {self.max_fail} may fail" if self.max_fail else "",
            f"up to {self.retry} more tries each" if self.retry else "",
        )
        return ", ".join(filter(None, parts))


AT_ONCE = Pace()


def sizes(typed: str) -> tuple[Share, ...]:
    """Read `1,5,25%`."""
    return tuple(share("--serial", word, "1 or 25% or 1,5,25%", 1) for word in typed.split(","))


def max_fail(typed: str | None, fail_fast: bool) -> Share | None:
    """Read how many nodes may fail; the first one ends the run with `--fail-fast`."""
    if fail_fast and typed is not None:
        raise UsageError("`--fail-fast` is `--max-fail 0`; give only one of the two")
    if fail_fast:
        return Share(0)
    return None if typed is None else share("--max-fail", typed, "0 or 3 or 10%", 0)


def share(flag: str, typed: str, such_as: str, least: int) -> Share:
    """Read a number of nodes, or a percentage up to 100%."""
    digits = typed.strip().removesuffix("%")
    percent = typed.strip().endswith("%")
    most = 100 if percent else LARGEST
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 6 and least <= int(digits) <= most):
        raise UsageError(f"{flag} takes nodes or a percentage, such as {such_as}, not {names.shown(typed)}")
    return Share(int(digits), percent)
