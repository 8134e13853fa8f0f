"""The table says what the issue promises, in as many columns as there are."""

from __future__ import annotations

from pathlib import Path

import pytest

from nowfab.blobs import FileBlob, MemoryBlob
from nowfab.report.fit import cut, width
from nowfab.report.table import outline, table
from nowfab.results import Report, Result, Status

THREE = Report(
    "run `uptime`",
    (
        Result("red01", Status.OK, 0, stdout=MemoryBlob(b"08:14:02 up 3 days\n"), seconds=0.21, attempts=1),
        Result("red02", Status.FAILED, 3, stdout=MemoryBlob(b"one\ntwo\n\n"), seconds=0.2, attempts=1),
        Result(
            "red03",
            Status.UNREACHABLE,
            seconds=10.0,
            reason="no answer from 192.168.1.103 port 22 within 10 s",
            attempts=1,
        ),
    ),
)


def test_a_row_per_node_in_target_order() -> None:
    """This is the product's face; the issue draws it like this."""

    assert [
        "node   status       exit  seconds  output",
        "-----  -----------  ----  -------  ------------------------------------------------",
        "red01  ok              0     0.21  08:14:02 up 3 days",
        "red02  failed          3     0.20  two",
        "red03  unreachable           10.0  no answer from 192.168.1.103 port 22 within 10 s",
    ] == table(THREE, None).text.splitlines()


def test_a_row_fits_its_terminal() -> None:
    """A wrapped table cannot be read; the ellipsis says that something went."""
    laid = table(THREE, 60)

    assert max(map(width, laid.text.splitlines())) <= 60
    assert laid.text.splitlines()[-1].endswith("…")


@pytest.mark.parametrize("columns", [1, 5, 20])
def test_D6_a_tiny_terminal_gets_its_rows(columns: int) -> None:
    """Rows may wrap there, but none is missing and nothing fails."""
    text = table(THREE, columns).text

    assert all(f"\nred0{number} " in text for number in (1, 2, 3))


@pytest.mark.parametrize(
    ("stdout", "stderr", "hidden"),
    [
        (b"one line\n", b"", False),
        (b"", b"", False),
        (b"one\ntwo\n", b"", True),
        (b"one\n", b"and an error\n", True),
        (b"x" * 100_000, b"", True),
        (b"\n" * 100_000, b"", True),
    ],
)
def test_the_table_knows_what_it_does_not_show(stdout: bytes, stderr: bytes, hidden: bool) -> None:
    """Only then the user is told how to see all."""
    row = Result("red01", Status.OK, 0, stdout=MemoryBlob(stdout), stderr=MemoryBlob(stderr))

    assert hidden == table(Report("", (row,)), None).hidden


@pytest.mark.parametrize(
    ("status", "stdout", "stderr", "reason", "shown"),
    [
        (Status.OK, b"out\n", b"err\n", "", "out"),
        (Status.OK, b" \n\n", b"err\n", "", "err"),
        (Status.FAILED, b"out\n", b"err\n", "", "err"),
        (Status.FAILED, b"out\n", b"", "", "out"),
        (Status.LOST, b"half", b"", "the connection went", "the connection went; half"),
        (Status.CANCELLED, b"", b"", "stopped by Ctrl-C", "stopped by Ctrl-C"),
        (Status.OK, b"a\r\nlast\r\n", b"", "", "last"),
        (Status.OK, b"ok\rred09: forged", b"", "", r"ok\rred09: forged"),
        (Status.OK, b"bad \xff byte", b"", "", r"bad \xff byte"),
        (Status.OK, b"a\tb", b"", "", "a       b"),
    ],
)
def test_a_row_shows_the_line_that_says_most(
    status: Status, stdout: bytes, stderr: bytes, reason: str, shown: str
) -> None:
    """What failed tells why on stderr; what worked answers on stdout."""
    row = Result("red01", status, stdout=MemoryBlob(stdout), stderr=MemoryBlob(stderr), reason=reason)

    assert shown == outline(row)


def test_the_end_of_a_huge_line_is_marked_as_an_end(tmp_path: Path) -> None:
    """Only the tail of a file is read; that its start is missing must show."""
    data = "é".encode() * 300_000 + b"END\n"
    file = tmp_path / "blob"
    file.write_bytes(data)

    shown = outline(Result("red01", Status.OK, 0, stdout=FileBlob(file, len(data))))

    assert shown.startswith("…")
    assert shown.endswith("éEND")


def test_no_rows_make_no_table() -> None:
    """Nothing to say is nothing said."""

    assert "" == table(Report("", ()), 80).text


def test_a_signal_stands_where_the_exit_code_would() -> None:
    """Exit code and signal exclude each other."""
    text = table(Report("", (Result("red01", Status.SIGNALED, signal="KILL"),)), None).text

    assert ["red01", "signaled", "KILL"] == text.split()[-3:]


@pytest.mark.parametrize(
    ("text", "columns", "shown"),
    [
        ("abc", 3, "abc"),
        ("abcd", 3, "ab…"),
        ("漢字漢字", 5, "漢字…"),
        ("漢字", 4, "漢字"),
        ("e\u0301e\u0301", 2, "e\u0301e\u0301"),
    ],
)
def test_wide_and_combining_characters_are_counted_as_drawn(text: str, columns: int, shown: str) -> None:
    """A terminal gives a Chinese character two columns and an accent of its own none."""

    assert shown == cut(text, columns)
