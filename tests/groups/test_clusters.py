"""A clusters file is read as ClusterSSH reads it, or refused with its line."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import groups
from nowfab.errors import FileError, Place


def read(text: str) -> dict[str, list[tuple[str, int]]]:
    """Parse to {group: [(member, line)]}."""
    found = groups.parse(text, "clusters").groups
    return {group.name: [(member.text, member.place.line) for member in group.members] for group in found}


CASES = {
    "red a b": {"red": [("a", 1), ("b", 1)]},
    "\tred\ta  b \r\n": {"red": [("a", 1), ("b", 1)]},
    "# red a\n\n  # red b\nred c": {"red": [("c", 4)]},
    "red a#b c": {"red": [("a", 1)]},
    "red a # b": {"red": [("a", 1)]},
    "red a \\\n  b \\\n c": {"red": [("a", 1), ("b", 2), ("c", 3)]},
    "red a\\\nb": {"red": [("ab", 1)]},
    "red a \\ # why\n b": {"red": [("a", 1), ("b", 2)]},
    "red a \\\n b # x": {"red": [("a", 1), ("b", 2)]},
    "red a \\": {"red": [("a", 1)]},
    "# red \\\nblue a": {"blue": [("a", 2)]},
    "red a\nblue b\nred c": {"red": [("a", 1), ("c", 3)], "blue": [("b", 2)]},
    "\ufeffred a": {"red": [("a", 1)]},
    "red": {"red": []},
    "red red{01..05} pi@red[06-07]:22": {"red": [("red{01..05}", 1), ("pi@red[06-07]:22", 1)]},
    "": {},
}


@pytest.mark.parametrize("text", CASES)
def test_lines_are_read_as_clusterssh_reads_them(text: str) -> None:
    """The same /etc/clusters must mean the same to cssh and to nowfab."""

    assert CASES[text] == read(text)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("red a\n$ red b", 2),
        ("red: a", 1),
        ("red = a b", 1),
        ("red a \\\n  -oProxyCommand=x", 2),
        ("red `id`", 1),
        ("red a\n\nblue $(x)", 3),
        ("red a;b", 1),
        ("red a,b", 1),
        ("red host*", 1),
        ("red ../x", 1),
        ("red " + "a" * 300, 1),
        ("red r\u0435d01", 1),
        ("red a\u00a0b", 1),
        ("red a\x1bb", 1),
        ("red\x00 a", 1),
        ("red [5-1]", 1),
        ("red x[1-999999999]", 1),
        ("red x{01..3}", 1),
        ("red 'a' \"b\"", 1),
        ("-red a", 1),
        ("red a \\\n# note\n b", 2),
    ],
)
def test_E1_E8_what_cannot_be_meant_is_an_error_with_its_line(text: str, line: int) -> None:
    """ClusterSSH drops members, or the whole group, for most of these."""
    with pytest.raises(FileError) as refused:
        groups.parse(text, "/etc/clusters")

    assert Place("/etc/clusters", line) == refused.value.place


@pytest.mark.parametrize(
    "text",
    ["red " + "a " * 4_000_000, "red a\\\n" * 2_000_000, "\n" * 16_000_000, "red " + "x" * 16_000_000],
    ids=["words", "continued", "lines", "one word"],
)
def test_E4_a_huge_file_is_refused_soon(text: str) -> None:
    """16 MiB of anything is no description of a cluster."""
    began = time.process_time()
    with pytest.raises(FileError):
        groups.parse(text, "clusters")

    assert time.process_time() - began < 5


@given(st.text(alphabet="ab1 \\\n#{}[],.-@:\r\t$", max_size=60) | st.text(max_size=40))
def test_any_text_is_groups_or_our_own_error(text: str) -> None:
    """A groups file is typed by hand; a traceback is never the answer."""
    try:
        found = groups.parse(text, "clusters")
    except FileError:
        return

    assert [group.name for group in found.groups] == list(read(text))
