"""Hold what nodes.yaml says of nodes, later entries over earlier ones key by key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace

from nowfab import names
from nowfab.errors import Place


@dataclass(frozen=True, slots=True)
class Via:
    """The gateway of a node as it was written, and where."""

    word: names.Word
    place: Place


@dataclass(frozen=True, slots=True)
class Facts:
    """What one entry says; None where it says nothing."""

    address: str | None = None
    user: str | None = None
    port: int | None = None
    identity: str | None = None
    via: Via | None = None
    role: str | None = None
    mac: str | None = None
    local: bool | None = None
    vars: tuple[tuple[str, str], ...] | None = None

    def under(self, later: Facts) -> Facts:
        """Lay a later entry over this one; `vars` are joined, each variable a key of its own."""
        said = {f.name: getattr(later, f.name) for f in fields(later) if getattr(later, f.name) is not None}
        if self.vars and later.vars:
            said["vars"] = tuple({**dict(self.vars), **dict(later.vars)}.items())
        return replace(self, **said)


@dataclass(frozen=True, slots=True)
class NodesFile:
    """What a nodes.yaml says; `entries` are the numbers of the facts that speak of a name, in order.

    `places` tells where each of the facts begins. `groups` is what holds for the members of groups.
    """

    defaults: Facts = Facts()
    facts: tuple[Facts, ...] = ()
    entries: Mapping[str, Sequence[int]] = field(default_factory=dict)
    places: tuple[Place, ...] = ()
    groups: tuple[tuple[str, Facts, Place], ...] = ()

    def __contains__(self, name: str) -> bool:
        return name in self.entries

    def of(self, name: str, groups: Sequence[Facts] = ()) -> Facts:
        """Give what is said of one node: the defaults, then its groups, then its own entries."""
        known = self.defaults
        for facts in groups:
            known = known.under(facts)
        for number in self.entries.get(name, ()):
            known = known.under(self.facts[number])
        return known
