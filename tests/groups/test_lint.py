"""Lint tells with its line what cssh would misread, and what would be right."""

from __future__ import annotations

import time

import pytest

from nowfab.groups import Source, lint

CASES = {
    "a range that vanishes": ("red red[01-02]\n", "1 warning range", "cssh makes nothing of it"),
    "a range to its end": (
        "red h{03..01}\n",
        "1 error range",
        "`h03` `h04` `h05` `h06` and 93 more",
    ),
    "the second range": ("red h{1..2}{3..4}\n", "1 warning range", "cssh makes `h13..4` `h23..4` of it"),
    "a pattern of files": ("red host*\n", "1 error range", "cssh makes nothing of it"),
    "a bad character": ("red a b;c\n", "1 error bad-character", "leaves the whole group empty"),
    "a prompt": ("$ rpcluster rp1\n", "1 error prompt", "cannot be the name of a group"),
    "a colon behind the name": ("red: a\n", "1 error tag", "cannot be the name of a group"),
    "an option": ("red -oProxyCommand=x\n", "1 error option", "begins with `-`"),
    "a comma": ("red a,b\n", "1 error name", "is not allowed"),
    "a mark": ("\ufeffred a\n", "1 warning mark", "byte order mark"),
    "a comment in between": ("\nred a \\\n# x\n b\n", "3 error continuation", "would drop the rest"),
    "a comment at the end": ("red a \\\n b # x", "1 warning continuation", "as `red a b # x`"),
    "nobody": ("red a\nblue\n", "2 warning empty", "`cssh blue` connects to a host of that name"),
    "zero": ("z 0\nz q\n", "1 warning zero", "forgets the member `0`"),
    "itself": ("red a red\n", "1 error cycle", "red → red; cssh never comes to an end"),
    "each other": ("red blue\nblue red\n", "2 error cycle", "red → blue → red"),
    "a port": ("red blue:22\nblue b\n", "1 warning port", "not the group `blue`"),
    "the same twice": ("red a b a\n", "1 warning twice", "opens two windows"),
}


def told(*sources: Source) -> list[tuple[str, str, str]]:
    found = lint.findings(sources)
    return [(f"{one.place.line} {one.level} {one.kind}", one.what, one.mend) for one in found]


@pytest.mark.parametrize("name", CASES)
def test_each_mistake_has_its_line_its_class_and_a_mend(name: str) -> None:
    text, expected, what = CASES[name]
    head, said, mend = told(Source("clusters", text))[0]

    assert expected == head
    assert what in said
    assert mend


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# x\n",
        "\\\nred a\n",
        "\\\n \\\nred a \\\n b\n",
        "red a h{1..3} pi@h{a,b}:22 \\\n c # d\r\nblue red ada@red\n",
        "red red01\nred red02\n",
    ],
)
def test_what_both_read_alike_is_left_alone(text: str) -> None:
    """A linter that cries wolf is switched off."""
    assert [] == told(Source("clusters", text))


def test_E2_a_host_with_a_window_closes_no_circle() -> None:
    """`red=80x24+0+0` in red is the host red: nowfab reads it, so lint must not refuse it."""

    assert [] == told(Source("clusters", "red a red=80x24+0+0\n"))


def test_a_group_of_nobody_is_a_host_where_another_names_it() -> None:
    assert ["1 warning empty", "2 warning host"] == [head for head, _, _ in told(Source("c", "a\nred a\n"))]


def test_E5_a_group_that_replaces_another_one_whole_is_told_once() -> None:
    """Whoever wanted to add to the group of /etc/clusters has lost its members."""
    ((head, what, _),) = told(Source("/etc/clusters", "red a\n"), Source("ours", "blue b\nred c\n"))

    assert "2 warning replaced" == head
    assert "/etc/clusters:1" in what


def test_a_tags_file_is_looked_at_as_one() -> None:
    assert ["1 warning range", "2 error bad-character", "3 warning empty"] == [
        head for head, _, _ in told(Source("tags", "h{1..2} red\nh3 a;b\nh4\n", "tags"))
    ]


def test_the_blank_of_the_manual_is_told() -> None:
    text = "title = cssh\nextra_cluster_file = ~/a, ~/b\n"
    ((head, what, _),) = told(Source("config", text, "settings"))

    assert "2 warning blank" == head
    assert "` ~/b`" in what


@pytest.mark.parametrize(
    ("last", "expected"),
    [
        ("x", ["9900 error deep"]),
        ("g0", ["9900 error deep", "10000 error cycle"]),
        ("g9999 g9998", ["9900 error deep", "10000 error cycle"]),
    ],
)
def test_E2_E3_ten_thousand_groups_deep_are_told_once_and_soon(last: str, expected: list[str]) -> None:
    """One mistake in a generated file must not become ten thousand lines, nor a minute."""
    lines = [*(f"g{number} g{number + 1}" for number in range(9_999)), f"g9999 {last}"]
    began = time.process_time()
    found = [head for head, *_ in told(Source("clusters", "\n".join(lines)))]

    assert (expected, True) == (found, time.process_time() - began < 5)


def test_a_name_that_goes_on_to_the_end_of_the_file_is_told() -> None:
    found = {head: what for head, what, _ in told(Source("c", "red\\\nblue\\\n"))}

    assert {"1 warning empty", "1 warning continuation"} == set(found)
    assert "as `redblue\\`" in found["1 warning continuation"]


def test_findings_come_in_the_order_of_files_and_lines() -> None:
    found = lint.findings([Source("b", "x x\ny a;b\n"), Source("a", "z -a\n")])

    assert ["b:1", "b:2", "a:1"] == [str(finding.place) for finding in found]


def test_groups_of_the_old_kind_are_looked_at_too() -> None:
    """They count as any others, so a circle or a bad word in them stops everybody."""
    text = "clusters = circ old bad\ncirc = circ z\nold = o[01-02]\nbad = c$x\n"

    assert ["2 error cycle", "3 warning range", "4 error bad-character"] == [
        head for head, _, _ in told(Source("config", text, "settings"))
    ]


@pytest.mark.parametrize("text", ["g h{1..90000}\n", "g 0\ng 0\n", "g h{0..00}\n"])
def test_what_comes_to_the_same_is_left_alone(text: str) -> None:
    assert [] == [head for head, _, _ in told(Source("c", text)) if "twice" not in head]
