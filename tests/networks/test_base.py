"""The plan of what every node has: what it holds, in which order, and in how many stages."""

from __future__ import annotations

from nowfab.inventory.node import Node
from nowfab.networks.base import Base, Login, plan
from nowfab.plan.questions import OutputOf

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"
RED = (Node("red01", "192.168.1.101"), Node("red02", "192.168.1.102"))
LOGIN = Login("pi", (KEY,))


def titles(base: Base) -> list[str]:
    return [step.title for step in plan(base, RED[1], LOGIN).steps]


def test_nothing_but_names_and_keys_where_nothing_is_asked_for() -> None:
    assert ["hosts nodes", "hostname red02", "keys of pi"] == titles(Base(RED))
    assert ["hostname red02", "keys of pi"] == titles(Base())


def test_keys_come_before_passwords_go_and_packages_before_what_needs_them() -> None:
    wanted = Base(RED, "Europe/Berlin", "en_GB.UTF-8", ("de", "nodeadkeys"), ("locales", "tmux"), False)

    assert [
        "package locales, tmux",
        "hosts nodes",
        "time zone Europe/Berlin",
        "keyboard de nodeadkeys",
        "hostname red02",
        "locale en_GB.UTF-8",
        "keys of pi",
        "sshd PasswordAuthentication, KbdInteractiveAuthentication, ChallengeResponseAuthentication",
    ] == titles(wanted)


def test_an_upgrade_comes_first_with_lists_of_today() -> None:
    """A list that is older may name packages that the server has no more."""
    lists, all_packages, *others = plan(Base(packages=("tmux",), upgraded=True), RED[1], LOGIN).steps

    assert ["lists of packages", "upgrade", "package tmux"] == [
        step.title for step in (lists, all_packages, others[0])
    ]
    (asked,) = lists.questions
    assert isinstance(asked, OutputOf)
    assert ("-mmin", "-1440") == asked.argv[-2:]
