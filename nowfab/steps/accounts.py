"""Know the accounts of a node, as getent tells of them."""

from __future__ import annotations

from dataclasses import dataclass

from nowfab.plan.questions import OutputOf, Question
from nowfab.plan.steps import Refused
from nowfab.plan.view import View

_NONE = 2
"""What getent ends with where nobody has that name (getent(1))."""

_KEPT = ("passwd", "shadow", "group", "gshadow", "subuid", "subgid")
ALTERED = tuple(f"/etc/{name}{end}" for name in _KEPT for end in ("", "-"))
"""What useradd, usermod, groupadd and chpasswd write to, and the copies that they keep (shadow(5))."""


@dataclass(frozen=True, slots=True)
class Account:
    """One line of passwd(5), and the groups that its user is in."""

    name: str
    uid: int
    home: str
    shell: str
    group: str
    groups: tuple[str, ...]


def questions(name: str) -> tuple[Question, ...]:
    """Ask for an account."""
    return OutputOf(("getent", "passwd", name)), OutputOf(("id", "-gn", name)), OutputOf(("id", "-Gn", name))


def account(view: View, name: str) -> Account | None:
    """Give an account, None for none."""
    said = view.said("getent", "passwd", name)
    if said.code == _NONE:
        return None
    fields = said.stdout.decode("utf-8", "replace").rstrip("\n").split(":")
    if said.code or len(fields) != 7:
        raise Refused(f"`getent passwd {name}` does not say who that is (it ended with {said.code})")
    group = view.said("id", "-gn", name).stdout.decode("utf-8", "replace").strip()
    groups = view.said("id", "-Gn", name).stdout.decode("utf-8", "replace").split()
    return Account(fields[0], int(fields[2]), fields[5], fields[6], group, tuple(groups))


def group(view: View, name: str) -> bool:
    """Say whether there is a group."""
    return view.said("getent", "group", name).code == 0
