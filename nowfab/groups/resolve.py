"""Find out who is in a group when groups stand in groups and files replace each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from nowfab import names
from nowfab.errors import FileError, NameRefused, NoSuchTarget, Place
from nowfab.groups.clusters import ClustersFile, Group
from nowfab.groups.lines import Member
from nowfab.names import Word

DEEPEST = 100
"""Groups within groups within groups; deeper is taken for a mistake."""

_SHOWN = 10
"""Groups at either end of a circle that are named."""


@dataclass(frozen=True, slots=True)
class Seat:
    """One place in a group: who sits there, the line that says so, and the group it stands in."""

    word: Word
    place: Place
    group: str = ""


@dataclass(frozen=True, slots=True)
class Groups:
    """All groups, in the order in which the files first name them."""

    all: tuple[Group, ...] = ()
    _by_name: dict[str, Group] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_name", {group.name: group for group in self.all})

    def __contains__(self, name: str) -> bool:
        return name in self._by_name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all groups."""
        return tuple(self._by_name)

    def seats(self, name: str) -> tuple[Seat, ...]:
        """Give the members in the order of the file, each (user, name, port) once.

        NoSuchTarget for an unknown group, FileError for a cycle or too much of anything.
        """
        self.of(name)
        return _seats(self, name, (), {})

    def everybody(self) -> tuple[Seat, ...]:
        """Give the members of all groups in order, each (user, name, port) once; FileError."""
        known: dict[str, tuple[Seat, ...]] = {}
        found: dict[Word, Seat] = {}
        for name in self._by_name:
            for seat in _seats(self, name, (), known):
                found.setdefault(seat.word, seat)
        return tuple(found.values())

    def names_group(self, member: Member, word: Word) -> bool:
        """Whether a word of a member means a group: a port, or a window of its own, makes it a host."""
        return word.port is None and word.name in self and not member.host

    def written(self, name: str) -> tuple[tuple[Word, bool], ...]:
        """Give the members as they were written, and whether each is a group; NoSuchTarget, FileError."""
        return tuple(
            (word, self.names_group(member, word))
            for member in self.of(name).members
            for word in _words(member)
        )

    def of(self, name: str) -> Group:
        """Give one group as it is written; NoSuchTarget."""
        if name not in self:
            raise NoSuchTarget(no_such(name, self.names))
        return self._by_name[name]


def merge(files: Iterable[ClustersFile], tagged: Iterable[ClustersFile] = ()) -> Groups:
    """Put files together: a later one replaces a whole tag, unless it says nothing behind it.

    What tags files say is `tagged`: it adds to the group, whatever the others say of it.
    """
    found: dict[str, Group] = {}
    for file in files:
        for group in file.groups:
            if group.members or group.name not in found:
                found[group.name] = group
    for file in tagged:
        for group in file.groups:
            known = found.get(group.name)
            found[group.name] = replace(known, members=(*known.members, *group.members)) if known else group
    return Groups(tuple(found.values()))


def listed(known: Sequence[str]) -> str:
    """List groups for a message, the first twelve of them."""
    more = f" and {len(known) - 12} more" if len(known) > 12 else ""
    return ", ".join(sorted(known)[:12]) + more


def no_such(name: str, known: Sequence[str]) -> str:
    """Say that there is no such group, and which there are."""
    if not known:
        return f"no group {names.shown(name)}; there are none, `nowfab init` writes some to begin with"
    return f"no group {names.shown(name)}; there are {listed(known)}"


def _seats(
    groups: Groups, name: str, above: tuple[str, ...], known: dict[str, tuple[Seat, ...]]
) -> tuple[Seat, ...]:
    """Resolve one group; `above` is the way that led here, `known` what is resolved already."""
    if name in known:
        return known[name]
    way = (*above, name)
    found: dict[Word, Seat] = {}
    for member in groups.of(name).members:
        for word in _words(member):
            if groups.names_group(member, word):
                _may_enter(word.name, way, member)
                inner = _seats(groups, word.name, way, known)
                seats = inner if word.user is None else tuple(_as_user(seat, word.user) for seat in inner)
            else:
                seats = (Seat(word, member.place, name),)
            for seat in seats:
                found.setdefault(seat.word, seat)
            if len(found) > names.LIMIT:
                raise FileError(member.place, f"group `{name}` has more than {names.LIMIT:,} members")
    known[name] = tuple(found.values())
    return known[name]


def _words(member: Member) -> tuple[Word, ...]:
    try:
        return names.words(member.text)
    except NameRefused as error:
        raise FileError(member.place, str(error)) from None


def _as_user(seat: Seat, user: str) -> Seat:
    return replace(seat, word=replace(seat.word, user=user))


def circle(way: tuple[str, ...], name: str) -> str:
    """Say how a group that stands on the way to itself is reached."""
    found = (*way[way.index(name) :], name)
    shown = found if len(found) <= 2 * _SHOWN else (*found[:_SHOWN], "…", *found[-_SHOWN:])
    return f"a group cannot contain itself: {' → '.join(shown)}"


def too_deep(name: str) -> str:
    """Say of a group that those in it go down too far."""
    return f"groups are nested more than {DEEPEST} deep, from `{name}` on"


def _may_enter(name: str, way: tuple[str, ...], member: Member) -> None:
    if name in way:
        raise FileError(member.place, circle(way, name))
    if len(way) >= DEEPEST:
        raise FileError(member.place, too_deep(way[0]))
