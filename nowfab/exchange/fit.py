"""Cut a roster down to what a format can hold, and say what that leaves out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import chain

from nowfab.exchange.roster import Host, Item, Roster
from nowfab.names import fold


@dataclass(frozen=True, slots=True)
class Able:
    """What a format can hold: `nested` groups, users and ports of members, facts of hosts.

    `own` are names of groups that the format has itself, for everybody. `per_host` says that a host has
    one user and one port, wherever it stands; `placed` that only hosts with an IP address have a place.
    """

    groups: bool = True
    nested: bool = False
    user: bool = False
    port: bool = False
    per_host: bool = False
    address: bool = False
    via: bool = False
    identity: bool = False
    ipv6: bool = True
    placed: bool = False
    own: tuple[str, ...] = ()


def fit(roster: Roster, able: Able) -> tuple[Roster, tuple[str, ...]]:
    """Give the roster without what the format cannot hold, and a sentence for each kind of loss."""
    lost: list[str] = []
    if not able.nested and any(item.group for _, items in roster.groups for item in items):
        outer = [name for name, items in roster.groups if any(item.group for item in items)]
        roster = replace(roster, groups=tuple(roster.flat().items()))
        if able.groups:
            lost.append(f"groups within groups; their members are written out: {', '.join(outer)}")
    for name in (name for name, _ in roster.groups if name in able.own):
        lost.append(f"a group `{name}`: it means everybody there")
    if able.own:
        roster = _without_groups(roster, able.own)
    roster = _without(roster, lost, not able.ipv6, "addresses of IPv6 in place of names", _no_ipv6)
    items = [item for _, inner in roster.groups for item in inner]
    if not able.user:
        _tell(lost, "users", (item.name for item in items if item.user))
    if not able.port:
        _tell(lost, "ports", (item.name for item in items if item.port))
    if able.per_host:
        _tell(lost, "more than one user or port of a host", _differing(items))
    for what in ("address", "via", "identity"):
        if not getattr(able, what):
            _tell(lost, _FACTS[what], (host.name for host in roster.hosts if getattr(host, what)))
    if able.placed:
        facts = roster.facts()
        placeless = (item.name for item in roster.everybody() if not facts(item.name).ip)
        _tell(lost, "nodes without an address", placeless)
    if not able.groups:
        lost.append(f"groups: {', '.join(name for name, _ in roster.groups)}")
    return Roster(
        tuple((name, tuple(_cut(item, able) for item in inner)) for name, inner in roster.groups),
        tuple(known for host in roster.hosts if (known := _known(host, able)).told),
    ), tuple(lost)


_FACTS = {"address": "addresses", "via": "gateways", "identity": "keys"}


def _tell(lost: list[str], what: str, names: Iterable[str]) -> None:
    found = list(dict.fromkeys(names))
    if found:
        lost.append(f"{what}: {fold(found)}")


def _differing(items: Iterable[Item]) -> list[str]:
    seen: dict[str, set[tuple[str | None, int | None]]] = {}
    for item in items:
        if not item.group:
            seen.setdefault(item.name, set()).add((item.user, item.port))
    return [name for name, said in seen.items() if len(said) > 1]


def _cut(item: Item, able: Able) -> Item:
    return replace(item, user=item.user if able.user else None, port=item.port if able.port else None)


def _known(host: Host, able: Able) -> Host:
    return Host(
        host.name,
        host.address if able.address else None,
        host.via if able.via else None,
        host.identity if able.identity else None,
    )


def _without(roster: Roster, lost: list[str], asked: bool, what: str, keep: Callable[[Item], bool]) -> Roster:
    if not asked:
        return roster
    _tell(lost, what, (item.name for _, inner in roster.groups for item in inner if not keep(item)))
    groups = tuple((name, tuple(filter(keep, inner))) for name, inner in roster.groups)
    return replace(roster, groups=groups)


def _without_groups(roster: Roster, names: tuple[str, ...]) -> Roster:
    """Leave groups out; what stands in them stands in the others that name them."""
    flat = roster.flat()

    def instead(item: Item) -> tuple[Item, ...]:
        return flat[item.name] if item.group and item.name in names else (item,)

    kept = ((name, items) for name, items in roster.groups if name not in names)
    return replace(
        roster, groups=tuple((name, tuple(chain.from_iterable(map(instead, items)))) for name, items in kept)
    )


def _no_ipv6(item: Item) -> bool:
    return ":" not in item.name
