"""Find the groups that contain themselves or are nested too deep, each once, in linear time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from nowfab.errors import Place
from nowfab.groups import lint_words
from nowfab.groups.finding import Finding, error
from nowfab.groups.resolve import DEEPEST, Groups, circle, too_deep

_Inner = Iterator[tuple[str, Place]]


@dataclass(slots=True, eq=False)
class _Walk:
    """Where we are among the groups: the way down to here, and how deep what is done goes."""

    groups: Groups
    way: dict[str, _Inner] = field(default_factory=dict)
    deep: dict[str, int] = field(default_factory=dict)
    told: set[Place] = field(default_factory=set)

    def enter(self, name: str) -> None:
        """Go one group down."""
        self.way[name] = _inner(self.groups, name)
        self.deep[name] = 1

    def leave(self) -> str:
        """Go back up from the lowest group; what stands above is one deeper."""
        name, _ = self.way.popitem()
        self._count(self.deep[name])
        return name

    def pass_by(self, name: str) -> None:
        """Count a group that was looked at before."""
        self._count(self.deep[name])

    def _count(self, inner: int) -> None:
        if self.way:
            above = next(reversed(self.way))
            self.deep[above] = max(self.deep[above], inner + 1)


def findings(groups: Groups) -> Iterator[Finding]:
    """Tell of each circle at the line that closes it, and of each nesting where it grows too deep."""
    walk = _Walk(groups)
    for name in groups.names:
        if name not in walk.deep:
            walk.enter(name)
            yield from _below(walk)


def _below(walk: _Walk) -> Iterator[Finding]:
    while walk.way:
        here = next(reversed(walk.way))
        for name, place in walk.way[here]:
            if name in walk.way and place in walk.told:
                continue
            if name in walk.way:
                walk.told.add(place)
                what = f"{circle(tuple(walk.way), name)}; cssh never comes to an end with it"
                yield error("cycle", place, what, "take the group out of itself")
            elif name in walk.deep:
                walk.pass_by(name)
            else:
                walk.enter(name)
                break
        else:
            done = walk.leave()
            if walk.deep[done] == DEEPEST + 1:
                mend = "name the hosts themselves, or the groups further down"
                yield error("deep", walk.groups.of(done).place, too_deep(done), mend)


def _inner(groups: Groups, name: str) -> _Inner:
    """Give the groups that stand in a group, with the line of each."""
    for member in groups.of(name).members:
        for word in lint_words.words(member):
            if groups.names_group(member, word):
                yield word.name, member.place
