"""Write nodes as lines of /etc/hosts, and see whom their names mean there already."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

from nowfab import names
from nowfab.errors import FileError, Place, UsageError
from nowfab.inventory.node import Node
from nowfab.plan import blocks

OWN = "127.0.1.1"
"""What Debian gives a computer's own name (Debian Reference 5.1.1), whatever other computers call it by."""


def content(nodes: Sequence[Node]) -> tuple[str, tuple[str, ...]]:
    """Give a line for each node that has an IP address, and the names of those that have none."""
    lines = [f"{address} {node.name}\n" for node in nodes if (address := _address(node)) is not None]
    return "".join(lines), tuple(node.name for node in nodes if _address(node) is None)


def put(text: str, file: str, block: str, nodes: Sequence[Node] | None, overwrite: bool = False) -> str:
    """Put the nodes into a marked block of the text, or with None take that block out.

    UsageError for a name that has another address outside of the block, and for a block that somebody
    else has edited, unless `overwrite`; FileError for a torn block.
    """
    marks = blocks.marks(block)
    try:
        found = blocks.find(text, marks)
    except blocks.Torn as torn:
        raise FileError(file, str(torn)) from None
    lines, _ = ("", ()) if nodes is None else content(nodes)
    if found and found.edited and found.inside != lines and not overwrite:
        what = f"somebody has edited block `{block}` of {file}"
        raise UsageError(f"{what}; `--overwrite` replaces it, and keeps the old file beside it")
    if nodes is None:
        return blocks.take(text, marks)
    rest = found.before + "\n" * (found.inside.count("\n") + 2) + found.after if found else text
    if taken := list(_taken(rest, file, nodes)):
        hint = "one name has one address; take that line out, or the block in which it stands with `--remove`"
        raise UsageError("\n".join((*taken, hint)))
    return blocks.put(text, marks, lines)


def _taken(text: str, file: str, nodes: Sequence[Node]) -> Iterator[str]:
    """Tell of our names that stand there with another address."""
    ours = {node.name.lower(): (node.name, _address(node)) for node in nodes}
    for number, line in enumerate(text.split("\n"), 1):
        address, *said = line.partition("#")[0].split() or [""]
        for name in () if address == OWN else said:
            known, wanted = ours.get(name.lower(), ("", None))
            if wanted is not None and _ip(address) != wanted:
                yield f"{Place(file, number)}: `{known}` is {address} there, {wanted} in nodes.yaml"


def _address(node: Node) -> IPv4Address | IPv6Address | None:
    """Give the address of a node with a name; this computer has lines of its own."""
    named = names.is_host_name(node.name) and _ip(node.name) is None
    return _ip(node.address or "") if named and not node.local else None


def _ip(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
