"""A look is one exec, and only a whole answer is one."""

from __future__ import annotations

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.facts import nature
from nowfab.inventory.node import Node
from nowfab.results import Result, Status
from nowfab.talk import Ending, Exec, Outcome
from nowfab.work import looking


def looked(outcome: Outcome, timeout: float | None = None) -> tuple[Exec, Result]:
    talk = looking.look(nature.ASKS, timeout)(Node("red01"))
    exec = next(talk)
    with pytest.raises(StopIteration) as end:
        talk.send(outcome)
    result: Result = end.value.value
    return exec, result


def said(text: bytes) -> Outcome:
    return Outcome(Ending.EXITED, 0, stdout=MemoryBlob(text))


def test_a_whole_answer_is_ok_and_kept() -> None:
    exec, row = looked(said(b"hi\nnowfab-facts-1\n\nbits\n 64\n\nend\n"))

    assert (Status.OK, 60.0) == (row.status, exec.timeout)
    assert b"bits" in row.stdout.head(100)


@pytest.mark.parametrize("text", [b"", b"This account is not available.\n", b"nowfab-facts-1\n\nbits\n 64\n"])
def test_anything_else_has_failed(text: bytes) -> None:
    """A forced command, a menu, an answer that was cut: no facts, and the row says so."""
    _, row = looked(said(text))

    assert (Status.FAILED, looking.NO_ANSWER) == (row.status, row.reason)


def test_who_is_not_reached_is_not_looked_at() -> None:
    exec, row = looked(Outcome(Ending.UNREACHABLE, reason="no route"), timeout=5.0)

    assert (Status.UNREACHABLE, "no route", 5.0) == (row.status, row.reason, exec.timeout)
