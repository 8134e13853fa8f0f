"""Make the plan of what every node has: names, keys, place, language, keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from nowfab.inventory.node import Node
from nowfab.plan.steps import Plan, Step
from nowfab.steps.authorized_keys import authorized_keys
from nowfab.steps.hostname import hostname
from nowfab.steps.hosts import hosts
from nowfab.steps.keyboard import keyboard
from nowfab.steps.locale import locale
from nowfab.steps.package import package
from nowfab.steps.sshd import sshd
from nowfab.steps.timezone import timezone
from nowfab.steps.upgrade import upgrade

TITLE = "setup-base"

BLOCK = "nodes"
"""The block of /etc/hosts in which a node knows the others."""

NO_PASSWORDS = {
    "PasswordAuthentication": "no",
    "KbdInteractiveAuthentication": "no",
    "ChallengeResponseAuthentication": "no",
}
"""The last one is what OpenSSH before 8.7 asks passwords by, where PAM does it (sshd_config(5))."""


@dataclass(frozen=True, slots=True)
class Base:
    """What all nodes of a run get; "" and () leave that as it is. `known` are the nodes that each knows."""

    known: tuple[Node, ...] = ()
    timezone: str = ""
    locale: str = ""
    keyboard: tuple[str, str] = ("", "")
    packages: tuple[str, ...] = ()
    passwords: bool = True
    upgraded: bool = False


@dataclass(frozen=True, slots=True)
class Login:
    """As whom a node is logged in to, and with which public keys, a line each."""

    user: str
    keys: tuple[str, ...]


def plan(base: Base, node: Node, login: Login) -> Plan:
    """Make one node's plan. Keys come before passwords go; that is last, since it ends another way in.

    An upgrade is first: it fetches the lists of packages that the others are installed by, and what a
    program of it may write anew is looked at only after it.
    """
    return Plan(TITLE, tuple(_steps(base, node, login)))


def _steps(base: Base, node: Node, login: Login) -> Iterator[Step]:
    if base.upgraded:
        yield from upgrade()
    if base.packages:
        yield package(base.packages)
    if base.known:
        yield hosts(BLOCK, base.known)
    if base.timezone:
        yield timezone(base.timezone)
    if base.keyboard[0]:
        yield keyboard(*base.keyboard)
    yield hostname(node.name)
    if base.locale:
        yield locale(base.locale)
    yield authorized_keys(login.user, login.keys)
    if not base.passwords:
        yield sshd(NO_PASSWORDS)
