"""inv reboot-nodes, shutdown-nodes, wait-up: have nodes start anew, be off, or be there."""

from __future__ import annotations

import secrets
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from nowfab import settings
from nowfab.blobs import Secret
from nowfab.cli import agent_flags
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Job, Session
from nowfab.inventory.node import Node, depth
from nowfab.remote import Shape
from nowfab.talk import Work

if TYPE_CHECKING:
    from nowfab.work.power import Start

WITHIN = "300"
"""Seconds in which a Pi of any model has started, file system check and all."""

MOST = 512
"""Nodes that are waited for at once; each takes a thread, which sleeps."""

_ROOT = {name: agent_flags.HELP[name] for name in ("no-sudo", "ask-sudo")} | {
    "yes": "do not ask first",
    "no-sudo": "do not become root on the nodes: the login is root",
}


@node_task(
    name="reboot-nodes",
    help={
        **_ROOT,
        "wait": "wait until each node answers from a new start; with --serial and --within it does so anyway",
        "within": f"seconds in which it must ({WITHIN})",
    },
)
def reboot_nodes(
    on: Session,
    wait: bool = False,
    within: str | None = None,
    yes: bool = False,
    no_sudo: bool = False,
    ask_sudo: bool = False,
) -> None:
    """Have the chosen nodes start anew, those behind a gateway before it; asks first."""
    from nowfab.work import power

    waits = wait or within is not None or bool(on.settings.pace.serial)
    seconds = settings.seconds("--within", within or WITHIN) if waits else None
    work = power.reboot(_start(on, "reboot", no_sudo, ask_sudo), seconds)
    on.carry_out(Job("reboot", work, rank=rank, asks="" if yes else "reboot-nodes"))


@node_task(name="shutdown-nodes", help=_ROOT)
def shut_down_nodes(on: Session, yes: bool = False, no_sudo: bool = False, ask_sudo: bool = False) -> None:
    """Have the chosen nodes be off, those behind a gateway before it; asks first."""
    from nowfab.work import power

    work = power.shut_down(_start(on, "poweroff", no_sudo, ask_sudo))
    on.carry_out(Job("shut down", work, rank=rank, asks="" if yes else "shutdown-nodes"))


@node_task(name="wait-up", help={"within": f"seconds in which all must answer ({WITHIN})"})
def wait_up(on: Session, within: str = WITHIN) -> None:
    """Wait until the chosen nodes answer, and show after how many seconds each one did."""
    from nowfab.work import power

    work = power.wait_up(settings.seconds("--within", within))
    fanout = max(on.settings.fanout, min(len(on.nodes), MOST))  # who is off must keep nobody waiting
    wide = replace(on, settings=replace(on.settings, fanout=fanout))
    wide.carry_out(Job("wait for an answer", work))


def _start(on: Session, verb: str, no_sudo: bool, ask_sudo: bool) -> Start:
    """Say how nodes are told, as root: by sudo unless the login is root."""
    from nowfab.terminal import ask

    agent_flags.refuse_both(no_sudo, ask_sudo)
    password = ask.password("sudo password", on.screen, sys.stdin) if ask_sudo and not on.dry else None
    return starting(verb, on.settings.timeout, not no_sudo, password)


def starting(verb: str, timeout: float | None, sudo: bool, password: Secret | None) -> Start:
    """Say how nodes are told a verb, which may take `timeout` seconds."""
    from nowfab.work import command, power

    script, most = power.telling(verb), timeout or power.SLACK

    def start(node: Node) -> Work:
        shape = Shape(sudo=sudo and node.user != "root", shell="sh")  # noqa: S604 - the name of one
        if password is None or not shape.sudo:
            return command.command(script, most, shape)
        return command.with_password(script, most, shape, password, lambda: secrets.token_hex(16))

    return start


def rank(node: Node) -> int:
    """Have nodes go before the gateway that they are reached through."""
    return -depth(node)
