"""Read a person's plan, and make of it the work for each node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from nowfab import names
from nowfab.blobs import Blob, MemoryBlob
from nowfab.cli.agents import Agents
from nowfab.errors import FileError, Place
from nowfab.inventory.node import Node, depth
from nowfab.plan.steps import Plan, Refused
from nowfab.steps import document, gathering
from nowfab.steps.document import Document
from nowfab.steps.entry import Fill
from nowfab.steps.variables import variables
from nowfab.store import files
from nowfab.talk import Work
from nowfab.work.apply import apply

DEEPEST = 1000
"""More gateways than a node can have before it."""


@dataclass(slots=True)
class Plans:
    """One plan for the nodes of one run, what it is for each of them, and what they have gathered so far."""

    path: Path
    document: Document
    agents: Agents
    givers: Mapping[str, Node]
    gathered: dict[str, str] = field(default_factory=dict)
    sources: dict[str, Blob] = field(default_factory=dict)
    made: dict[str, Plan] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the plan says it is for."""
        return self.document.title

    def rank(self, node: Node) -> int:
        """Have the nodes that give values go first, and gateways before what is behind them."""
        return (0 if node in self.givers.values() else DEEPEST) + depth(node)

    def work(self) -> Work:
        """Give the work of applying it."""
        return apply(self._plan, self.agents.manner, self._hand)

    def check(self) -> None:
        """Make every node's plan once, before anything is sent. Raises FileError, UsageError."""
        for node in self.agents.nodes:
            plan = self._build(node, gathering.placeholders(self.document.gathers))
            self.agents.manner(node)
            if not self.givers:  # what waits for no value is the plan already
                self.made[node.name] = plan

    def _plan(self, node: Node) -> Plan:
        if node.name in self.made:
            return self.made[node.name]
        missing = [name for name in self.givers if name not in self.gathered]
        gives = self.rank(node) < DEEPEST
        if missing and not gives and not self.agents.how.dry:
            giver = self.givers[missing[0]].name
            raise Refused(f"`{missing[0]}` was to be gathered on {giver}, which did not give it")
        gathered = {**gathering.placeholders(self.document.gathers), **self.gathered}
        try:
            return self._build(node, gathered, missing if gives else ())
        except FileError as error:
            raise Refused(str(error)) from None

    def _build(self, node: Node, gathered: Mapping[str, str], missing: Sequence[str] = ()) -> Plan:
        untold = {**gathered, **dict.fromkeys(missing, gathering.UNTOLD)}
        secret = {gather.name: "a secret" for gather in self.document.gathers if gather.secret}
        return document.build(
            self.document,
            self._fill(node, gathered),
            self._source,
            [gather for gather in self.document.gathers if self.givers[gather.name] is node],
            self._fill(node, {**gathered, **secret}) if secret else None,
            self._fill(node, untold) if missing else None,
        )

    def _fill(self, node: Node, gathered: Mapping[str, str]) -> Fill:
        known = variables(node, self.agents.nodes, gathered)
        return lambda text: self.agents.templates.fill(text, known)

    def _hand(self, name: str, said: bytes) -> None:
        self.gathered[name] = gathering.text(name, said)

    def _source(self, name: str, place: Place) -> Blob:
        if name not in self.sources:
            try:
                self.sources[name] = MemoryBlob((self.path.parent / name).read_bytes())
            except (OSError, ValueError) as error:
                why = (getattr(error, "strerror", None) or str(error)).lower()
                raise FileError(place, f"source {names.shown(name)}: {why}") from None
        return self.sources[name]


def read(path: Path, agents: Agents) -> Plans:
    """Read a plan and see whether it can be meant for all these nodes. Raises FileError, UsageError."""
    found = document.read(files.read(path), str(path))
    givers = {one.name: gathering.giver(one, agents.nodes) for one in found.gathers}
    plans = Plans(path, found, agents, givers)
    plans.check()
    return plans
