"""Names come by the chapter's formula, and widths grow before they overflow."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.errors import NameRefused
from nowfab.names import naming


@pytest.mark.parametrize(
    ("cluster", "first", "last"),
    [
        ("cluster01", "node001", "node005"),
        ("cluster02", "node006", "node010"),
        ("cluster11", "node051", "node055"),
    ],
)
def test_the_chapter_s_own_examples(cluster: str, first: str, last: str) -> None:
    made = {one.name: one for one in naming.numbered(20, 5)}

    assert (first, last, 5) == (made[cluster].master, made[cluster].nodes[-1], len(made[cluster].nodes))


@pytest.mark.parametrize(
    ("clusters", "size", "name", "node"),
    [(99, 5, "cluster99", "node495"), (100, 5, "cluster100", "node500"), (200, 5, "cluster200", "node1000")],
)
def test_the_last_number_says_how_many_digits(clusters: int, size: int, name: str, node: str) -> None:
    made = naming.numbered(clusters, size)

    assert (name, node) == (made[-1].name, made[-1].nodes[-1])
    assert {len(name)} == {len(one.name) for one in made}
    assert {len(node)} == {len(one) for cluster in made for one in cluster.nodes}


@given(st.integers(1, 60), st.integers(1, 30), st.integers(1, 200))
def test_each_node_has_a_name_of_its_own(clusters: int, size: int, first: int) -> None:
    """A name that stands twice is a Pi that gets somebody else's commands."""
    made = naming.numbered(clusters, size, first)
    nodes = [node for cluster in made for node in cluster.nodes]

    assert len(nodes) == len(set(nodes)) == clusters * size
    assert [(first - 1) * size + 1 + step for step in range(clusters * size)] == [
        int(node[4:]) for node in nodes
    ]


def test_clusters_that_come_later_go_on_where_the_others_ended() -> None:
    assert naming.numbered(23, 5)[20:] == naming.numbered(3, 5, first=21)


def test_colours_number_their_own_nodes() -> None:
    red, blue = naming.coloured(["red", "blue"], 3)

    assert (("red01", "red02", "red03"), "blue01") == (red.nodes, blue.master)
    assert "red001" == naming.coloured(["red"], 100)[0].master


@pytest.mark.parametrize("text", ["", "-a", "a-", "a_b", "a.b", "é", "a" * 64, "a b"])
def test_what_no_computer_may_be_called_is_refused(text: str) -> None:
    """RFC 1123; a node named otherwise is not found by others, or not at all."""
    with pytest.raises(NameRefused, match="RFC 1123"):
        naming.coloured([text], 1)


def test_a_node_s_name_counts_with_its_number() -> None:
    assert "a" * 61 + "01" == naming.coloured(["a" * 61], 1)[0].master
    with pytest.raises(NameRefused, match="RFC 1123"):
        naming.coloured(["a" * 62], 1)


def test_E3_more_than_anybody_has_is_refused_at_once() -> None:
    with pytest.raises(NameRefused, match="more than 100,000"):
        naming.numbered(100_000, 100_000)
