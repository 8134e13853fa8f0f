"""A screen that fails stops the run and is told at its end, once."""

from __future__ import annotations

import io

import pytest

from nowfab.cli.show import practice
from nowfab.cli.watching import watching
from nowfab.errors import OutputError
from nowfab.inventory import Node
from nowfab.talk import Output
from nowfab.terminal.screen import Screen


class Full(io.StringIO):
    """A stream on a full disk."""

    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


LINE = Output("red01", "stdout", b"line\n")


def test_lines_are_shown_as_they_come() -> None:
    """Both streams, in their order."""
    out, err = io.StringIO(), io.StringIO()
    with watching(1, "stream", Screen(out, err, {}), lambda reason: None) as watch:
        watch(LINE)
        watch(Output("red01", "stderr", b"a\nb\n"))

    assert ("red01: line\n", "red01 stderr: a\nred01 stderr: b\n") == (out.getvalue(), err.getvalue())


def test_D7_a_full_disk_stops_the_run_and_is_told_at_its_end() -> None:
    """The engine goes on to its end, so that every node is stopped and has its row."""
    reasons: list[str] = []
    guard = watching(1, "stream", Screen(Full(), None, {}), reasons.append)
    watch = guard.__enter__()
    for _ in range(3):
        watch(LINE)
    with pytest.raises(OutputError, match="No space left"):
        guard.__exit__(None, None, None)

    assert ["nobody reads the output any more"] == reasons


@pytest.mark.parametrize("form", ["table", "json"])
def test_without_a_terminal_nothing_passes_over_it(form: str) -> None:
    """Progress is for a person who waits."""
    out, err = io.StringIO(), io.StringIO()
    with watching(1, form, Screen(out, err, {"TERM": "xterm"}), lambda reason: None) as watch:  # type: ignore[arg-type]
        watch(LINE)

    assert ("", "") == (out.getvalue(), err.getvalue())


def test_the_kinds_of_practice_nodes_are_named_once_each() -> None:
    """A table may hold several, and plain nodes too."""
    nodes = [Node("a", fleet="embedded"), Node("b"), Node("c", fleet="docker"), Node("d", fleet="docker")]

    assert (
        "practice nodes: no sandbox, their commands run on this computer\n"
        "practice nodes: containers on this computer\n"
    ) == practice(nodes)
