"""Say for each node how its agent is asked: as whom, with which folder, for whom here."""

from __future__ import annotations

import getpass
import os
import secrets
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial

from nowfab.blobs import MemoryBlob, Secret
from nowfab.errors import Place
from nowfab.inventory.node import Node
from nowfab.inventory.strict_yaml import Text
from nowfab.plan.call import Agent
from nowfab.plan.program import packed
from nowfab.plan.questions import TcpTo
from nowfab.remote import PLAIN, Shape
from nowfab.steps.filling import Templates
from nowfab.steps.variables import variables
from nowfab.terminal import ask
from nowfab.terminal.screen import Screen
from nowfab.work.asking import Manner

STATE = "/var/lib/nowfab"
"""The agent's folder on a node where nobody says another one."""

HOME_STATE = "~/.nowfab"
"""The same without root: in the login's home."""


MOST = 16
"""Nodes behind a gateway that are looked for after a change of it; each that is off takes 3 s."""


@dataclass(frozen=True, slots=True)
class How:
    """How agents are asked: `sudo` unless the login is root; `state` is filled as texts of plans are.

    After `rollback` seconds a node takes back what could cut us off, unless it was confirmed; 0 is never.
    """

    dry: bool = False
    rollback: int = 90
    overwrite: bool = False
    sudo: bool = True
    state: str | None = None
    timeout: float | None = None
    password: Secret | None = None


@dataclass(slots=True)
class Agents:
    """The agents of the nodes of one run, which has one name on all of them.

    `others` are nodes that are not of this run, and are reached through nodes that are.
    """

    nodes: Sequence[Node]
    how: How
    others: Sequence[Node] = ()
    templates: Templates = field(default_factory=Templates)
    run: str = field(default_factory=lambda: _run())
    behind: dict[str, list[TcpTo]] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Note who is the gateway of whom, and how it sees them."""
        for node in {node.name: node for node in (*self.others, *self.nodes)}.values():
            if node.via is not None:
                to = TcpTo(node.address or node.name, node.port or 22)
                self.behind.setdefault(node.via.name, []).append(to)

    def with_password(self, screen: Screen) -> Agents:
        """Ask for sudo's password."""
        return replace(self, how=replace(self.how, password=ask.password("sudo password", screen, sys.stdin)))

    def manner(self, node: Node) -> Manner:
        """Say how one is asked. Raises FileError."""
        how = self.how
        sudo = how.sudo and node.user != "root" and not (node.local and os.geteuid() == 0)
        state = Text(how.state or (STATE if how.sudo else HOME_STATE), Place("--state", 1))
        return Manner(
            Agent(MemoryBlob(packed()), Shape(sudo=True) if sudo else PLAIN, how.timeout),
            self.templates.fill(state, variables(node, self.nodes, {})),
            f"{getpass.getuser()}@{socket.gethostname()}",
            self.run,
            how.dry,
            how.rollback,
            how.overwrite,
            tuple(self.behind.get(node.name, ())[:MOST]),
            how.password if sudo else None,
            partial(secrets.token_hex, 16),
        )


def _run() -> str:
    """Name a run: the time here, and 32 random bits."""
    return f"{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{secrets.token_hex(4)}"
