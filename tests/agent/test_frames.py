"""What comes half, damaged or from a stranger changes nothing, and gets one clear reply."""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.agent.asking import Reply, ask, parse, request, tree, write

CHANGE = {"do": "run", "argv": ["true"], "undo": None, "stdin": None}


def replied(agent: dict[str, Any], sent: bytes) -> Reply:
    """Have the agent read and answer in this process; what is no request never gets as far as a change."""
    run, said, blobs = agent["reply_to"](io.BytesIO(sent), lambda: None)
    sink = io.BytesIO()
    agent["write_reply"](sink, run, said, blobs)
    return parse(sink.getvalue())


def test_F_half_an_input_changes_nothing(agent: dict[str, Any], top: Path, state: Path) -> None:
    """A link may break after any byte: each of them is tried."""
    sent = request(state, [write(top / "a"), write(top / "b", 1)], [], [b"hello", b"world"])
    states = {replied(agent, sent[:size]).state for size in range(len(sent))}

    assert ({"failed"}, {}) == (states, tree(top))
    assert ["lock"] == [path.name for path in state.iterdir()]


def test_a_whole_input_is_taken_and_no_byte_more(top: Path, state: Path) -> None:
    """The proof of the one before: whole, the same request is carried out, whatever follows it."""
    reply = ask(request(state, [write(top / "a")], [], [b"hello"]) + b"more")

    assert ("applied", b"hello") == (reply.state, (top / "a").read_bytes())


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"", "ended in the middle"),
        (b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "does not begin with its length"),
        (b"9999999999\n{}", "does not begin with its length"),
        (b"0000000002\n[]", "no JSON object"),
        (b"0000000003\n{}\xff", "no JSON"),
        (b"0000004000\n" + b"[" * 4000, "no JSON"),
        (b"0000000002\n{}", "version None"),
    ],
)
def test_garbage_gets_one_clear_reply(agent: dict[str, Any], sent: bytes, reason: str) -> None:
    """A stranger on the line, or a controller of another age."""
    reply = replied(agent, sent)

    assert ("failed", "unknown") == (reply.state, reply.run)
    assert reason in reply.reason


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"nowfab": 2}, "it is of version 2, this agent speaks 1"),
        ({"run": "../../etc"}, "its RUN is none"),
        ({"run": "lock"}, "its RUN is none"),
        ({"verb": "dance"}, "does not know `dance`"),
        ({"changes": [{"do": "dance"}]}, "nobody knows what `dance` is"),
        ({"changes": [{**CHANGE, "argv": []}]}, "no program"),
        ({"changes": [{**CHANGE, "argv": ["a\0b"]}]}, "`argv` holds what is no word"),
        ({"changes": [{**CHANGE, "stdin": 0}]}, "the blobs that come are not those"),
        ({"blobs": [{"size": 0, "sha256": ""}]}, "the blobs that come are not those"),
        ({"blobs": [{"size": -1, "sha256": ""}]}, "less than no bytes"),
        ({"changes": [{"do": "remove", "path": "/a"}]}, "`was` of change 0 is missing"),
        ({"questions": [{"ask": "path", "path": "etc"}]}, "`etc` is no plain absolute path"),
        ({"questions": [{"ask": "path", "path": "/etc/../x"}]}, "no plain absolute path"),
        ({"questions": [{"ask": "path", "path": "/etc/"}]}, "no plain absolute path"),
        ({"questions": [{"ask": "path", "path": "/e\0"}]}, "no plain absolute path"),
        ({"questions": [{"ask": "path", "path": "/\ud800"}]}, ""),
        ({"questions": [{"ask": "package", "name": "tm*"}]}, "`tm*` is no name of a package"),
        ({"questions": [{"ask": "unit", "name": "-H evil"}]}, "is no name of a unit"),
        ({"questions": [{"ask": "sysctl", "key": "../../etc/passwd"}]}, "no name of a kernel parameter"),
        ({"questions": [{"ask": "tcp", "host": "a", "port": "22"}]}, "of another kind"),
        ({"questions": 5}, "`questions` of its header is missing or of another kind"),
    ],
)
def test_a_request_that_cannot_be_meant_is_refused_whole(
    agent: dict[str, Any], state: Path, other: dict[str, Any], reason: str
) -> None:
    """Names become parts of paths and argvs: each is checked before anything is done."""
    reply = replied(agent, request(state, header=other))

    assert "failed" == reply.state
    assert reason in reply.reason
    assert not state.exists()


def test_a_refusal_answers_each_question_too(agent: dict[str, Any], state: Path) -> None:
    """Who asked n things looks for n answers."""
    questions = [{"ask": "path", "path": "/a"}, {"ask": "path", "path": "b"}]
    reply = replied(agent, request(state, [], questions))

    assert [{"cannot": reply.reason}] * 2 == reply.answers


def test_another_sha256_changes_nothing(agent: dict[str, Any], top: Path, state: Path) -> None:
    """What was damaged on its way is not written, though it has the right length."""
    sent = request(state, [write(top / "a")], [], [b"hello"])
    reply = replied(agent, sent[:-1] + b"0")

    assert ("failed", {}) == (reply.state, tree(top))
    assert "what came is not what was sent" in reply.reason


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_nothing_that_comes_breaks_the_reader(agent: dict[str, Any], sent: bytes) -> None:
    """Any bytes get a reply that can be read."""
    assert "failed" == replied(agent, sent).state


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
KEYS = ("verb", "state", "limit", "blobs", "changes", "questions", "run", "nowfab")


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), JSON, min_size=1))
def test_no_header_breaks_the_agent(agent: dict[str, Any], other: dict[str, Any]) -> None:
    """A header of the wrong kinds is refused in a sentence, never with an error of Python's."""
    reply = replied(agent, request("/nowhere", header=other))

    assert reply.state in ("failed", "nothing")
    assert "broke" not in reply.reason


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=300), max_size=4), st.dictionaries(st.text(), st.text(), max_size=3))
def test_what_is_framed_is_read_again(
    agent: dict[str, Any], blobs: list[bytes], said: dict[str, str]
) -> None:
    """The magic line's length and sha256 are those of what follows, the blobs stay apart."""
    sink = io.BytesIO()
    header = {f"x{name}": value for name, value in said.items()}
    agent["write_reply"](sink, "r", header, blobs)
    reply = parse(b"motd\n" + sink.getvalue())

    assert (blobs, b"motd\n") == (reply.blobs, reply.noise)
    assert header == {name: value for name, value in reply.said.items() if name in header}


def test_a_blob_is_never_held_in_memory(agent: dict[str, Any]) -> None:
    """A node with 512 MB takes a file of any size."""

    class Source(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            self.largest = max(self.largest, size or 0)
            return super().read(size)

    raw = bytes(1_000_000)
    source, sink = Source(raw), io.BytesIO()
    agent["take_blob"](source, {"size": len(raw), "sha256": hashlib.sha256(raw).hexdigest()}, sink)

    assert (raw, 65536) == (sink.getvalue(), source.largest)


def test_noise_of_a_login_shell_does_no_harm(state: Path) -> None:
    """The reply is found by its magic line; JSON in it is ASCII."""
    reply = ask(request(state, header={"title": "\u00e9t\u00e9"}))

    assert ("nothing", b"") == (reply.state, reply.noise)
    assert json.dumps(reply.said).isascii()
