"""Find out whether a node answers: log in, do nothing, say how long it took."""

from __future__ import annotations

from dataclasses import replace

from nowfab import remote
from nowfab.blobs import MemoryBlob
from nowfab.inventory.node import Node
from nowfab.results import Status
from nowfab.talk import Exec, Talk, Work
from nowfab.work.command import result


def ping() -> Work:
    """Make the work of running `true`; the row's output says whether the host key was known."""
    exec = Exec(remote.line("true"))

    def talk(node: Node) -> Talk:
        outcome = yield exec
        row = result(node, outcome)
        if row.status is not Status.OK:
            return row
        says = f"host key {outcome.host_key}" if outcome.host_key else "no host key: this computer"
        return replace(row, stdout=MemoryBlob(f"{says}\n".encode()))

    return talk
