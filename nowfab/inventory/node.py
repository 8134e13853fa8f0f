"""Say what is known of one node before anybody asks it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    """One node. None means: not said in our files, so ssh_config decides, else SSH's default.

    `name` is unique in a run and is what the table shows. `via` is itself a Node, so that a
    crew needs no inventory. `fleet` is the kind of practice fleet that the node belongs to
    ("embedded", "docker" or ""); such a node has a `known_hosts` file of its own, beside which
    nothing else is read or written, and `down` says why it cannot be reached at all
    ("" when it may be tried).
    """

    name: str
    address: str | None = None
    user: str | None = None
    port: int | None = None
    identity: str | None = None
    via: Node | None = None
    local: bool = False
    role: str = ""
    mac: str = ""
    vars: tuple[tuple[str, str], ...] = ()
    fleet: str = ""
    known_hosts: str | None = None
    down: str = ""


def depth(node: Node) -> int:
    """Count the gateways before a node."""
    return 0 if node.via is None else 1 + depth(node.via)
