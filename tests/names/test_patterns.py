"""Patterns mean the same names to us, to ClusterShell and to ClusterSSH, in the order typed."""

from __future__ import annotations

import time
import tracemalloc

import pytest
from ClusterShell.NodeSet import RESOLVER_NOGROUP, NodeSet
from hypothesis import given
from hypothesis import strategies as st

from nowfab import names
from nowfab.errors import NameRefused

CASES = {
    "red": "red",
    "red[01-03]": "red01 red02 red03",
    "red[01-02,7]": "red01 red02 red7",
    "red[3,1-2]": "red3 red1 red2",
    "red[9-11]": "red9 red10 red11",
    "red[0-10/5]": "red0 red5 red10",
    "r[1-2]n[1-2].lan": "r1n1.lan r1n2.lan r2n1.lan r2n2.lan",
    "red{01..03}": "red01 red02 red03",
    "red{08..11}": "red08 red09 red10 red11",
    "red{1..03}": "red1 red2 red3",
    "red{a,b}": "reda redb",
    "red{a..c}": "reda redb redc",
    "b{4..6,9,x}": "b4 b5 b6 b9 bx",
    "h{a,b}{1..2}": "ha1 ha2 hb1 hb2",
    "10.0.0.{1..2}": "10.0.0.1 10.0.0.2",
    "::1": "::1",
}


@pytest.mark.parametrize("pattern", CASES)
def test_a_pattern_means_these_names_in_this_order(pattern: str) -> None:
    """The order of the rows is the order of the words."""

    assert tuple(CASES[pattern].split()) == names.expand(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "red[5-1]",
        "red{5..1}",
        "red[01-3]",
        "red[1-03]",
        "red{01..3}",
        "red[",
        "red]",
        "red[1",
        "red{1",
        "red[[1]]",
        "red{a,{b}}",
        "red[]",
        "red{}",
        "red[1,]",
        "red{a,}",
        "red[a-c]",
        "red[1-2-3]",
        "red[1-5/0]",
        "red{1..9..2}",
        "red{a..C}",
        "red{-1..2}x;",
        "[1-3]*",
        "",
    ],
)
def test_E3_what_cannot_be_counted_up_is_an_error(pattern: str) -> None:
    """ClusterSSH gives nothing at all for most of these, and says nothing."""

    with pytest.raises(NameRefused):
        names.expand(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "red[1-999999999]",
        "[0-999][0-999][0-999]",
        "red{1..99999999999}",
        "[0-999][0-999]",
        f"[1-{'9' * 5000}]",
        "[1]" * 1_000_000,
        f"[{'1,' * 1_000_000}1]",
        f"{'x' * 10_000_000}[1-2]",
        f"{{{'a,' * 60_000}b}}[0-9]",
    ],
    ids=lambda pattern: f"{pattern[:24]}…{len(pattern)}",
)
def test_E3_a_pattern_is_counted_before_it_is_unfolded(pattern: str) -> None:
    """A slip of the finger must not cost the memory of this computer."""
    tracemalloc.start()
    began = time.process_time()
    with pytest.raises(NameRefused):
        names.expand(pattern)
    spent, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (True, True) == (spent < 1, peak < 30 * 1024 * 1024 + len(pattern))


def test_the_limit_itself_is_allowed() -> None:
    """A limit that is off by one is found by whoever has exactly that many."""

    assert names.LIMIT == len(names.expand("n[1-100000]"))


def test_commas_split_only_outside_of_brackets() -> None:
    """`red[01-05,7],blue` is two words."""

    assert ("red[01,7]", "b{a,b}", "x") == names.split(" red[01,7],b{a,b} , ,x,")


numbers = st.integers(0, 300)
ranges = st.tuples(numbers, st.integers(0, 9)).map(lambda ends: f"{ends[0]}-{ends[0] + ends[1]}")
brackets = st.lists(ranges | numbers.map(str), min_size=1, max_size=3).map(
    lambda items: f"[{','.join(items)}]"
)
literals = st.sampled_from(["a", "x-", ".b", "r"])
patterns = st.lists(st.tuples(literals, brackets).map("".join), min_size=1, max_size=3).map(
    lambda pieces: "n" + "".join(pieces)
)


@given(patterns)
def test_clustershell_means_the_same_names(pattern: str) -> None:
    """People know these brackets from clush; it is the oracle."""

    assert set(NodeSet(pattern, resolver=RESOLVER_NOGROUP)) == set(names.expand(pattern))


@given(st.text(alphabet="ab01-.,[]{}/@:%; \n\x00é", max_size=30) | st.text(max_size=20))
def test_any_text_is_names_or_our_own_error(text: str) -> None:
    """A traceback is never the answer to a typing error."""
    try:
        found = names.expand(text)
    except NameRefused:
        return

    assert found == tuple(map(names.node, found))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("h{aa..ad}", "haa hab hac had"),
        ("h{az..bb}", "haz hba hbb"),
        ("h{a8..b1}", "ha8 ha9 hb0 hb1"),
        ("h{,-old}", "h h-old"),
    ],
)
def test_letters_count_on_as_cssh_has_them(pattern: str, expected: str) -> None:
    """Whatever cssh expands sensibly is expanded alike."""

    assert expected.split() == list(names.expand(pattern))


@pytest.mark.parametrize(
    "pattern", ["h{a..C}", "h{aa..b}", "h{a,}", "h{}", "h{" + "a" * 15 + ".." + "z" * 15 + "}"]
)
def test_letters_that_cssh_counts_without_sense_are_refused(pattern: str) -> None:
    with pytest.raises(NameRefused):
        names.expand(pattern)
