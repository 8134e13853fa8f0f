"""Lines come out whole, each with its node in front, and none is lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.report.stream import LONGEST, Line, Lines
from nowfab.results import Result, Status
from nowfab.talk import Finished, Note, Output, Sent


def shown(*events: Output | Finished | Note | Sent) -> list[str]:
    lines = Lines()
    return [line.text for event in events for line in lines.take(event)]


def finished(status: Status = Status.OK, **facts: object) -> Finished:
    return Finished("red01", Result("red01", status, **facts))  # type: ignore[arg-type]


def test_C17_lines_of_two_nodes_are_never_mixed() -> None:
    """Each node's bytes come in pieces, between those of the others."""

    assert ["red01: one", "red02: two", "red01: three"] == shown(
        Output("red01", "stdout", b"on"),
        Output("red02", "stdout", b"tw"),
        Output("red01", "stdout", b"e\nthr"),
        Output("red02", "stdout", b"o\n"),
        Output("red01", "stdout", b"ee\n"),
    )


def test_stderr_is_told_apart() -> None:
    """A reader, and whoever pipes only stdout on, must know which is which."""
    lines = Lines()

    assert [Line("stderr", "red01 stderr: oh")] == lines.take(Output("red01", "stderr", b"oh\n"))


def test_the_rest_of_a_stream_is_shown_at_its_end() -> None:
    """The last line need not end in a newline."""

    assert ["red01: rest", "red01 stderr: oh"] == shown(
        Output("red01", "stdout", b"rest"), Output("red01", "stderr", b"oh"), finished()
    )


def test_C16_a_line_cannot_pretend_to_be_of_another_node() -> None:
    """A carriage return would move to the start of the line and write over it."""

    assert [r"red01: ok\rred09: ok"] == shown(Output("red01", "stdout", b"ok\rred09: ok\n"))


def test_lines_of_windows_end_like_others() -> None:
    """Some devices end lines in CR LF."""

    assert ["red01: a", "red01: b"] == shown(Output("red01", "stdout", b"a\r\nb\r\n"))


def test_C14_a_long_line_is_shown_in_pieces_and_not_held() -> None:
    """A node that never writes a newline must not fill our memory."""
    data = b"x" * (LONGEST + 1)
    lines = Lines()

    assert [Line("stdout", f"red01: {data.decode()}")] == lines.take(Output("red01", "stdout", data))


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (finished(Status.FAILED, exit_code=3), ["red01 failed exit 3"]),
        (finished(Status.SIGNALED, signal="KILL"), ["red01 signaled KILL"]),
        (finished(Status.UNREACHABLE, reason="no\x1b answer"), [r"red01 unreachable: no\x1b answer"]),
        (finished(), []),
        (Note("red01", "connecting"), []),
        (Sent("red01"), []),
    ],
)
def test_what_went_wrong_is_said_when_a_node_ends(event: Finished | Note | Sent, said: list[str]) -> None:
    """Without a table the row must stand somewhere."""

    assert said == shown(event)


@given(st.lists(st.binary(max_size=30)))
def test_nothing_is_lost_wherever_it_is_cut(chunks: list[bytes]) -> None:
    """The network cuts anywhere."""
    cut = shown(*(Output("red01", "stdout", chunk) for chunk in chunks), finished())
    whole = shown(Output("red01", "stdout", b"".join(chunks)), finished())

    assert whole == cut
