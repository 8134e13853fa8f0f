"""JSON carries every byte, and never needs a whole output in memory."""

from __future__ import annotations

import base64
import json
import tracemalloc
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.blobs import FileBlob, MemoryBlob
from nowfab.report.json import pieces
from nowfab.results import Report, Result, Status


def written(report: Report) -> dict[str, object]:
    document: dict[str, object] = json.loads("".join(pieces(report)))
    return document


def test_the_schema_is_the_one_that_was_promised() -> None:
    """Scripts are built on it; a change needs a new number."""
    row = Result(
        "red01",
        Status.TIMED_OUT,
        None,
        None,
        MemoryBlob(b"half"),
        MemoryBlob(b""),
        0.20004,
        (),
        "too slow",
        1,
    )

    assert {
        "schema": 1,
        "title": "run `x`",
        "exit_code": 2,
        "results": [
            {
                "node": "red01",
                "status": "timed-out",
                "exit_code": None,
                "signal": None,
                "stdout": "half",
                "stderr": "",
                "seconds": 0.2,
                "changes": [],
                "reason": "too slow",
                "attempts": 1,
            }
        ],
    } == written(Report("run `x`", (row,)))


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_any_number_of_rows_is_one_document(count: int) -> None:
    """Commas are written by hand."""
    rows = tuple(Result(f"red{number}", Status.OK, 0) for number in range(count))
    results = written(Report("", rows))["results"]

    assert isinstance(results, list)
    assert [row.node for row in rows] == [result["node"] for result in results]


def stream(data: bytes) -> object:
    results = written(Report("", (Result("red01", Status.OK, 0, stdout=MemoryBlob(data)),)))["results"]
    assert isinstance(results, list)
    return results[0]["stdout"]


@given(st.binary() | st.text(st.characters(max_codepoint=127)).map(str.encode))
def test_C14_every_byte_comes_back(data: bytes) -> None:
    """Text as text, anything else as base64."""
    shown = stream(data)
    back = shown.encode() if isinstance(shown, str) else base64.b64decode(shown["base64"])  # type: ignore[index]

    assert data == back


@pytest.mark.parametrize("size", range(192 * 1024 - 2, 192 * 1024 + 3))
def test_a_character_may_lie_across_two_pieces(size: int) -> None:
    """3,000 é after one a is where other tools begin to lose some."""
    text = "a" * size + "é" * 3000 + "🙂"

    assert text == stream(text.encode())


def test_base64_has_no_padding_in_its_middle() -> None:
    """Some decoders stop at the first `=`."""
    data = b"\xff" * (2 * 192 * 1024 + 1)

    assert {"base64": base64.b64encode(data).decode()} == stream(data)


def test_what_is_cut_at_its_end_is_not_utf8() -> None:
    """The first half of a character is no text."""

    assert {"base64": base64.b64encode(b"ok \xc3").decode()} == stream(b"ok \xc3")


def test_the_document_is_plain_ascii() -> None:
    """Whatever the locale is, and whatever a node wrote, a terminal has nothing to obey in it."""
    row = Result("red01", Status.OK, 0, stdout=MemoryBlob("é\x1b\x7f\u202e".encode()), reason="\x9b")
    row = replace(row, stderr=MemoryBlob(bytes(range(128))))

    assert all(" " <= char <= "~" or char == "\n" for char in "".join(pieces(Report("", (row,)))))


def test_C13_twenty_large_outputs_take_little_memory(tmp_path: Path) -> None:
    """10 MB from each of 20 nodes must not become 200 MB here."""
    data = b"0123456789abcde\n" * 64 * 1024 * 10
    file = tmp_path / "blob"
    file.write_bytes(data)
    blob = FileBlob(file, len(data))
    report = Report("", tuple(Result(f"red{number}", Status.OK, 0, stdout=blob) for number in range(20)))
    tracemalloc.start()

    size = sum(map(len, pieces(report)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert size > 20 * len(data)
    assert peak < 8 * 1024 * 1024
