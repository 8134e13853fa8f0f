"""Know all nodes and groups, from whatever file or practice fleet they come."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

from nowfab import groups
from nowfab.errors import FileError, Place
from nowfab.groups import Groups, Seat, Source
from nowfab.inventory.facts import Facts, NodesFile, Via
from nowfab.inventory.node import Node
from nowfab.names import Word

PRACTICE = "practice"
"""The group of all nodes of a practice fleet."""

_LONGEST_WAY = 16
"""Gateways behind gateways."""


@dataclass(frozen=True, slots=True)
class Inventory:
    """What is known; made by `build`, asked by `select` and `show`.

    Everybody is found out when somebody first asks, and kept: a group alone is shown without it.
    """

    _groups: Groups
    _nodes: NodesFile
    _practice: Mapping[str, Node]
    _shared: list[Mapping[str, Sequence[Facts]]] = field(
        default_factory=list, init=False, repr=False, compare=False
    )
    _everybody: list[tuple[Seat, ...]] = field(default_factory=list, init=False, repr=False, compare=False)
    _names: list[frozenset[str]] = field(default_factory=list, init=False, repr=False, compare=False)

    def groups(self) -> tuple[str, ...]:
        """Give the names of the groups in the order of the files."""
        return self._groups.names

    def members(self, group: str) -> tuple[str, ...]:
        """Give the names of a group's members in order, each once; NoSuchTarget, FileError."""
        return tuple(dict.fromkeys(seat.word.name for seat in self.seats(group)))

    def seats(self, group: str) -> tuple[Seat, ...]:
        """Give the members of a group as they were written, with the line of each."""
        return self._groups.seats(group)

    def written(self, group: str) -> tuple[tuple[Word, bool], ...]:
        """Give the members of a group as they were written, and whether each is a group itself."""
        return self._groups.written(group)

    def has_group(self, name: str) -> bool:
        """Tell whether there is such a group."""
        return name in self._groups

    def place(self, group: str) -> Place:
        """Tell where a group stands; NoSuchTarget."""
        return self._groups.of(group).place

    def defines(self, name: str) -> bool:
        """Tell whether nodes.yaml or a practice fleet speaks of this node by its name."""
        return name in self._nodes or name in self._practice

    def entry(self, name: str) -> Place | None:
        """Tell where nodes.yaml first speaks of a node."""
        numbers = self._nodes.entries.get(name, ())
        return self._nodes.places[numbers[0]] if numbers else None

    def strangers(self) -> Iterator[tuple[str, Place]]:
        """Give the groups of which nodes.yaml speaks and that no file defines, and where."""
        return ((group, place) for group, _, place in self._nodes.groups if group not in self._groups)

    def computers(self) -> Iterator[tuple[str, Place]]:
        """Give the names of which nodes.yaml says what only one computer can have, and where."""
        for name, numbers in self._nodes.entries.items():
            for number in numbers:
                facts = self._nodes.facts[number]
                if facts.address or facts.mac or facts.local:
                    yield name, self._nodes.places[number]
                    break

    def names(self) -> frozenset[str]:
        """Give every name that anything speaks of, members of all groups too."""
        if not self._names:
            seated = (seat.word.name for seat in self.everybody())
            self._names.append(frozenset(chain(self._nodes.entries, self._practice, seated)))
        return self._names[0]

    def everybody(self) -> tuple[Seat, ...]:
        """Give the members of all groups as they were written, in the order of the files; FileError."""
        if not self._everybody:
            self._everybody.append(self._groups.everybody())
        return self._everybody[0]

    def alone(self) -> tuple[str, ...]:
        """Give the names that nodes.yaml or a practice fleet speaks of, in their order."""
        return tuple(dict.fromkeys(chain(self._nodes.entries, self._practice)))

    def node(self, typed: Word, seat: Word | None = None) -> Node:
        """Put together what is known of one node.

        `typed` is what the user said now and outranks everything; `seat` is what the group says
        through which the node was found. A practice node stays at its own address and port, whatever
        the files say, so that its name leads nowhere else; its role and variables are theirs.
        """
        practice = self._practice.get(typed.name)
        if practice is None:
            return self._from_files(typed, seat, ())
        facts = self._facts(typed.name)
        return replace(
            practice, user=typed.user or practice.user, role=facts.role or "", vars=facts.vars or ()
        )

    def behind(self, gateways: Collection[str]) -> Iterator[Node]:
        """Give the nodes that are reached straight through one of these, as far as our files say."""
        for name in self.alone():
            if name in self._practice or self._facts(name).via is not None:  # most are behind nobody
                node = self.node(Word(name))
                if node.via is not None and node.via.name in gateways:
                    yield node

    def _from_files(self, typed: Word, seat: Word | None, way: tuple[str, ...]) -> Node:
        facts = self._facts(typed.name)
        local = bool(facts.local)
        seat = seat or typed
        return Node(
            typed.name,
            facts.address,
            typed.user or seat.user or facts.user,
            typed.port or seat.port or facts.port,
            facts.identity,
            None if local or facts.via is None else self._gateway(facts.via, (*way, typed.name)),
            local,
            facts.role or "",
            facts.mac or "",
            facts.vars or (),
        )

    def _facts(self, name: str) -> Facts:
        return self._nodes.of(name, self._group_facts().get(name, ()))

    def _group_facts(self) -> Mapping[str, Sequence[Facts]]:
        """Give by node what nodes.yaml says of its groups, in order; `strangers` tells of those of nobody."""
        if not self._shared:
            found: dict[str, list[Facts]] = {}
            for group, facts, _ in self._nodes.groups:
                for name in self.members(group) if group in self._groups else ():
                    found.setdefault(name, []).append(facts)
            self._shared.append(found)
        return self._shared[0]

    def _gateway(self, via: Via, way: tuple[str, ...]) -> Node:
        """Give the node that the last of `way` is reached through; FileError for a circle."""
        name = via.word.name
        if name in way:
            circle = " → ".join((*way[way.index(name) :], name))
            raise FileError(via.place, f"a node cannot be reached through itself: {circle}")
        if len(way) > _LONGEST_WAY:
            raise FileError(via.place, f"more than {_LONGEST_WAY} gateways in a row, from `{way[0]}` on")
        if name in self._practice:
            return self.node(via.word)
        gateway = self._from_files(via.word, None, way)
        if gateway.local:
            raise FileError(via.place, f"`{name}` is this computer; leave the key `via` out")
        return gateway


