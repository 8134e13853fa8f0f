"""A word says who, where and at which port; the three never run into each other."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import names
from nowfab.errors import NameRefused
from nowfab.names import Word

CASES = {
    "red01": (Word("red01"),),
    "pi@red[01-02]:2222": (Word("red01", "pi", 2222), Word("red02", "pi", 2222)),
    "red01,pi@blue{a,b}": (Word("red01"), Word("bluea", "pi"), Word("blueb", "pi")),
    "{pi,root}@h": (Word("h", "pi"), Word("h", "root")),
    "lh:{22001..22002}": (Word("lh", None, 22001), Word("lh", None, 22002)),
    "::1": (Word("::1"),),
    "[::1]:22": (Word("::1", None, 22),),
    "pi@[fe80::1%eth0]:2222": (Word("fe80::1%eth0", "pi", 2222),),
    "pi@fe80::1": (Word("fe80::1", "pi"),),
    "10.0.0.1:22": (Word("10.0.0.1", None, 22),),
    " , ": (),
}


@pytest.mark.parametrize("text", CASES)
def test_words_are_read_as_in_ssh_and_cssh(text: str) -> None:
    """NodeSet would take `pi@red01` and `red01:2222` for names, and choke on IPv6."""

    assert CASES[text] == names.words(text)


@pytest.mark.parametrize(
    "text",
    [
        "h:",
        "h:0",
        "h:ssh",
        "@h",
        "pi@",
        "u:p@h",
        "h:22:1",
        "[::zz]:22",
        "[::1]:",
        "[::1]x",
        "-l@h",
        "a b",
        "h=80x24",
    ],
)
def test_E1_half_a_word_is_refused_early_and_late(text: str) -> None:
    """What is refused on use is refused when the file is read."""
    with pytest.raises(NameRefused):
        names.words(text)

    with pytest.raises(NameRefused):
        names.check(text)


def test_E3_words_are_counted_together() -> None:
    """Two words may be too many where each alone is not."""

    with pytest.raises(NameRefused):
        names.words("a[1-60000],b[1-60000]")


@given(st.text(alphabet="ab01-.,[]{}@:%/; é", max_size=30) | st.text(max_size=20))
def test_any_text_is_words_or_our_own_error(text: str) -> None:
    """Whatever passes is checked in each of its parts."""
    try:
        found = names.words(text)
    except NameRefused:
        return

    assert [word.name for word in found] == [names.node(word.name) for word in found]


@given(st.sampled_from(sorted(CASES)[1:]))
def test_a_word_that_is_meant_passes_the_early_check(text: str) -> None:
    """The early check must not refuse what works."""
    for piece in names.split(text):
        names.check(piece)
