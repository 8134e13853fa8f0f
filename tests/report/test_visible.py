"""Nothing that a node wrote moves a cursor, changes a title or hides a letter."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.report.visible import decoder, visible


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x1b[2J", r"\x1b[2J"),
        ("\x1b]52;c;eHg=\x1b\\", r"\x1b]52;c;eHg=\x1b" + "\\"),
        ("\x9b31m", r"\x9b31m"),
        ("100%\rred09: ok", r"100%\rred09: ok"),
        ("a\x08b\x7f", r"a\x08b\x7f"),
        ("abc\u202edcba", r"abc\u202edcba"),
        ("pay\u200bpal", r"pay\u200bpal"),
        ("\U000e0041", r"\U000e0041"),
        ("\udcff", r"\udcff"),
        ("é 漢 ☃ 🙂", "é 漢 ☃ 🙂"),
    ],
)
def test_C15_what_a_terminal_would_obey_is_shown(written: str, shown: str) -> None:
    """The commonest ways to forge what a person reads."""

    assert shown == visible(written)


def test_C15_no_control_or_format_character_is_left() -> None:
    """The list is written by hand for speed; Unicode's own data is the judge."""
    unseen = ("Cc", "Cf", "Cs", "Zl", "Zp")
    every = map(chr, range(sys.maxunicode + 1))
    left = [char for char in every if unicodedata.category(char) in unseen and char == visible(char)]

    assert [] == left


@given(st.text())
def test_making_visible_twice_is_making_visible_once(text: str) -> None:
    """Text passes through several hands; none may quote what another has quoted."""
    once = visible(text)

    assert once == visible(once)


def test_tab_and_newline_stay_where_they_are_wanted() -> None:
    """Lines of a stream keep their tabs."""

    assert ("a\tb\n", r"a\x09b\x0a") == (visible("a\tb\n", keep="\t\n"), visible("a\tb\n"))


@given(st.binary(), st.integers(0, 20))
def test_C14_bytes_are_decoded_alike_wherever_they_are_cut(data: bytes, at: int) -> None:
    """The network cuts in the middle of characters."""
    cut = decoder()
    parts = cut.decode(data[:at]) + cut.decode(data[at:]) + cut.decode(b"", final=True)

    assert data.decode("utf-8", "backslashreplace") == parts
