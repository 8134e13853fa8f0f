"""Lint tells of two nodes at one address, and of an entry that is taken for a group."""

from __future__ import annotations

import pytest

from nowfab.groups import Source
from nowfab.inventory import lint_nodes


def told(text: str, clusters: str = "") -> list[str]:
    found = lint_nodes.findings(text, "nodes.yaml", [Source("clusters", clusters)])
    return [f"{one.place.line} {one.level} {one.kind}: {one.what}" for one in found]


SAME = {
    "one address": "nodes:\n  a: {address: 10.0.0.1}\n  b: {address: 10.0.0.1}\n",
    "a name that is an address": "nodes:\n  10.0.0.1: {}\n  b: {address: 10.0.0.1}\n",
    "the usual port": "nodes:\n  a: {address: 10.0.0.1, port: 22}\n  b: {address: 10.0.0.1}\n",
    "upper case": "nodes:\n  a: {address: pi.lan}\n  b: {address: Pi.LAN}\n",
}


@pytest.mark.parametrize("name", SAME)
def test_E5_two_nodes_at_one_address_are_told(name: str) -> None:
    """One computer would get every command twice, the other none."""
    (what,) = told(SAME[name])

    assert what.startswith("3 warning address: `b` has the address of `")


def test_E5_a_range_with_one_address_is_told_of_each() -> None:
    assert ["2 warning address"] * 2 == [
        what.partition(":")[0] for what in told("nodes:\n  a[1-3]: {address: 10.0.0.1}\n")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nodes:\n  a: {address: 10.0.0.1, port: 2201}\n  b: {address: 10.0.0.1, port: 2202}\n",
        "nodes:\n  a: {address: 10.0.0.2, via: g}\n  b: {address: 10.0.0.2, via: h}\n  g: {}\n  h: {}\n",
        "nodes:\n  a: {local: true}\n  b: {local: true}\n",
        "nodes:\n  a: {address: 10.0.0.1}\n  'a,b': {user: pi}\n",
    ],
)
def test_what_leads_to_two_computers_is_left_alone(text: str) -> None:
    """Every private network has a 192.168.50.2."""
    assert [] == told(text)


def test_an_entry_that_is_called_like_a_group_is_told() -> None:
    """`red: {user: pi}` looks as if it held for all of red."""
    (what,) = told("nodes:\n  red: {user: pi}\n", "red a\n")

    assert what.startswith("2 warning group: this speaks of a node `red`")
    assert "clusters:1" in what


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nodes: [\n", "error nodes"),
        ("nodes:\n  a: {adress: x}\n", "2 error nodes: no key `adress`"),
        ("nodes:\n  a: {via: b}\n  b: {via: a}\n", "error nodes: a node cannot be reached through itself"),
    ],
)
def test_what_cannot_be_read_is_an_error(text: str, expected: str) -> None:
    (what,) = told(text)

    assert expected in what


def test_a_group_of_nobody_is_told() -> None:
    (what,) = told("groups:\n  rad: {user: pi}\n", "red a\n")

    assert "2 warning group: no file defines the group `rad`, so this holds for nobody" == what
