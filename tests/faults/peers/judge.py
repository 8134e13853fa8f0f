"""Hold what a program said against what is true; pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from tests.faults.peers.stimuli import Truth

Mark = Literal["truthful", "vague", "wrong", "hangs", "traceback", "n.a."]
Status = Literal["ok", "failed", "nothing"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a program said of one node: `words` beside its output, without those for the exit code."""

    status: Status
    code: int | None = None
    words: str = ""
    out: bytes = b""


@dataclass(frozen=True, slots=True)
class Ran:
    """One run over the faulty and the good node; exit code None where it had to be cut."""

    bad: Said
    good: Said
    exit_code: int | None
    seconds: float
    traceback: bool = False
    runs: int = 0
    left: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """A mark, and why."""

    mark: Mark
    why: str = ""


def verdict(truth: Truth, ran: Ran) -> Verdict:
    """Judge a run; the worst that can be said of it."""
    if ran.exit_code is None:
        return Verdict("hangs")
    if ran.traceback:
        return Verdict("traceback")
    if ran.runs > 1:
        return Verdict("wrong", f"ran {ran.runs} times")
    if ran.good.status != "ok" and truth.kind in ("not run", "lost"):
        return Verdict("wrong", "the good node failed too")
    return _well(truth, ran) if truth.kind == "ok" else _ill(truth, ran)


def _well(truth: Truth, ran: Ran) -> Verdict:
    if ran.bad.status != "ok" or ran.exit_code:
        late = re.search(r"timed?[ -]?out", ran.bad.words, re.IGNORECASE)
        return Verdict("wrong", "not done in time" if late else f"says {ran.bad.status}")
    if ran.bad.out.removesuffix(b"\n") != truth.out.removesuffix(b"\n"):
        return Verdict("wrong", "the output differs")
    return Verdict("truthful")


def _ill(truth: Truth, ran: Ran) -> Verdict:
    if ran.bad.status == "ok":
        return Verdict("wrong", "says ok")
    if ran.left:
        return Verdict("wrong", "it goes on running")
    if ran.bad.status == "nothing":
        return Verdict("wrong", "says nothing")
    if ran.exit_code == 0:
        return Verdict("wrong", "ends with 0")
    if truth.kind == "exit":
        return Verdict("truthful") if ran.bad.code == truth.code else Verdict("wrong", f"says {ran.bad.code}")
    if truth.kind == "signal":
        return Verdict("truthful") if re.search(r"KILL|signal 9", ran.bad.words) else _vague(ran.bad)
    return Verdict("truthful") if re.search(r"\w", ran.bad.words) else _vague(ran.bad)


def _vague(said: Said) -> Verdict:
    return Verdict("vague", "no reason" if said.code is None else f"only says {said.code}")
