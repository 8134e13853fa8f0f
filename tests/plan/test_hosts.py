"""Nodes stand in /etc/hosts in a block of their own, and under no second address."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.errors import FileError, UsageError
from nowfab.inventory import Node
from nowfab.plan import hosts

RED = (Node("red01", "10.0.0.1"), Node("red02", "fe80::2"), Node("red03"), Node("red04", "pi.lan"))
BLOCK = "# nowfab red: begin\n10.0.0.1 red01\nfe80::2 red02\n# nowfab red: end f7473fe7c9c3\n"


def test_a_node_with_an_address_has_a_line_and_the_others_are_named() -> None:
    nodes = (*RED, Node("here", "127.0.0.1", local=True), Node("10.0.0.9", "10.0.0.9"))

    assert ("10.0.0.1 red01\nfe80::2 red02\n", ("red03", "red04", "here", "10.0.0.9")) == hosts.content(nodes)


def test_the_block_comes_to_the_end_and_is_replaced_where_it_stands() -> None:
    once = hosts.put("127.0.0.1 localhost", "hosts", "red", RED)
    assert f"127.0.0.1 localhost\n{BLOCK}" == once

    moved = (Node("red01", "10.0.0.7"),)
    assert (
        "127.0.0.1 localhost\n# nowfab red: begin\n10.0.0.7 red01\n# nowfab red: end 5c11bc897294\n# x\n"
        == hosts.put(f"{once}# x\n", "hosts", "red", moved)
    )
    assert "127.0.0.1 localhost\n# x\n" == hosts.put(f"{once}# x\n", "hosts", "red", None)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("# red01\n10.0.0.2 a red01 # x\n", 2),
        ("10.0.0.2\tRED01\n", 1),
        (f"{BLOCK}::1 red02\n", 5),
        ("fe80::1 red02\n", 1),
        ("10.0.0.01 red01\n", 1),
    ],
)
def test_a_name_with_another_address_is_refused_with_its_line(text: str, line: int) -> None:
    """Whichever line comes first would win, today this computer and tomorrow another one."""
    with pytest.raises(UsageError, match=f"^hosts:{line}: `red0"):
        hosts.put(text, "hosts", "red", RED)


def test_the_same_address_elsewhere_is_no_quarrel() -> None:
    text = "10.0.0.1 red01 www\nFE80:0::2 red02\n10.0.0.3 red03\n"

    assert f"{text}{BLOCK}" == hosts.put(text, "hosts", "red", RED)


def test_a_torn_block_is_refused() -> None:
    with pytest.raises(FileError, match="do not belong together"):
        hosts.put("# nowfab red: begin\n", "hosts", "red", RED)


@given(st.text(st.sampled_from("1a. #\n\té"), max_size=60))
def test_all_other_lines_stay(text: str) -> None:
    after = hosts.put(text, "hosts", "red", RED)

    assert after.startswith(text)
    assert text + "\n" * (text[-1:] not in ("", "\n")) == hosts.put(after, "hosts", "red", None)
