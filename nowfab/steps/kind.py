"""Say what a kind of step is: its fields, what it needs on a node, an example, and what makes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nowfab.plan.steps import Step
from nowfab.steps import fields
from nowfab.steps.rights import Rights

Read = Callable[[Any], Any]
"""Makes a value of what stands in the file; FileError. The first line of its docstring says what it takes."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a step: what reads it, what it is for, and the value that holds without it."""

    read: Read
    says: str
    default: str = ""
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of step, as docs/reference/steps.md tells of it.

    `does` says what will be so, `needs` what the node must have for it, `guard` when it is guarded;
    `example` is what stands behind the kind's name in a plan. `make` gives a step or several of them, and
    may raise UsageError for fields that do not go together. Of `either` exactly one must be there; what
    stands in `besides` needs another field; only `keeps` is shown nowhere when it holds a secret.
    """

    does: str
    fields: Mapping[str, Field]
    make: Callable[..., Step | tuple[Step, ...]]
    example: str
    needs: str = ""
    guard: str = "never, for nothing of it could cut you off"
    either: tuple[str, ...] = ()
    keeps: str = ""
    besides: Mapping[str, str] = field(default_factory=dict)


def must(read: Read, says: str) -> Field:
    """Make a field that has to be there."""
    return Field(read, says, needed=True)


WHERE = "where what it touches could cut you off"
ALWAYS = "always, for it decides who gets in"

RIGHTS: Mapping[str, Field] = {
    "mode": Field(
        fields.mode, "its mode: what is there keeps its own, a new file has 0644, a new folder 0755"
    ),
    "owner": Field(fields.owner, "its user: what is there keeps its own"),
    "group": Field(fields.owner, "its group: what is there keeps its own"),
}
PROOFS: Mapping[str, Field] = {
    "check": Field(fields.argv, "looks at the new file (`{}` is its path) before it is put in place"),
    "verify": Field(
        fields.argv, "looks at it in its place: where either does not end with 0, nothing changes"
    ),
}


def rights(rest: dict[str, Any]) -> Rights:
    """Take the rights out of the values of a step."""
    return Rights(rest.pop("mode", None), rest.pop("owner", None), rest.pop("group", None))
