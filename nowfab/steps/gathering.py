"""Have one node give a value that the plans of the others need."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.inventory.node import Node
from nowfab.inventory.strict_yaml import Table, Text, Value
from nowfab.plan.questions import OutputOf
from nowfab.plan.steps import Refused
from nowfab.steps import fields
from nowfab.steps.kind import Field, must
from nowfab.steps.variables import OWN, TO_COME

LARGEST = 64 * 1024
"""Bytes of a value; a token has a hundred."""

UNTOLD = "it-is-unknown"
"""What stands there else: a text that it makes another one of needs the value."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
FIELDS: Mapping[str, Field] = {
    "on": Field(fields.text, "the node of this run that gives the value"),
    "role": Field(fields.text, "or the role that one node of this run has"),
    "argv": must(fields.argv, "tells the value, and changes nothing"),
    "secret": Field(fields.boolean, "it is shown nowhere", "false"),
}
"""What is said of a value."""


@dataclass(frozen=True, slots=True)
class Gather:
    """A value by its name: what a program says on the node `on`, or on the one whose role is `role`."""

    name: str
    on: Value | None
    role: Value | None
    argv: Value
    secret: bool
    place: Place


def read(value: Value) -> tuple[Gather, ...]:
    """Read the values that a plan gathers; FileError."""
    if not isinstance(value, Table) or not value.entries:
        raise FileError(
            value.place, "`gather` is a mapping, such as `token: {role: master, argv: [cat, /token]}`"
        )
    return tuple(_gather(key, said) for key, said in value.entries)


def _gather(key: Text, value: Value) -> Gather:
    if not _NAME.fullmatch(key.value) or key.value in OWN:
        raise FileError(key.place, f"{names.shown(key.value)} cannot be the name of a value")
    if not isinstance(value, Table):
        raise FileError(value.place, f"a value is a mapping of {', '.join(FIELDS)}")
    said = {inner.value: part for inner, part in value.entries}
    for inner, _ in value.entries:
        if inner.value not in FIELDS:
            raise FileError(
                inner.place, f"no field {names.shown(inner.value)}; there are {', '.join(FIELDS)}"
            )
    if ("on" in said) == ("role" in said) or "argv" not in said:
        raise FileError(key.place, "a value needs `argv`, and `on: NODE` or `role: ROLE`")
    secret = "secret" in said and fields.boolean(said["secret"])
    return Gather(key.value, said.get("on"), said.get("role"), said["argv"], secret, key.place)


def giver(gather: Gather, nodes: Sequence[Node]) -> Node:
    """Find the node of this run that gives the value; FileError for none or several."""
    wanted = gather.on or gather.role
    assert wanted is not None
    text = fields.text(wanted)
    found = [node for node in nodes if text == (node.name if gather.on else node.role)]
    if len(found) == 1:
        return found[0]
    what = f"node `{text}`" if gather.on else f"role `{text}`"
    several = f"{len(found)} nodes" if found else "none"
    raise FileError(
        wanted.place, f"of the nodes of this run {several} has {what}; `{gather.name}` comes from one"
    )


def question(gather: Gather, filled: Callable[[Value], Value]) -> OutputOf:
    """Ask for the value, what stands in the plan being filled."""
    return OutputOf(fields.argv(filled(gather.argv)))


def text(name: str, said: bytes) -> str:
    """Read a value as it was said: one text, without its last line end. Raises Refused."""
    try:
        found = said.decode()
    except UnicodeDecodeError:
        raise Refused(f"gather {name}: what the program says is no text") from None
    if not found.strip() or len(said) > LARGEST or "\0" in found:
        raise Refused(f"gather {name}: the program says {'nothing' if not found.strip() else 'too much'}")
    return found.removesuffix("\n")


def placeholders(gathers: Sequence[Gather]) -> Mapping[str, str]:
    """Give something in place of each value, to see whether a plan can be meant at all."""
    return {gather.name: TO_COME for gather in gathers}
