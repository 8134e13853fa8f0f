"""Look at a node: one exec of plain sh that changes nothing, whose answer is the row's output."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from nowfab import remote
from nowfab.facts import material
from nowfab.inventory.node import Node
from nowfab.remote import Shape
from nowfab.results import Status
from nowfab.talk import Exec, Talk, Work
from nowfab.work import command

PATIENCE = 60.0
"""Seconds that a look may take where nobody says; a file system that is away can hold it up for ever."""

NO_ANSWER = "what came is no answer; is there a POSIX shell, and no other command in its place?"


def look(sections: Iterable[str], timeout: float | None = None) -> Work:
    """Make the work of asking for these sections; a row that is OK has a whole answer."""
    shape = Shape(shell="sh")  # noqa: S604 - the name of one, in place of a login shell like fish
    line = remote.line(material.script(sections), shape)
    exec = Exec(line, timeout=PATIENCE if timeout is None else timeout)

    def talk(node: Node) -> Talk:
        outcome = yield exec
        row = command.result(node, outcome)
        if row.status is Status.OK and material.cut(row.stdout.head(material.LONGEST)) is None:
            return replace(row, status=Status.FAILED, reason=NO_ANSWER)
        return row

    return talk
