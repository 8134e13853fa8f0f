"""What we write into a groups file, cssh reads as we do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import names
from nowfab.groups import cssh_words, portable
from nowfab.names import Word

CASES = {
    "red[01-05]": "red{01..05}",
    "red[01-02]": "red01 red02",
    "red[09-11],blue1": "red{09..11} blue1",
    "red[9-11]": "red{9..11}",
    "red[3-1]": None,
    "pi@red[1-3]:2222": "pi@red{1..3}:2222",
    "r[1-3].lan": "r1.lan r2.lan r3.lan",
    "red03,red02,red01": "red03 red02 red01",
    "red[1-3],red[5-7]": "red{1..3} red{5..7}",
    "red[98-101]": "red{98..101}",
    "red[098-101]": "red{098..101}",
    "10.0.0.[1-3]": "10.0.0.{1..3}",
    "a-[1-3]": "a-{1..3}",
    "fe80::1,::1": "fe80::1 ::1",
    "[1-3]": "1 2 3",
}


@pytest.mark.parametrize("typed", [typed for typed, expected in CASES.items() if expected])
def test_runs_become_ranges_that_both_read(typed: str) -> None:
    assert CASES[typed] == " ".join(portable.written(names.words(typed)))


_WORDS = st.builds(
    Word,
    st.from_regex(r"[a-z][a-z0-9.-]{0,3}[0-9]{1,3}", fullmatch=True),
    st.sampled_from([None, "pi"]),
    st.sampled_from([None, 22]),
)


@given(st.lists(st.tuples(_WORDS, st.integers(1, 6)), max_size=6))
def test_whatever_is_written_comes_back_from_both(begun: list[tuple[Word, int]]) -> None:
    """A range that cssh counts otherwise would send somebody's command to other hosts."""
    words = []
    for word, count in begun:
        head = word.name.rstrip("0123456789")
        number = word.name[len(head) :]
        words += [
            Word(f"{head}{int(number) + step:0{len(number)}}", word.user, word.port) for step in range(count)
        ]
    texts = portable.written(words)

    assert words == [word for text in texts for word in names.words(text)]
    assert list(map(names.written, words)) == [made for text in texts for made in cssh_words.expand(text)]
