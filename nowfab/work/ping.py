"""Find out whether a node answers: log in, do nothing, say how long it took."""

from __future__ import annotations

from nowfab import remote
from nowfab.inventory.node import Node
from nowfab.talk import Exec, Talk, Work
from nowfab.work.command import result


def ping() -> Work:
    """Make the work of running `true`."""
    exec = Exec(remote.line("true"))

    def talk(node: Node) -> Talk:
        outcome = yield exec
        return result(node, outcome)

    return talk
