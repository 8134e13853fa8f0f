"""Tags files add hosts to groups, whatever the clusters files say of them."""

from __future__ import annotations

import pytest

from nowfab import groups, names
from nowfab.errors import FileError
from nowfab.groups import Source


def members(*sources: Source) -> dict[str, str]:
    known = groups.load(sources)
    return {name: " ".join(seat.word.name for seat in known.seats(name)) for name in known.names}


def test_a_host_is_added_to_each_of_its_groups() -> None:
    assert {"red": "h1 h9", "new": "h9"} == members(
        Source("clusters", "red h1\n"), Source("tags", "h9 red new\n", "tags")
    )


def test_two_tags_files_add_and_do_not_replace() -> None:
    """Clusters files replace each other; whoever expects that here would lose hosts."""
    assert {"red": "a b"} == members(Source("t1", "a red\n", "tags"), Source("t2", "b red\n", "tags"))


def test_a_clusters_file_that_is_read_later_replaces_no_tag() -> None:
    sources = Source("t", "a red\n", "tags"), Source("c", "red b\n")

    assert {"red": "b a"} == members(*sources)


def test_ranges_stand_for_hosts_and_for_groups() -> None:
    assert {"red1": "a1 a2", "red2": "a1 a2"} == members(Source("t", "a{1..2} red{1..2}\n", "tags"))


def test_user_and_port_belong_to_the_host() -> None:
    known = groups.load([Source("t", "pi@a:22 red\n", "tags")])

    assert names.Word("a", "pi", 22) == known.seats("red")[0].word


def test_a_group_says_where_a_host_was_added() -> None:
    known = groups.load([Source("c", "red b\n"), Source("t", "\na red\n", "tags")])

    assert ["c:1", "t:2"] == [str(seat.place) for seat in known.seats("red")]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("a pi@red\n", "cannot be the name of a"),
        ("$ red\n", "is not allowed"),
        ("a red{3..1}\n", "counts down"),
    ],
)
def test_what_cannot_be_meant_names_its_line(text: str, what: str) -> None:
    with pytest.raises(FileError, match=what) as caught:
        groups.load([Source("tags", "# \n" + text, "tags")])

    assert "tags:2" == str(caught.value.place)
