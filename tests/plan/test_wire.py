"""What goes to the agent and comes back is counted, and nothing else is believed."""

from __future__ import annotations

import hashlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.blobs import Blob, MemoryBlob
from nowfab.plan import wire
from nowfab.plan.changes import FetchLists, RunArgv, SetUnit, Upgrade, WriteFile
from nowfab.plan.questions import (
    Absent,
    CannotTell,
    File,
    Link,
    OutputOf,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Said,
    SysctlNamed,
    TcpTo,
    Unit,
    UnitNamed,
)
from nowfab.plan.wire import Garbled, Request

RUN = "20261123T083412Z-7f3a9c2e"
ASKED: tuple[Question, ...] = (
    PathAt("/a"),
    PathAt("/b"),
    OutputOf(("id",)),
    UnitNamed("ssh"),
    PackageNamed("x"),
)
ANSWERS = [
    {"is": "file", "sha256": "00ff", "mode": 420, "owner": "root", "group": "12", "changed": 1.5, "blob": 0},
    {"is": "link", "target": "x"},
    {"code": 3, "stdout": 1, "stderr": 2},
    {"enabled": "enabled", "active": "active", "since": 4.0},
    {"cannot": "no apt"},
]


def _reply(header: dict[str, object], blobs: tuple[bytes, ...] = (), run: str = RUN) -> bytes:
    text = json.dumps({"nowfab": 1, "blobs": [len(blob) for blob in blobs], **header}).encode()
    return _framed(text, b"".join(blobs), run)


def _framed(text: bytes, behind: bytes = b"", run: str = RUN) -> bytes:
    body = b"%010d\n" % len(text) + text + behind
    return (
        b"\0nowfab1 %s %d %s\n" % (run.encode(), len(body), hashlib.sha256(body).hexdigest().encode()) + body
    )


HEADER: dict[str, object] = {"nowfab": 1, "state": "applied", "reason": "", "made": [], "blobs": []}
GOOD = _reply(
    {"state": "applied", "reason": "", "made": [{"change": 0, "did": "changed"}], "answers": ANSWERS},
    (b"hello", b"out", b""),
)


def _bytes(blobs: tuple[Blob, ...]) -> bytes:
    return b"".join(blob.head(blob.size) for blob in blobs)


def test_a_request_is_counted_and_its_bytes_follow_in_order() -> None:
    write = WriteFile(
        "/a", MemoryBlob(b"content"), 0o600, "root", "root", Absent(), check=("visudo", "-cf", "{}")
    )
    changes = (
        write,
        SetUnit("ssh", Unit("enabled", "active", 1.0), restart=True),
        RunArgv(("x",), stdin=MemoryBlob(b"in")),
    )
    sent = _bytes(wire.encode(Request(RUN, "exchange", "/var/lib/nowfab", "é", "me@here", changes, ASKED)))

    header = json.loads(sent[11 : 11 + int(sent[:10])])
    assert b"contentin" == sent[11 + int(sent[:10]) :]
    assert [7, 2] == [blob["size"] for blob in header["blobs"]]
    assert [hashlib.sha256(b"content").hexdigest(), hashlib.sha256(b"in").hexdigest()] == [
        blob["sha256"] for blob in header["blobs"]
    ]
    assert ["write", "unit", "run"] == [change["do"] for change in header["changes"]]
    assert ["path", "path", "output", "unit", "package"] == [asked["ask"] for asked in header["questions"]]
    assert sent[: 11 + int(sent[:10])].isascii()


def test_a_reply_is_understood_behind_the_noise_of_a_login() -> None:
    reply = wire.decode(b"Welcome to \0 this Pi\n" + GOOD + b"bye", RUN, ASKED)

    assert ("applied", "", ("changed",)) == (reply.state, reply.reason, reply.made)
    file = reply.answers[0]
    assert isinstance(file, File)
    assert (b"\x00\xff", 0o644, "12", 1.5) == (file.sha256, file.mode, file.group, file.changed)
    assert file.content is not None
    assert b"hello" == file.content.head(9)
    assert (
        Link("x"),
        Said(3, b"out"),
        Unit("enabled", "active", 4.0),
        CannotTell("no apt"),
    ) == reply.answers[1:]


