"""Groups in groups end in nodes, in the order of the files, or in an error that names the circle."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import groups
from nowfab.errors import FileError, NoSuchTarget, Place
from nowfab.names import Word


def merged(*texts: str) -> groups.Groups:
    return groups.merge(groups.parse(text, f"file{number}") for number, text in enumerate(texts, 1))


def words(known: groups.Groups, name: str) -> str:
    return " ".join(f"{s.word.user}@{s.word.name}" if s.word.user else s.word.name for s in known.seats(name))


def test_members_come_in_the_order_of_the_file() -> None:
    """The order of the file is the order of the rows, nested groups where they stand."""
    known = merged("all red x blue\nred red{01..02}\nblue blue[2,1]")

    assert "red01 red02 x blue2 blue1" == words(known, "all")


def test_a_later_file_replaces_a_group_whole() -> None:
    """That is ClusterSSH's order: /etc/clusters, ~/.clusterssh/clusters, then ours."""
    known = merged("red a b\nblue c", "red d", "red")

    assert ("d", "c", ("red", "blue")) == (words(known, "red"), words(known, "blue"), known.names)


def test_a_user_before_a_group_replaces_its_members_users() -> None:
    """`root@blue` in cssh logs in as root everywhere."""

    assert "root@a root@b" == words(merged("red root@blue\nblue pi@a b"), "red")


def test_a_member_that_is_a_group_stands_for_its_members() -> None:
    """Also when a pattern unfolds to the groups' names."""
    known = merged("all clus{1..2}\nclus1 a\nclus2 b\nred red01\nred01 c d")

    assert ("a b", "c d") == (words(known, "all"), words(known, "red"))


def test_a_group_with_a_port_is_a_node() -> None:
    """As in ClusterSSH: the port is never taken off."""

    assert (Word("blue", None, 22),) == tuple(s.word for s in merged("red blue:22\nblue a").seats("red"))


def test_each_seat_knows_its_line() -> None:
    """Whoever asks why a node is in a group gets the line."""
    known = merged("red blue\n", "blue a \\\n b")

    assert [Place("file2", 1), Place("file2", 2)] == [seat.place for seat in known.seats("red")]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("red red", "file1:1: a group cannot contain itself: red → red"),
        ("red blue\nblue red", "file1:2: a group cannot contain itself: red → blue → red"),
        (
            "red a blue\n\nblue x \\\n pi@grey\ngrey b{l,x}ue",
            "file1:5: a group cannot contain itself: blue → grey → blue",
        ),
    ],
)
def test_E2_a_circle_is_an_error_that_names_it(text: str, message: str) -> None:
    """ClusterSSH loops for ever."""
    with pytest.raises(FileError) as refused:
        merged(text).seats("red")

    assert message == str(refused.value)


def test_E3_a_deep_chain_is_an_error_soon() -> None:
    """A generated file must not exhaust the stack."""
    began = time.process_time()
    with pytest.raises(FileError, match="nested more than 100 deep"):
        merged("\n".join(f"g{n} g{n + 1}" for n in range(10_000))).seats("g0")

    assert time.process_time() - began < 2


def test_E3_groups_that_double_at_every_level_stay_small() -> None:
    """2^90 ways lead to one node; it is found once."""
    known = merged("\n".join(f"g{n} g{n + 1} g{n + 1}" for n in range(90)) + "\ng90 a")

    assert "a" == words(known, "g0")


def test_E3_a_group_has_a_limit() -> None:
    """Each word alone is allowed, together they are not."""
    with pytest.raises(FileError, match="more than 100,000 members"):
        merged("red a[1-60000]\nred b[1-60000]").seats("red")


def test_E5_a_member_named_twice_sits_once() -> None:
    """Twice the same node in a table would be two commands."""

    assert "a b" == words(merged("red a b a blue\nblue b"), "red")


def test_an_unknown_group_names_those_there_are() -> None:
    """The message is the next thing that is typed."""
    with pytest.raises(NoSuchTarget) as refused:
        merged("red a\nall red\nblue b").seats("green")

    assert "no group `green`; there are all, blue, red" == str(refused.value)


def test_ten_thousand_groups_are_read_in_no_time() -> None:
    """A big site must not feel its size at every start."""
    text = "\n".join(f"g{g} " + " ".join(f"g{g}n{n}" for n in range(10)) for g in range(10_000))
    began = time.process_time()
    found = words(merged(text), "g7")

    assert (True, "g7n0 g7n1") == (time.process_time() - began < 3, found[:9])


graphs = st.lists(
    st.tuples(st.sampled_from("abcde"), st.lists(st.sampled_from("abcdexyz"), max_size=4)), max_size=8
)


@given(graphs)
def test_any_graph_ends_in_nodes_or_our_own_error(lines: list[tuple[str, list[str]]]) -> None:
    """Nothing that can be written down may hang."""
    known = merged("\n".join(f"{tag} {' '.join(members)}" for tag, members in lines))
    for name in known.names:
        try:
            found = [seat.word.name for seat in known.seats(name)]
        except FileError:
            continue

        assert set() == set(found) & set(known.names)
