"""Name what the texts of a plan may speak of: the node, all nodes of the run, their variables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nowfab.errors import UsageError
from nowfab.inventory.node import Node

OWN: Mapping[str, str] = {
    "node": "this node",
    "nodes": "all nodes of this run, in order, this one too",
}
"""Names that no variable of nodes.yaml and no gathered value can have."""

TO_COME = "to-be-gathered"
"""What stands for a value that nobody has given yet."""


@dataclass(frozen=True, slots=True)
class Known:
    """What a plan may say of a node; `address` is its name where nodes.yaml has no other."""

    name: str
    address: str
    user: str
    role: str
    mac: str
    vars: Mapping[str, str]


def variables(node: Node, nodes: Sequence[Node], gathered: Mapping[str, str]) -> Mapping[str, Any]:
    """Give all names that a text may use on one node; UsageError for a variable that is called like ours."""
    said = dict(node.vars)
    for name in OWN:
        if name in said:
            raise UsageError(f"`{node.name}` has a variable `{name}`, which a plan has itself; rename it")
    return {**said, **gathered, "node": known(node), "nodes": [known(each) for each in nodes]}


def known(node: Node) -> Known:
    """Give what a plan may say of a node."""
    return Known(node.name, node.address or node.name, node.user or "", node.role, node.mac, dict(node.vars))