@pytest.mark.parametrize(
    "header",
    [
        "[" * 100_000 + "]" * 100_000,
        '{"nowfab": 1, "blobs": [1e999]}',
        '{"nowfab": 1, "blobs": [null]}',
        '[{"nowfab": 1}]',
        json.dumps({**HEADER, "answers": [{"is": "file", "changed": 10**400}] * len(ASKED)}),
        json.dumps({**HEADER, "answers": [["is"]] * len(ASKED)}),
        json.dumps({**HEADER, "made": ["changed"]}),
        json.dumps({**HEADER, "runs": [7]}),
    ],
)
def test_what_no_agent_would_say_is_no_reply(header: str) -> None:
    """Whoever answers may mean us ill: that is its own row, and nobody else's."""
    with pytest.raises(Garbled):
        wire.decode(_framed(header.encode()), RUN, ASKED)


@pytest.mark.parametrize("cut", range(0, len(GOOD), 7))
def test_half_a_reply_is_no_reply(cut: int) -> None:
    with pytest.raises(Garbled):
        wire.decode(GOOD[:cut], RUN, ASKED)


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_a_damaged_reply_is_no_reply(at: int, by: int) -> None:
    damaged = bytearray(GOOD)
    damaged[at] ^= by
    with pytest.raises(Garbled):
        wire.decode(bytes(damaged), RUN, ASKED)


@pytest.mark.parametrize(
    "header",
    [
        {},
        {"state": "applied", "reason": "", "made": [], "answers": []},
        {"state": "applied", "reason": "", "made": [], "answers": [{}] * 5},
        {"state": "applied", "reason": "", "made": [], "answers": [{"is": "cat"}] * 5},
        {"state": "applied", "reason": "", "made": 3, "answers": ANSWERS},
        {"nowfab": 2},
        {"blobs": ["x"]},
    ],
)
def test_what_another_agent_says_is_not_guessed_at(header: dict[str, object]) -> None:
    with pytest.raises(Garbled):
        wire.decode(_reply(header, (b"", b"", b"")), RUN, ASKED)


def test_the_reply_of_another_run_is_not_ours() -> None:
    with pytest.raises(Garbled, match="another run"):
        wire.decode(_reply({}, run="other"), RUN, ())


def test_what_apt_does_and_what_a_program_may_say_has_its_words() -> None:
    """What this side alone knows of a program does not travel."""
    changes = (
        FetchLists(),
        Upgrade((("bash", "2"),), (("bash", Package("1")),), ("held",)),
        RunArgv(("x",), stdin=MemoryBlob(b"in"), alters=("/a",), shown="do x", secret=False),
    )
    sent = _bytes(wire.encode(Request(RUN, "exchange", "/s", "", "", changes, ())))
    header = json.loads(sent[11 : 11 + int(sent[:10])])

    assert [
        {"do": "lists"},
        {"do": "upgrade", "to": {"bash": "2"}, "was": {"bash": {"version": "1", "held": False}}},
        {"do": "run", "argv": ["x"], "undo": None, "stdin": 0, "quiet": False},
    ] == header["changes"]


def test_every_question_has_its_words() -> None:
    asked: tuple[Question, ...] = (SysctlNamed("a.b"), TcpTo("h", 22), PathAt("/s", content=False))
    sent = _bytes(wire.encode(Request(RUN, "exchange", "/s", "", "", (), asked)))
    header = json.loads(sent[11:])

    assert [
        {"ask": "sysctl", "key": "a.b"},
        {"ask": "tcp", "host": "h", "port": 22},
        {"ask": "path", "path": "/s", "content": False},
    ] == header["questions"]
