"""Whatever the two streams are, data arrives or its loss is told, and never with a traceback."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import pytest

from nowfab.errors import OutputError
from nowfab.terminal.screen import Screen
from tests.terminal.conftest import drawn

CODE = """
import sys
from nowfab.cli.sentences import sentences
from nowfab.terminal.screen import standard
from invoke import Exit
try:
    with sentences():
        standard().data(["line\\n"] * 100_000)
except Exit as end:
    print(end.message or "quiet", file=sys.stderr)
    sys.exit(end.code)
"""


def shell(line: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Run CODE as $PYTHON -c "$CODE" in a line of bash."""
    whole = {**os.environ, "PYTHON": sys.executable, "CODE": CODE, **environ}
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, env=whole, timeout=60)


def test_D4_a_reader_that_leaves_ends_us_quietly() -> None:
    """`| head` is no error."""
    done = shell('"$PYTHON" -c "$CODE" | head -n 1; exit ${PIPESTATUS[0]}')

    assert (141, "line\n", "quiet\n") == (done.returncode, done.stdout, done.stderr)


def test_D6_a_closed_output_is_a_sentence() -> None:
    """Results that have nowhere to go are exit 5."""
    done = shell('"$PYTHON" -c "$CODE" >&-')

    assert (5, "nowfab: standard output is closed; results have nowhere to go\n") == (
        done.returncode,
        done.stderr,
    )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has /dev/full")
def test_D6_a_full_disk_is_a_sentence() -> None:
    """Nor may Python itself complain while it ends."""
    done = shell('"$PYTHON" -c "$CODE" > /dev/full')

    assert (5, "nowfab: cannot write the results: No space left on device\n") == (
        done.returncode,
        done.stderr,
    )


def test_D6_what_an_encoding_lacks_is_shown_as_a_number() -> None:
    """An ASCII locale loses letters, not lines."""
    raw = io.BytesIO()
    out = io.TextIOWrapper(raw, encoding="ascii", errors="strict")
    Screen(out, out, {}).data(["naïve …\n"])

    assert b"na\\xefve \\u2026\n" == raw.getvalue()


@pytest.fixture
def tty() -> Iterator[tuple[TextIO, int]]:
    """Give a terminal of 20 columns: our end, and the end that shows what was written."""
    far, near = pty.openpty()
    termios.tcsetwinsize(near, (5, 20))
    with os.fdopen(near, "w", encoding="utf-8") as stream:
        yield stream, far
    os.close(far)


def test_a_passing_line_goes_before_the_next_write(tty: tuple[TextIO, int]) -> None:
    """Progress must not stand in the middle of a table."""
    stream, far = tty
    screen = Screen(stream, stream, {"TERM": "xterm"})
    screen.passing("1 of 2 done")
    screen.data(["table\n"])
    screen.say("summary")

    assert "\r\x1b[K1 of 2 done\r\x1b[Ktable\r\nsummary\r\n" == drawn(stream.fileno(), far)


def test_D6_a_passing_line_fits_a_narrow_terminal(tty: tuple[TextIO, int]) -> None:
    """One that wraps could not be taken away again."""
    stream, far = tty
    Screen(stream, stream, {"TERM": "xterm"}).passing("1 of 2 done, running: red[01-09]")

    assert "\r\x1b[K1 of 2 done, runni…" == drawn(stream.fileno(), far)


@pytest.mark.parametrize("environ", [{}, {"TERM": "dumb"}])
def test_a_terminal_that_takes_nothing_back_gets_no_passing_line(
    tty: tuple[TextIO, int], environ: dict[str, str]
) -> None:
    """Logs and editors would collect every drawing."""
    stream, far = tty
    screen = Screen(stream, stream, environ)
    screen.passing("1 of 2 done")
    screen.say("end")

    assert "end\r\n" == drawn(stream.fileno(), far)


def test_columns_come_from_the_terminal_or_from_the_user(tty: tuple[TextIO, int]) -> None:
    """None means that nothing has to fit."""
    stream, _ = tty

    assert [20, 33, 20, None] == [
        Screen(stream, None, {}).columns(),
        Screen(stream, None, {"COLUMNS": "33"}).columns(),
        Screen(stream, None, {"COLUMNS": "wide"}).columns(),
        Screen(io.StringIO(), None, {}).columns(),
    ]


def test_without_an_output_nothing_is_begun() -> None:
    """Asked before anything is sent."""
    with pytest.raises(OutputError):
        Screen(None, None, {}).check()


def test_a_lost_standard_error_is_no_error() -> None:
    """Nobody is there to be told."""
    screen = Screen(None, None, {"TERM": "xterm"})
    screen.say("summary")
    screen.passing("1 of 2 done")
    screen.urgent("stopping")

    assert not screen.lively
