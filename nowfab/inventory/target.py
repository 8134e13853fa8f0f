"""Turn what was typed behind -g, -w and -x into nodes, each once and in the order of the words.

What is said of a user or a port counts in this order: a flag, a typed word, a member of a
clusters file, nodes.yaml. A node that is meant twice has the place of its first mention; among
words of the same rank, the first that says something counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from nowfab import groups, names
from nowfab.errors import NoSuchTarget, UsageError
from nowfab.inventory.known import Inventory
from nowfab.inventory.node import Node


@dataclass(frozen=True, slots=True)
class Target:
    """The texts of the flags, each as often as it was given."""

    groups: Sequence[str] = ()
    hosts: Sequence[str] = ()
    exclude: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Meant:
    """The nodes that are meant so far: what was typed of each, and what groups say."""

    typed: dict[str, names.Word] = field(default_factory=dict)
    seats: dict[str, names.Word] = field(default_factory=dict)

    def add(self, typed: names.Word, seat: names.Word | None = None) -> None:
        """Mean one node, perhaps again."""
        known = self.typed.get(typed.name, typed)
        if known.port and typed.port and known.port != typed.port:
            raise UsageError(
                f"`{typed.name}` is meant with port {known.port} and with port {typed.port}; "
                "nodes.yaml can give each a name, with an address and a port"
            )
        self.typed[typed.name] = _first(self.typed.get(typed.name), typed)
        if seat is not None:
            self.seats[typed.name] = _first(self.seats.get(typed.name), seat)
        if len(self.typed) > names.LIMIT:
            raise NoSuchTarget(f"more than {names.LIMIT:,} nodes at once")

    def nodes(self, inventory: Inventory, flags: names.Word | None = None) -> tuple[Node, ...]:
        """Give the nodes themselves; `flags` outrank every word."""
        return tuple(
            inventory.node(_first(flags, typed), self.seats.get(typed.name)) for typed in self.typed.values()
        )


def select(
    inventory: Inventory, target: Target, user: str | None = None, port: int | None = None
) -> tuple[Node, ...]:
    """Choose the nodes; `user` and `port` are flags, checked before.

    UsageError without any target, NoSuchTarget for an unknown group or when no node is left.
    """
    if not target.groups and not target.hosts:
        raise UsageError(f"say where: `-g GROUP` or `-w red[01-05],pi@blue01`{_groups(inventory)}")
    meant = _Meant()
    for piece in _pieces(target.groups):
        for word in names.words(piece.removeprefix("@")):
            _add_group(meant, inventory, word)
    for piece in _pieces(target.hosts):
        _add_hosts(meant, inventory, piece)
    if not meant.typed:
        raise NoSuchTarget(_nobody(inventory, target))
    for piece in _pieces(target.exclude):
        for name in _excluded(meant, inventory, piece):
            meant.typed.pop(name, None)
    if not meant.typed:
        raise NoSuchTarget("no node is left: `-x` excludes all that were chosen")
    return meant.nodes(inventory, names.Word("", user, port))


def show(inventory: Inventory, expression: str) -> tuple[Node, ...]:
    """Give the nodes that an expression means: groups, node names and ranges, commas between.

    A plain word that nothing speaks of is an error here: it is a group's name misspelt.
    """
    meant = _Meant()
    for piece in names.split(expression):
        for word in names.words(piece.removeprefix("@")):
            if piece.startswith("@") or _is_group(inventory, word):
                _add_group(meant, inventory, word)
            elif word.name == piece and names.is_host_name(piece) and piece not in inventory.names():
                raise NoSuchTarget(f"no group or node {names.shown(piece)}{_groups(inventory)}")
            else:
                meant.add(word)
    if not meant.typed:
        raise NoSuchTarget(f"{names.shown(expression)} means no node")
    return meant.nodes(inventory)


def _add_group(meant: _Meant, inventory: Inventory, group: names.Word) -> None:
    if group.port is not None:
        raise UsageError(f"`{group.name}:{group.port}`: a group has no port; use `--port`")
    for seat in inventory.seats(group.name):
        meant.add(names.Word(seat.word.name, group.user), seat.word)


def _add_hosts(meant: _Meant, inventory: Inventory, piece: str) -> None:
    for word in names.words(piece.removeprefix("@")):
        if piece.startswith("@"):
            _add_group(meant, inventory, word)
        elif _is_group(inventory, word) and not inventory.defines(word.name):
            raise UsageError(f"`{word.name}` is a group: type `-g {word.name}` or `-w @{word.name}`")
        else:
            meant.add(word)


def _excluded(meant: _Meant, inventory: Inventory, piece: str) -> frozenset[str]:
    """Give the names that one word of -x takes out; the name of a group stands for its members.

    A word that names nobody at all is an error: a slip of the finger would spare nobody.
    """
    found: set[str] = set()
    for word in names.words(piece.removeprefix("@")):
        if piece.startswith("@") or _is_group(inventory, word):
            found.update(inventory.members(word.name))
        found.add(word.name)
    if found.isdisjoint(meant.typed) and found.isdisjoint((*inventory.names(), *inventory.groups())):
        raise NoSuchTarget(f"{names.shown('-x ' + piece)} excludes nobody: nothing else speaks of it")
    return frozenset(found)


def _pieces(texts: Sequence[str]) -> Iterator[str]:
    return chain.from_iterable(map(names.split, texts))


def _is_group(inventory: Inventory, word: names.Word) -> bool:
    return word.port is None and inventory.has_group(word.name)


def _first(*said: names.Word | None) -> names.Word:
    """Join what words say of one node; the first that says something counts."""
    words = [word for word in said if word is not None]
    return names.Word(
        words[-1].name,
        next((word.user for word in words if word.user), None),
        next((word.port for word in words if word.port), None),
    )


def _nobody(inventory: Inventory, target: Target) -> str:
    """Say why nobody is meant: every group that was named is empty, or no word was given."""
    groups = [word.name for piece in _pieces(target.groups) for word in names.words(piece.removeprefix("@"))]
    if not groups:
        return f"no node is named{_groups(inventory)}"
    places = ", ".join(f"`{group}` ({inventory.place(group)})" for group in groups)
    return f"nobody is a member of {places}"


def _groups(inventory: Inventory) -> str:
    known = inventory.groups()
    return f"; there are the groups {groups.listed(known)}" if known else ""
