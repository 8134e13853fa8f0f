"""ClusterSSH's settings name further files, and may hold groups of the old kind."""

from __future__ import annotations

from nowfab import groups
from nowfab.groups import Source, csshrc


def test_further_files_are_named_with_commas_and_blanks_do_not_count() -> None:
    """cssh itself ignores the second file of its own manual's example, for the blank in front of it."""
    found = csshrc.parse("extra_cluster_file = ~/a, ~/b\nextra_tag_file=\n", "config")

    assert ("~/a", "~/b") == found.clusters
    assert () == found.tags


def test_the_last_settings_file_that_says_something_counts() -> None:
    said = [csshrc.parse(text, "c") for text in ("extra_cluster_file=a", "extra_cluster_file=b", "x=1")]

    assert ("b",) == csshrc.paths(said, "clusters")
    assert () == csshrc.paths(said, "tags")


def test_groups_of_the_old_kind_are_read_and_replaced_by_any_clusters_file() -> None:
    old = Source("config", "clusters = red blue gone\nred = r1 pi@r{2..3}\nblue = b1\n", "settings")
    known = groups.load([old, Source("clusters", "blue b2\n")])

    assert ("red", "blue") == known.names
    assert ["r1", "r2", "r3"] == [seat.word.name for seat in known.seats("red")]
    assert ["b2"] == [seat.word.name for seat in known.seats("blue")]


def test_settings_that_are_none_of_ours_are_left_alone() -> None:
    """Fonts and colours hold characters that no name may have."""
    found = csshrc.groups("terminal_font = 6x13 # small\nkey_addhost = Control-Shift-plus; $x\n", "config")

    assert () == found.groups
