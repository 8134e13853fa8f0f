"""Hold the nodes that are meant so far, in the order of their mention, and join others to them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from nowfab import names
from nowfab.errors import NoSuchTarget, UsageError


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name comes from: the group that says so, and the place; both "" for a typed name."""

    group: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of one node: by what was typed, and by the groups through which it was found."""

    typed: names.Word
    seat: names.Word | None = None
    origin: Origin = Origin()


@dataclass(frozen=True, slots=True)
class Meant:
    """The nodes that are meant, each once; a word that takes a node out says nothing else of it."""

    said: dict[str, Said] = field(default_factory=dict)

    def __contains__(self, name: str) -> bool:
        return name in self.said

    def __iter__(self) -> Iterator[str]:
        return iter(self.said)

    def __bool__(self) -> bool:
        return bool(self.said)

    def add(self, more: Said) -> None:
        """Mean one node, perhaps again; then the first that says something counts."""
        name = more.typed.name
        known = self.said.get(name)
        if known is None:
            self.said[name] = more
            if len(self.said) > names.LIMIT:
                raise NoSuchTarget(f"more than {names.LIMIT:,} nodes at once")
            return
        if known.typed.port and more.typed.port and known.typed.port != more.typed.port:
            raise UsageError(
                f"`{name}` is meant with port {known.typed.port} and with port {more.typed.port}; "
                "nodes.yaml can give each a name, with an address and a port"
            )
        seat = None if known.seat is None and more.seat is None else first(known.seat, more.seat)
        origin = more.origin if known.origin == Origin() else known.origin
        self.said[name] = Said(first(known.typed, more.typed), seat, origin)

    def join(self, operator: str, other: Meant) -> None:
        """Apply one of `,` `!` `&` `^`."""
        _JOINS[operator](self.said, self.add, other.said)


def first(*said: names.Word | None) -> names.Word:
    """Join what words say of one node; the first that says something counts."""
    words = [word for word in said if word is not None]
    return names.Word(
        words[-1].name,
        next((word.user for word in words if word.user), None),
        next((word.port for word in words if word.port), None),
    )


_Join = Callable[[dict[str, Said], Callable[[Said], None], Mapping[str, Said]], None]


def _and(left: dict[str, Said], add: Callable[[Said], None], right: Mapping[str, Said]) -> None:
    for said in right.values():
        add(said)


def _but_not(left: dict[str, Said], add: Callable[[Said], None], right: Mapping[str, Said]) -> None:
    for name in right:
        left.pop(name, None)


def _both(left: dict[str, Said], add: Callable[[Said], None], right: Mapping[str, Said]) -> None:
    """Keep whom both mean; `pi@red01&red01` and `red01&pi@red01` are red01 as pi."""
    for name in tuple(left):
        if name in right:
            add(right[name])
        else:
            del left[name]


def _either(left: dict[str, Said], add: Callable[[Said], None], right: Mapping[str, Said]) -> None:
    for name, said in right.items():
        if name in left:
            del left[name]
        else:
            add(said)


_JOINS: Mapping[str, _Join] = {",": _and, "!": _but_not, "&": _both, "^": _either}
