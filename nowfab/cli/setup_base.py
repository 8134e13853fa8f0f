"""inv setup-base: what every new node needs, from its name to logins by key only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from nowfab import names, settings
from nowfab.cli import agent_flags, applying, power
from nowfab.cli.applying import Applied
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Session, Then
from nowfab.errors import FileError, Place, UsageError
from nowfab.inventory.node import Node, depth
from nowfab.inventory.strict_yaml import Items, Text
from nowfab.report.visible import visible

if TYPE_CHECKING:
    from nowfab.cli.agents import How
    from nowfab.networks.base import Base
    from nowfab.plan.steps import Plan

_HELP = {
    "timezone": "where they are, as in Europe/Berlin",
    "locale": "the language that new logins speak, as in en_GB.UTF-8",
    "keyboard": "the layout, as in de, or de:nodeadkeys",
    "packages": "Debian packages to install, as in tmux,htop",
    "upgrade": "bring all packages to their newest version, but those that are held",
    "reboot-if-needed": "at the end, have nodes on which a reboot is due start anew, and wait for them",
    "within": f"seconds in which a node that starts anew must answer ({power.WITHIN})",
    "no-passwords": "let nobody log in by password any more, once a key of yours has let you in",
    "key": "a file with a public key of yours; may be repeated (those beside the keys that ssh offers)",
    **applying.HELP,
    "ask-sudo": agent_flags.HELP["ask-sudo"],
    "state": agent_flags.HELP["state"],
}


@node_task(name="setup-base", help=_HELP, iterable=["key"])
def setup_base(
    on: Session,
    timezone: str = "",
    locale: str = "",
    keyboard: str = "",
    packages: str = "",
    upgrade: bool = False,
    reboot_if_needed: bool = False,
    within: str | None = None,
    no_passwords: bool = False,
    key: Sequence[str] | None = None,
    diff: bool = False,
    rollback: str = "90",
    no_rollback: bool = False,
    overwrite: bool = False,
    ask_sudo: bool = False,
    state: str | None = None,
) -> None:
    """Give the chosen nodes their names, an /etc/hosts with all of them, and your public keys."""
    from nowfab.networks.base import TITLE
    from nowfab.work.apply import apply

    how = applying.how(on, False, ask_sudo, state, applying.seconds(rollback, no_rollback))
    seconds = _within(reboot_if_needed, within)
    wanted = _wanted(on.nodes, timezone, locale, keyboard, packages)
    wanted = replace(wanted, passwords=not no_passwords, upgraded=upgrade)
    agents = applying.agents(on, replace(how, overwrite=overwrite))
    for node in on.nodes:
        agents.manner(node)
    plans = _plans(on.nodes, wanted, key or ())
    agents = agents.with_password(on.screen) if ask_sudo else agents
    _say_left(on, wanted.known)
    work = apply(lambda node: plans[node.name], agents.manner, lambda name, said: None)
    then = _reboots(on, agents.how, seconds) if reboot_if_needed else None
    applying.carry_out(on, Applied(TITLE, work, depth, agents.how, then), diff)


def _within(wanted: bool, within: str | None) -> float:
    """Read how long a node that starts anew is waited for; UsageError."""
    if within is not None and not wanted:
        raise UsageError("`--within` is the time that a reboot may take; it goes with `--reboot-if-needed`")
    return settings.seconds("--within", within or power.WITHIN)


def _reboots(on: Session, how: How, within: float) -> Then:
    """Have nodes start anew where that is due, those behind a gateway before it; a dry run says so."""
    from nowfab.work.reboot_if_due import reboot_if_due

    if on.dry:
        on.screen.say(visible(f"would reboot if needed: {names.fold(node.name for node in on.nodes)}"))
    start = power.starting("reboot", how.timeout, how.sudo, how.password)
    return Then(
        reboot_if_due(start, within, how.timeout), power.rank, "whether a reboot is due was not looked at"
    )


def _wanted(nodes: Sequence[Node], timezone: str, locale: str, keyboard: str, packages: str) -> Base:
    """Read the flags, as a plan's file would be; UsageError."""
    from nowfab.networks.base import Base
    from nowfab.steps import fields

    layout, _, variant = keyboard.partition(":")
    if keyboard and not layout.strip():
        raise UsageError(f"`--keyboard`: no layout in `{keyboard}`; as in `de`, or `de:nodeadkeys`")
    return Base(
        tuple(node for node in nodes if _is_elsewhere(node.address or "")),
        _checked("--timezone", fields.zone, timezone),
        _checked("--locale", fields.locale, locale),
        (_checked("--keyboard", fields.layout, layout), _checked("--keyboard", fields.layout, variant)),
        _checked("--packages", fields.packages, *packages.split(",")) if packages else (),
    )


def _plans(nodes: Sequence[Node], wanted: Base, keys: Sequence[str]) -> Mapping[str, Plan]:
    """Make all plans before anything is sent; UsageError, FileError."""
    from nowfab.cli.logins import logins
    from nowfab.networks import base

    for node in nodes:
        _see_name(node)
    who = logins(nodes, keys)
    return {node.name: base.plan(wanted, node, who[node.name]) for node in nodes}


def _checked(flag: str, read: Callable[[Any], Any], *said: str) -> Any:
    """Read what stood behind a flag as a plan's file would; "" is left out."""
    place = Place(flag, 1)
    texts = tuple(Text(each.strip(), place, plain=False) for each in said)
    if said == ("",):
        return ""
    try:
        return read(texts[0] if len(texts) == 1 else Items(texts, place))
    except FileError as error:
        raise UsageError(f"`{flag}`: {error.what}") from None


def _see_name(node: Node) -> None:
    """Refuse a node that cannot bear its name, or should not."""
    from nowfab.steps import fields

    if node.local:
        what = f"`{node.name}` is this computer, which would get that name"
        raise UsageError(f"{what}; leave it out with `-x {node.name}`")
    try:
        fields.hostname(Text(node.name, Place(node.name, 1), plain=False))
    except FileError as error:
        raise UsageError(f"{error.what}; nodes.yaml names it: `red01: {{address: {node.name}}}`") from None


def _say_left(on: Session, known: Sequence[Node]) -> None:
    """Say whom the others will not know by name."""
    left = [node.name for node in on.nodes if node not in known]
    if left:
        why = "nodes.yaml has no IP address that other nodes could use"
        on.screen.say(visible(f"no line in /etc/hosts for {names.fold(left)}: {why}"))


def _is_elsewhere(address: str) -> bool:
    try:
        return not ip_address(address).is_loopback
    except ValueError:
        return False
