"""Folded names are short, and mean exactly the same names."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import names

CASES = {
    "": "",
    "red01": "red01",
    "red01 red02 red03 red05": "red[01-03,05]",
    "red02 blue red01": "red[01-02],blue",
    "red01 red01": "red01",
    "red9 red10": "red[9-10]",
    "red1 red01": "red[1,01]",
    "red01.s1.lan red02.s1.lan": "red[01-02].s1.lan",
    "r1n1 r1n2 r2n1": "r1n[1-2],r2n1",
    "10.0.0.1 10.0.0.2": "10.0.0.[1-2]",
    "::1 ::2": "::1,::2",
    f"a{'9' * 30} a{'8' * 30}": f"a{'9' * 30},a{'8' * 30}",
}


@pytest.mark.parametrize("given_names", CASES)
def test_names_are_folded_like_this(given_names: str) -> None:
    """The summary line of a run is read by people."""

    assert CASES[given_names] == names.fold(given_names.split())


plain = st.from_regex(r"[a-z][a-z0-9.-]{0,8}[0-9]{0,3}", fullmatch=True)
alike = st.builds("n{}s{}".format, st.integers(0, 12), st.sampled_from(["1", "2", "01", "02"]))
addresses = st.ip_addresses().map(str)


@given(st.lists(plain | alike | addresses, max_size=30))
def test_unfolding_gives_back_the_same_names(found: list[str]) -> None:
    """What the summary names must be what can be typed behind -w."""
    unfolded = [name for piece in names.split(names.fold(found)) for name in names.expand(piece)]

    assert (set(found), len(set(found))) == (set(unfolded), len(unfolded))


def test_scattered_addresses_do_not_take_long() -> None:
    """Folding along several axes at once takes ClusterShell minutes for these."""
    chance = random.Random(5)
    found = [".".join(str(chance.randrange(256)) for _ in range(4)) for _ in range(20_000)]
    began = time.process_time()
    names.fold(found)

    assert time.process_time() - began < 5