def build(
    sources: Sequence[Source], nodes: tuple[str, str] | None, practice: Sequence[Node] = ()
) -> Inventory:
    """Put together what the files and a practice fleet say; `nodes` is a name for messages and a text.

    A practice node replaces what the files say of its name. If its fleet is down, a node of
    nodes.yaml with an address counts again. Raises FileError.
    """
    known = _nodes(nodes)
    fleet = {node.name: node for node in practice if not (node.down and _is_real(known, node.name))}
    return Inventory(_groups(sources, tuple(fleet)), known, fleet)


def _nodes(nodes: tuple[str, str] | None) -> NodesFile:
    if nodes is None:
        return NodesFile()
    from nowfab.inventory import nodes as yaml_nodes  # reading YAML costs 30 ms; most have none

    return yaml_nodes.parse(nodes[1], nodes[0])


def _is_real(nodes: NodesFile, name: str) -> bool:
    facts = nodes.of(name)
    return name in nodes and (facts.address is not None or bool(facts.local))


def _groups(sources: Sequence[Source], practice: tuple[str, ...]) -> Groups:
    if not practice:
        return groups.load(sources)
    place = Place("practice fleet", 1)
    members = tuple(groups.Member(name, place) for name in practice)
    fleet = groups.ClustersFile(place.file, (groups.Group(PRACTICE, members, place),))
    return groups.load(sources, [fleet])
