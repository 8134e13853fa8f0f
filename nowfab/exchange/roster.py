"""Hold groups and nodes as any tool could have them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address


@dataclass(frozen=True, slots=True)
class Item:
    """A member of a group: a host as somebody logs in to it, or, with `group`, all of another group."""

    name: str
    user: str | None = None
    port: int | None = None
    group: bool = False


@dataclass(frozen=True, slots=True)
class Host:
    """What is known of a host wherever it stands."""

    name: str
    address: str | None = None
    via: str | None = None
    identity: str | None = None

    @property
    def told(self) -> bool:
        """Whether anything but the name is known."""
        return self != Host(self.name)

    @property
    def ip(self) -> str:
        """The address where it is an IP address, "" where it is a name or none."""
        try:
            return str(ip_address(self.address or ""))
        except ValueError:
            return ""


_Unfolded = dict[tuple[str, str | None], tuple[Item, ...]]


@dataclass(frozen=True, slots=True)
class Roster:
    """Groups in order, each with its items in order, and facts of hosts."""

    groups: tuple[tuple[str, tuple[Item, ...]], ...]
    hosts: tuple[Host, ...] = ()

    def flat(self) -> dict[str, tuple[Item, ...]]:
        """Give the hosts of each group, groups within it unfolded, each once."""
        groups, known = dict(self.groups), _Unfolded()
        return {name: _unfolded(groups, name, None, known) for name in groups}

    def everybody(self) -> tuple[Item, ...]:
        """Give all hosts of all groups in order, each name once, the first word about it."""
        found: dict[str, Item] = {}
        for items in self.flat().values():
            for item in items:
                found.setdefault(item.name, item)
        return tuple(found.values())

    def facts(self) -> Callable[[str], Host]:
        """Give what tells what is known of a host."""
        known = {host.name: host for host in self.hosts}
        return lambda name: known.get(name) or Host(name)


def _unfolded(
    groups: Mapping[str, tuple[Item, ...]], name: str, user: str | None, known: _Unfolded
) -> tuple[Item, ...]:
    """Unfold one group, as one user if so told; `known` is what was unfolded before."""
    if (name, user) not in known:
        found: dict[Item, None] = {}
        for item in groups[name]:
            logged = user or item.user
            inner = (
                _unfolded(groups, item.name, logged, known) if item.group else [replace(item, user=logged)]
            )
            found.update(dict.fromkeys(inner))
        known[name, user] = tuple(found)
    return known[name, user]
