"""Put a request for a node's agent into bytes, and read its reply."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from nowfab.blobs import Blob, MemoryBlob
from nowfab.plan import words
from nowfab.plan.changes import Change
from nowfab.plan.questions import Answer, Question, TcpTo
from nowfab.plan.runs import Run, runs

VERSION = 1
"""Of what both sides say to each other."""

LIMIT = 1024 * 1024
"""Bytes of a file's content that are sent back for an answer; more is told by its hash alone."""

_MAGIC = re.compile(
    rb"\0nowfab1 (?P<run>[A-Za-z0-9-]{1,64}) (?P<length>[0-9]{1,18}) (?P<sha256>[0-9a-f]{64})\n"
)
_DIGITS = 10


ODD = (KeyError, TypeError, ValueError, IndexError, AttributeError, OverflowError, RecursionError)
"""What is raised by reading a reply that is none, be it by chance or by design."""


class Garbled(Exception):
    """What came is no reply of an agent, and why."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the agent. `run` is applied at most once; `who` is shown to others who are kept out.

    `rollback` is after how many seconds an armed run is taken back unless it is confirmed, 0 for no guard.
    What of `reaches` can be reached before must be reached after it, or nothing is confirmed.
    """

    run: str
    verb: str
    state: str
    title: str
    who: str
    changes: tuple[Change, ...] = ()
    questions: tuple[Question, ...] = ()
    rollback: int = 0
    reaches: tuple[TcpTo, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What the agent did: `state` is its word for it, `made` has a word for each change that was made.

    `runs` are those that the node keeps, told by `status` only.
    """

    state: str
    reason: str
    made: tuple[str, ...]
    answers: tuple[Answer, ...]
    runs: tuple[Run, ...] = ()


def encode(request: Request) -> tuple[Blob, ...]:
    """Give the bytes that follow the agent's own text on its standard input."""
    blobs: list[Blob] = []

    def keep(blob: Blob) -> int:
        blobs.append(blob)
        return len(blobs) - 1

    header = {
        "nowfab": VERSION,
        "run": request.run,
        "verb": request.verb,
        "state": request.state,
        "title": request.title,
        "who": request.who,
        "limit": LIMIT,
        "changes": [words.change(change, keep) for change in request.changes],
        "questions": [words.question(question) for question in request.questions],
    }
    if request.rollback:
        how = {"want": {"reached": True}, "held": True}
        proofs = [{**words.question(each), **how} for each in request.reaches]
        header["guard"] = {"seconds": request.rollback, "proofs": proofs}
    header["blobs"] = [{"size": blob.size, "sha256": blob.sha256.hex()} for blob in blobs]
    text = json.dumps(header).encode("ascii")
    return (MemoryBlob(b"%0*d\n" % (_DIGITS, len(text)) + text), *blobs)


def decode(output: bytes, run: str, questions: Sequence[Question]) -> Reply:
    """Read what came on standard output; noise may stand before the reply. Raises Garbled."""
    header, blobs = _body(output, run)
    try:
        answers = [
            words.answer(asked, said, blobs.__getitem__)
            for asked, said in zip(questions, header["answers"], strict=True)
        ]
        made = tuple(str(done["did"]) for done in header["made"])
        return Reply(str(header["state"]), str(header["reason"]), made, tuple(answers), runs(header))
    except ODD as error:
        raise Garbled(f"the agent's reply is not understood: {type(error).__name__}: {error}") from error


def _body(output: bytes, run: str) -> tuple[dict[str, Any], list[Blob]]:
    magic = _MAGIC.search(output)
    if magic is None:
        raise Garbled("no reply of the agent")
    if magic["run"].decode() != run:
        raise Garbled(f"the reply is of another run, {magic['run'].decode()}")
    body = output[magic.end() : magic.end() + int(magic["length"])]
    if len(body) < int(magic["length"]):
        raise Garbled("the agent's reply ended in the middle")
    if hashlib.sha256(body).hexdigest() != magic["sha256"].decode():
        raise Garbled("the agent's reply was damaged on its way")
    return _parts(body)


def _parts(body: bytes) -> tuple[dict[str, Any], list[Blob]]:
    try:
        end = _DIGITS + 1 + int(body[:_DIGITS])
        header = json.loads(body[_DIGITS + 1 : end])
        if header["nowfab"] != VERSION:
            raise Garbled(f"the agent speaks version {header['nowfab']}, not {VERSION}")
        blobs: list[Blob] = []
        for size in header["blobs"]:
            blobs.append(MemoryBlob(body[end : end + size]))
            end += size
    except ODD as error:
        raise Garbled(f"the agent's reply is not understood: {type(error).__name__}: {error}") from error
    return header, blobs
