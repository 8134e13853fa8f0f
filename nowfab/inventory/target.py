"""Turn what was typed behind -g, -w and -x into nodes, each once and in the order of the words.

What is said of a user or a port counts in this order: a flag, a typed word, a member of a
clusters file, nodes.yaml. A node that is meant twice has the place of its first mention; among
words of the same rank, the first that says something counts. Operators match by the node's name
alone; who is kept by `&` has what both sides say, who is taken out and named again begins anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from nowfab import names
from nowfab.errors import NoSuchTarget, UsageError
from nowfab.inventory.expressions import Outside, Reading, Words, evaluate, known_groups
from nowfab.inventory.known import Inventory
from nowfab.inventory.meant import Meant, Origin, first
from nowfab.inventory.node import Node
from nowfab.names import Kind

_PLAIN = Outside()


@dataclass(frozen=True, slots=True)
class Target:
    """The texts of the flags, each as often as it was given."""

    groups: Sequence[str] = ()
    hosts: Sequence[str] = ()
    exclude: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Traced:
    """A node, and where its name comes from."""

    node: Node
    origin: Origin


def select(
    inventory: Inventory,
    target: Target,
    user: str | None = None,
    port: int | None = None,
    outside: Outside = _PLAIN,
) -> tuple[Node, ...]:
    """Choose the nodes; `user` and `port` are flags, checked before.

    UsageError without any target, NoSuchTarget for an unknown group or when no node is left.
    """
    if not target.groups and not target.hosts:
        raise UsageError(f"say where: `-g GROUP` or `-w red[01-05],pi@blue01`{known_groups(inventory)}")
    meant = Meant()
    for words, texts in ((Words.GROUPS, target.groups), (Words.NODES, target.hosts)):
        for text in texts:
            meant.join(",", evaluate(text, Reading(inventory, words, outside)))
    if not meant:
        raise NoSuchTarget(_nobody(inventory, target))
    for text in target.exclude:
        meant.join("!", evaluate(text, Reading(inventory, Words.EITHER, outside, meant)))
        if not meant:
            raise NoSuchTarget(f"no node is left: `-x` excludes all that were chosen{_last(target, text)}")
    flags = names.Word("", user, port)
    return tuple(inventory.node(first(flags, said.typed), said.seat) for said in meant.said.values())


def show(inventory: Inventory, expression: str, outside: Outside = _PLAIN) -> tuple[Node, ...]:
    """Give the nodes that an expression means, of groups, node names and ranges."""
    return tuple(traced.node for traced in trace(inventory, expression, outside))


def trace(inventory: Inventory, expression: str, outside: Outside = _PLAIN) -> tuple[Traced, ...]:
    """Give the nodes that an expression means, and where each comes from.

    A plain word that nothing speaks of is an error here: it is a group's name misspelt.
    """
    meant = evaluate(expression, Reading(inventory, Words.SHOW, outside))
    if not meant:
        raise NoSuchTarget(f"{names.shown(expression)} means no node")
    return tuple(Traced(inventory.node(said.typed, said.seat), said.origin) for said in meant.said.values())


def _last(target: Target, text: str) -> str:
    """Say which `-x` it was, where there are several."""
    return f", the last ones by {names.shown('-x ' + text)}" if len(target.exclude) > 1 else ""


def _nobody(inventory: Inventory, target: Target) -> str:
    """Say why nobody is meant: every group that was named is empty, or no word was given."""
    terms = [term for text in (*target.groups, *target.hosts) for term in names.terms(text)]
    files = [names.shown(term.typed) for term in terms if term.kind in (Kind.FILE, Kind.INPUT)]
    if files:
        return f"no node is named in {', '.join(files)}"
    known = [word.name for term in terms for word in names.words(term.text) if inventory.has_group(word.name)]
    if not known:
        return f"no node is named{known_groups(inventory)}"
    places = ", ".join(f"`{group}` ({inventory.place(group)})" for group in known)
    return f"nobody is a member of {places}"
