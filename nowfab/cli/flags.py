"""Know the flags that every node task takes, and what was typed behind them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from invoke.parser import Argument

from nowfab import settings
from nowfab.settings import Settings


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag by its spellings, the long one first.

    `many` may be given more than once, a `switch` takes no value.
    """

    names: tuple[str, ...]
    help: str
    many: bool = False
    switch: bool = False

    def argument(self) -> Argument:
        """Make what Invoke's parser takes; numbers stay text, Invoke would answer them with a traceback."""
        long, kind = self.names[0], list if self.many else bool if self.switch else str
        attribute = long.replace("-", "_") if "-" in long else None
        return Argument(names=self.names, kind=kind, help=self.help, attr_name=attribute)


FLAGS = (
    Flag(
        ("group", "g"),
        "groups, as in -g red,blue or -g 'all!red' (,!&^ @* ~regex ^file -); may be repeated",
        many=True,
    ),
    Flag(
        ("hosts", "w"),
        "nodes, as in -w red[01-05,7], -w pi@red01:22 or -w '@all!~5$'; may be repeated",
        many=True,
    ),
    Flag(
        ("exclude", "x"),
        "groups or nodes to leave out, as in -x blue,red01 or -x ^down; may be repeated",
        many=True,
    ),
    Flag(("user",), "the user to log in as, for every node"),
    Flag(("port",), "the SSH port, for every node"),
    Flag(("fanout",), "nodes to talk to at once (64)"),
    Flag(("connect-timeout",), "seconds from looking a name up to being logged in (10)"),
    Flag(("timeout", "T", "command-timeout"), "seconds that the command may take (no limit)"),
    Flag(("silence",), "seconds without a sign of life after which a connection counts as lost (45)"),
    Flag(("host-keys",), "unknown host keys: strict, ask or accept-new (ask on a terminal, else strict)"),
    Flag(("serial",), "nodes that go together, one lot after the other: 5, 25% or 1,5,25% (all at once)"),
    Flag(("max-fail",), "end the run when more nodes than this did not end well: 3 or 10% (no limit)"),
    Flag(("fail-fast",), "end the run at the first node that does not end well", switch=True),
    Flag(("retry",), "times that a node which did not end well goes again (0)"),
    Flag(("retry-delay",), "seconds before it does (1)"),
    Flag(("lost",), "have lost nodes go again too, though the command may have run", switch=True),
    Flag(("deadline",), "seconds that the whole run may take (no limit)"),
    Flag(("pick",), "so many of the chosen nodes, picked at random"),
    Flag(("confirm",), "show nodes and command first, and ask", switch=True),
    Flag(("ask-password",), "ask once for a login password, for nodes that refuse every key", switch=True),
    Flag(("format",), "table, json or stream (table)"),
)


_WHO = frozenset({"group", "hosts", "exclude", "user", "port"})
"""Flags that choose nodes; the others say how the run goes."""


@dataclass(frozen=True, slots=True)
class Typed:
    """What stood behind the flags, unread; None or () where a flag was not given."""

    group: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    user: str | None = None
    port: str | None = None
    fanout: str | None = None
    connect_timeout: str | None = None
    timeout: str | None = None
    silence: str | None = None
    serial: str | None = None
    max_fail: str | None = None
    fail_fast: bool = False
    retry: str | None = None
    retry_delay: str | None = None
    lost: bool = False
    deadline: str | None = None
    pick: str | None = None
    confirm: bool = False
    host_keys: str | None = None
    ask_password: bool = False
    format: str | None = None

    def settings(self, timeout: str | None) -> Settings:
        """Read the numbers and choices; `timeout` is Invoke's own, for when ours was not given."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        how = {name: value for name, value in given.items() if name not in _WHO}
        return settings.parse(**{**how, "timeout": self.timeout or timeout})


def take(given: dict[str, Any]) -> Typed:
    """Take the flags out of what Invoke hands a task, and leave the task's own."""
    names = [flag.names[0].replace("-", "_") for flag in FLAGS]
    taken: dict[str, Any] = {name: given.pop(name) for name in names if name in given}
    for name, value in taken.items():
        taken[name] = tuple(value) if isinstance(value, list) else value
    return Typed(**taken)
