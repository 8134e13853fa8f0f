"""Have a node know other nodes by their names."""

from __future__ import annotations

from collections.abc import Sequence

from nowfab.errors import FileError, UsageError
from nowfab.inventory.node import Node
from nowfab.plan import blocks
from nowfab.plan import hosts as lines
from nowfab.plan.steps import Refused, Step
from nowfab.steps.text import text

FILE = "/etc/hosts"


def hosts(block: str, nodes: Sequence[Node]) -> Step:
    """Have a line for each node that has an IP address, in a marked block of /etc/hosts.

    A name that has another address outside of the block is refused: one name has one address.
    """

    def render(old: str) -> str:
        try:
            return lines.put(old, FILE, block, nodes, overwrite=True)
        except (UsageError, FileError) as error:
            raise Refused(str(error).partition("\n")[0]) from None

    def edited(old: str) -> bool:
        found = blocks.find(old, blocks.marks(block))
        return found is not None and found.edited and found.inside != lines.content(nodes)[0]

    return text(f"hosts {block}", FILE, render, edited=edited)
