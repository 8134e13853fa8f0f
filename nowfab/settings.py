"""Parse the numbers and choices of a run once, into values that can be trusted."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from nowfab import names, pace
from nowfab.errors import UsageError
from nowfab.pace import AT_ONCE, Pace

Format = Literal["table", "json", "stream"]
HostKeys = Literal["strict", "ask", "accept-new"]

LARGEST_FANOUT = 10_000
MOST_RETRIES = 1000
LONGEST = 31 * 24 * 3600.0
"""Seconds; a month is longer than any run, and what is larger is a slip."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run goes: nodes at once, seconds, what to do about host keys, how to show it.

    `timeout` is for the command, None for no limit; `connect_timeout` None means what ssh_config
    says, else 10. `host_keys` is None when nobody said: then a run asks on a terminal and is strict
    without one. `ask_password` says that the user will type a login password for the nodes that
    refuse every key. After `silence` seconds without a sign of life a connection counts as lost.
    The whole run ends after `deadline` seconds; `pick` of the chosen nodes take part; `confirm` asks
    before anything is sent.
    """

    fanout: int = 64
    connect_timeout: float | None = None
    timeout: float | None = None
    host_keys: HostKeys | None = None
    format: Format = "table"
    ask_password: bool = False
    silence: float = 45.0
    pace: Pace = AT_ONCE
    deadline: float | None = None
    pick: int | None = None
    confirm: bool = False


def parse(
    *,
    fanout: str | None = None,
    connect_timeout: str | None = None,
    timeout: str | None = None,
    host_keys: str | None = None,
    format: str | None = None,
    ask_password: bool = False,
    silence: str | None = None,
    deadline: str | None = None,
    pick: str | None = None,
    confirm: bool = False,
    **course: Any,
) -> Settings:
    """Read what was typed behind the flags of these names, None for a flag that was not typed."""
    usual = Settings()
    return Settings(
        usual.fanout if fanout is None else count("--fanout", fanout, LARGEST_FANOUT),
        usual.connect_timeout if connect_timeout is None else seconds("--connect-timeout", connect_timeout),
        None if timeout is None else seconds("--timeout", timeout),
        None if host_keys is None else cast(HostKeys, choice("--host-keys", host_keys, get_args(HostKeys))),
        usual.format if format is None else cast(Format, choice("--format", format, get_args(Format))),
        ask_password,
        usual.silence if silence is None else seconds("--silence", silence),
        _pace(**course),
        None if deadline is None else seconds("--deadline", deadline),
        None if pick is None else count("--pick", pick, pace.LARGEST),
        confirm,
    )


def _pace(
    serial: str | None = None,
    max_fail: str | None = None,
    fail_fast: bool = False,
    retry: str | None = None,
    retry_delay: str | None = None,
    lost: bool = False,
) -> Pace:
    again = 0 if retry is None else count("--retry", retry, MOST_RETRIES)
    if not again and (lost or retry_delay is not None):
        raise UsageError(
            f"`{'--lost' if lost else '--retry-delay'}` says how to `--retry`, which was not given"
        )
    return Pace(
        () if serial is None else pace.sizes(serial),
        pace.max_fail(max_fail, fail_fast),
        again,
        AT_ONCE.retry_delay if retry_delay is None else seconds("--retry-delay", retry_delay, none=True),
        lost,
    )


def seconds(flag: str, typed: str, none: bool = False) -> float:
    """Read a duration in seconds, with or without a point; 0 only where `none` at all makes sense."""
    try:
        value = float(typed)
    except ValueError:
        value = math.nan
    if not (0 < value <= LONGEST or (none and value == 0)):
        raise UsageError(
            f"{flag} takes seconds, such as 2.5 or 30, at most {LONGEST:.0f}, not {names.shown(typed)}"
        )
    return value


def choice(flag: str, typed: str, choices: tuple[str, ...]) -> str:
    """Read one of several words."""
    if typed not in choices:
        raise UsageError(f"{flag} takes {', '.join(choices[:-1])} or {choices[-1]}, not {names.shown(typed)}")
    return typed


def count(flag: str, typed: str, most: int) -> int:
    """Read a whole number from 1 on."""
    digits = typed.isascii() and typed.isdecimal() and len(typed) <= len(str(most))
    if not digits or not 1 <= int(typed) <= most:
        raise UsageError(f"{flag} takes a number from 1 to {most}, not {names.shown(typed)}")
    return int(typed)
