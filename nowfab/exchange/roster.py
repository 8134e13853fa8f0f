"""Hold groups and nodes as any tool could have them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace


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


@dataclass(frozen=True, slots=True)
class Roster:
    """Groups in order, each with its items in order, and facts of hosts."""

    groups: tuple[tuple[str, tuple[Item, ...]], ...]
    hosts: tuple[Host, ...] = ()

    def flat(self, name: str) -> tuple[Item, ...]:
        """Give the hosts of a group, groups within it unfolded, each once."""
        return tuple(dict.fromkeys(self._unfolded(dict(self.groups), name, None)))

    def everybody(self) -> tuple[Item, ...]:
        """Give all hosts of all groups in order, each name once, the first word about it."""
        found: dict[str, Item] = {}
        for name, _ in self.groups:
            for item in self.flat(name):
                found.setdefault(item.name, item)
        return tuple(found.values())

    def host(self, name: str) -> Host:
        """Give what is known of a host."""
        return next((host for host in self.hosts if host.name == name), Host(name))

    def _unfolded(self, groups: dict[str, tuple[Item, ...]], name: str, user: str | None) -> Iterator[Item]:
        for item in groups[name]:
            logged = user or item.user
            if item.group:
                yield from self._unfolded(groups, item.name, logged)
            else:
                yield replace(item, user=logged)
