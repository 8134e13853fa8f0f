"""An edited groups file says what was wanted, and every other byte of it stays."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from nowfab import groups, names
from nowfab.errors import NowfabError, UsageError
from nowfab.groups import Source, edit, unharmed
from nowfab.groups.edit import Edited
from nowfab.groups.rename import rename
from nowfab.names import Word


def change(sources: Sequence[Source], operation: str, *words: str) -> Edited:
    known = groups.load(sources)
    calls: dict[str, Callable[[], Edited]] = {
        "add": lambda: edit.add(sources, words[0], edit.words(words[1], known), "ours", False),
        "remove": lambda: edit.remove(sources, words[0], edit.words(words[1], known)),
        "delete": lambda: edit.delete(sources, words[0]),
        "rename": lambda: rename(sources, words[0], words[1]),
    }
    edited = calls[operation]()
    unharmed.check(sources, edited)
    return edited


def changed(text: str, *words: str) -> str:
    """Give the text of the only file after one operation, such as `add red x`."""
    (source,) = change([Source("ours", text)], *words).sources
    return source.text


CASES = {
    "a member": ("red a\n", ("add", "red", "b"), "red a b\n"),
    "behind a comment": ("red a  # two\nblue x\n", ("add", "red", "b"), "red a b  # two\nblue x\n"),
    "behind the last line of it": ("red a\nblue x\nred b\n", ("add", "red", "c"), "red a\nblue x\nred b c\n"),
    "behind a continuation": ("red a \\\n    b\nx y\n", ("add", "red", "c"), "red a \\\n    b c\nx y\n"),
    "a range": ("red a\n", ("add", "red", "b[1-4]"), "red a b{1..4}\n"),
    "who is in it": ("red a b{1..3}\n", ("add", "red", "b2,c"), "red a b{1..3} c\n"),
    "nobody new": ("red a  \n", ("add", "red", "a"), "red a  \n"),
    "a group in a group": ("red a\nall x\n", ("add", "all", "@red"), "red a\nall x red\n"),
    "a new group": ("red a", ("add", "blue", "b"), "red a\nblue b\n"),
    "in a file of Windows": ("red a\r\n", ("add", "blue", "b"), "red a\r\nblue b\r\n"),
    "behind a mark": ("\ufeffred a\n", ("add", "red", "b"), "\ufeffred a b\n"),
    "below a line that goes on": ("red a \\\n", ("add", "blue", "b"), "red a \\\n\nblue b\n"),
    "in an empty file": ("", ("add", "blue", "b"), "blue b\n"),
    "one leaves": ("red a b  c # x\n", ("remove", "red", "b"), "red a  c # x\n"),
    "the last one leaves": ("red a b # x\n", ("remove", "red", "b"), "red a # x\n"),
    "one of a range leaves": ("red r{1..5}\n", ("remove", "red", "r2"), "red r1 r{3..5}\n"),
    "one with a window leaves": (
        "red r{1..2}=80x24+0+0 b\n",
        ("remove", "red", "r1"),
        "red r2=80x24+0+0 b\n",
    ),
    "a user is meant by the name": ("red pi@a b\n", ("remove", "red", "a"), "red b\n"),
    "a line of it goes": ("red a\n# x\nred b\n", ("remove", "red", "b"), "red a\n# x\n"),
    "its comment stays": ("red a\nred b  # lab\n", ("remove", "red", "b"), "red a\n# lab\n"),
    "the end of a continuation": ("red a \\\n    b\n", ("remove", "red", "b"), "red a\n"),
    "the middle of one": ("red a \\\n b \\\n c\n", ("remove", "red", "b"), "red a \\\n c\n"),
    "the begin of a continued line": ("red a \\\n  b c\n", ("remove", "red", "b"), "red a \\\n  c\n"),
    "a word in two lines": ("red a b\\\nc d\n", ("remove", "red", "bc"), "red a d\n"),
    "a group goes": ("# 1\nred a # 2\n\nblue b\nred c", ("delete", "red"), "# 1\n# 2\n\nblue b\n"),
    "the first line goes": ("\ufeffred a\nb c\n", ("delete", "red"), "\ufeffb c\n"),
    "a new name": (
        "all red ada@red x\nred a\nred b # red\n",
        ("rename", "red", "pink"),
        "all pink ada@pink x\npink a\npink b # red\n",
    ),
    "a new name in a range": (
        "all {red,blue}\nred a\nblue b\n",
        ("rename", "red", "pink"),
        "all pink blue\npink a\nblue b\n",
    ),
    "a port makes a host": (
        "all red:22 red\nred a\n",
        ("rename", "red", "pink"),
        "all red:22 pink\npink a\n",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_line_changes_where_it_must(name: str) -> None:
    text, words, expected = CASES[name]

    assert expected == changed(text, *words)


REFUSED = {
    "an unknown group": ("red a\n", ("remove", "rad", "a"), "no group `rad`; there are red"),
    "no member": ("red a b\n", ("remove", "red", "c"), "`c` is not in `red`; there are `a,b`"),
    "another user": ("red pi@a b\n", ("remove", "red", "ada@a"), "`ada@a` is not in `red`"),
    "through another one": ("all red\nred a b\n", ("remove", "all", "a"), "through `red` (ours:2)"),
    "the last one": ("red a\n", ("remove", "red", "a"), "`groups.delete red`"),
    "a group that is named": ("all red x\nred a\n", ("delete", "red"), "stands in `all` (ours:1)"),
    "as somebody else": ("red a\n", ("add", "red", "pi@a"), "`red` has `a`"),
    "as two": ("red a\n", ("add", "red", "x:1,x:2"), "`red` has `x:1`"),
    "itself": ("red a\n", ("add", "red", "red"), "a group cannot contain itself"),
    "in a circle": ("red blue\nblue a\n", ("add", "blue", "red"), "would be wrong: a group cannot"),
    "a name that is none": ("red a\n", ("add", "r:", "a"), "cannot be the name of a group"),
    "a node": ("red a b\n", ("add", "a", "x"), "`a` is a node of `red` (ours:1)"),
    "the name of a node": ("red a\nblue b\n", ("rename", "red", "b"), "`b` is a node of `blue` (ours:2)"),
    "the name of a group": ("red a\nblue b\n", ("rename", "red", "blue"), "there is a group `blue` already"),
    "no such group": ("red a\n", ("add", "red", "@blu"), "no group `blu`"),
    "an operator": ("red a\n", ("add", "red", "a!b"), "is not allowed"),
    "nobody": ("red a\n", ("add", "red", " , "), "no member is named"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_meant_says_why(name: str) -> None:
    """What lint refuses, nobody wants to have written by us."""
    text, words, message = REFUSED[name]
    with pytest.raises(NowfabError) as refused:
        changed(text, *words)

    assert message in str(refused.value)


def texts(edited: Edited) -> dict[str, str]:
    return {source.file: source.text for source in edited.sources}


ETC = Source("etc", "red a b\nall red\n")


def test_the_file_changes_whose_definition_counts() -> None:
    """A line in another file would hide the group, or be hidden by it."""
    mine = Source("ours", "red c\n")
    assert {"etc": ETC.text, "ours": "red c d\n"} == texts(change([ETC, mine], "add", "red", "d"))
    assert {"etc": "red a b\nall red d\n", "ours": "red c\n"} == texts(change([ETC, mine], "add", "all", "d"))
    assert {"etc": "red a b\nall pink\n", "ours": "pink c\n"} == texts(
        change([ETC, mine], "rename", "red", "pink")
    )


def test_a_file_that_would_hide_the_group_is_refused() -> None:
    with pytest.raises(UsageError, match="defined at etc:1, and a line in `ours` would hide that"):
        edit.add([ETC, Source("ours", "")], "red", names.words("c"), "ours", True)


TAGS = Source("tags", "# lab\na red web\nb web  # b\nc{1..2} red\n", "tags")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("add", "web", "c,a,d"), "# lab\na red web\nb web  # b\nc{1..2} red\nc web\nd web\n"),
        (("remove", "web", "a"), "# lab\na red\nb web  # b\nc{1..2} red\n"),
        (("remove", "web", "b"), "# lab\na red web\n# b\nc{1..2} red\n"),
        (("delete", "red"), "# lab\na web\nb web  # b\n"),
        (("rename", "web", "www"), "# lab\na red www\nb www  # b\nc{1..2} red\n"),
    ],
)
def test_a_group_of_a_tags_file_changes_there(words: tuple[str, ...], expected: str) -> None:
    assert expected == texts(change([TAGS], *words))["tags"]


def test_one_of_several_hosts_of_a_line_does_not_leave() -> None:
    """The line would have to become two; its writer knows better how."""
    with pytest.raises(UsageError, match=re.escape("tags:4: `c{1..2}` is several hosts")):
        change([TAGS], "remove", "red", "c1")


CSSHRC = Source("config", "title = x\nclusters = red blue\nred = a b\nblue=c # d\n", "settings")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("add", "blue", "e"), "title = x\nclusters = red blue\nred = a b\nblue=c e # d\n"),
        (("remove", "red", "a"), "title = x\nclusters = red blue\nred = b\nblue=c # d\n"),
        (("delete", "red"), "title = x\nclusters = blue\nblue=c # d\n"),
        (("rename", "red", "pink"), "title = x\nclusters = pink blue\npink = a b\nblue=c # d\n"),
    ],
)
def test_a_group_of_the_old_kind_changes_in_the_settings(words: tuple[str, ...], expected: str) -> None:
    assert expected == texts(change([CSSHRC, Source("ours", "")], *words))["config"]


_NAMES = st.sampled_from(["red", "blue", "all", "lab"])
_HOSTS = st.sampled_from(["a", "b", "pi@c", "h{1..4}", "h[2-5]", "d:22", "e=80x24+0+0", "blue", "lab"])
_GAPS = st.sampled_from([" ", "  ", "\t", " \\\n", " \\\n    ", "\\\n "])
_ENDS = st.sampled_from(["", " ", "\t", " # x", "#", " # red a"])


@st.composite
def _files(draw: st.DrawFn) -> list[tuple[str, str]]:
    """Draw a file in pieces: the group that a line is of, "" for none, and its text."""
    pieces = []
    for _ in range(draw(st.integers(0, 8))):
        if draw(st.integers(0, 3)) == 0:
            pieces.append(("", draw(st.sampled_from(["\n", "# red a\n", "  # x \\\n\n", " \t\n", "#\n"]))))
            continue
        name = draw(_NAMES)
        words = draw(st.lists(st.tuples(_GAPS, _HOSTS), min_size=1, max_size=4))
        text = name + "".join(gap + word for gap, word in words) + draw(_ENDS)
        pieces.append((name, f"{text}\n"))
    return pieces


_OPERATIONS = st.one_of(
    st.tuples(st.just("add"), _NAMES, st.sampled_from(["x", "x[1-4],y", "a", "blue", "pi@z:7"])),
    st.tuples(st.just("remove"), _NAMES, st.sampled_from(["a", "h2", "c,h[3-4]", "d", "blue", "e"])),
    st.tuples(st.just("delete"), _NAMES),
    st.tuples(st.just("rename"), _NAMES, st.just("pink")),
)


@given(_files(), _OPERATIONS, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.booleans())
def test_editing_keeps_all_other_bytes(
    pieces: list[tuple[str, str]], words: tuple[str, ...], ending: str, mark: bool, cut: bool
) -> None:
    """Somebody wrote that file; we are guests in it."""
    named = {name for name, text in pieces if words[1] in re.split(r"[\s@\\#]+", text)}
    mine = {words[1]} | (named if words[0] == "rename" else set())
    pieces = [(name, text.replace("\n", ending)) for name, text in pieces]
    text = "\ufeff" * mark + "".join(text for _, text in pieces)
    text = text.removesuffix(ending) if cut else text
    try:
        after = changed(text, *words)
    except NowfabError:
        assume(False)
    if cut and pieces:
        name, last = pieces[-1]
        pieces[-1] = name, last.removesuffix(ending)

    kept = "".join(r"[\s\S]*?" if name in mine else re.escape(text) for name, text in pieces)
    tail = f"({re.escape(ending)})*{words[1]} .*(\r?\n)?" if words[0] == "add" else ""
    gone = r"(\r?\n)?" if pieces and cut else ""
    assert re.fullmatch("\ufeff" * mark + kept + gone + f"({tail})?", after)
    comments = re.findall(r"#.*", text.replace("\r", ""))
    assert comments == re.findall(r"#.*", after.replace("\r", ""))


def test_words_are_read_as_people_type_them() -> None:
    known = groups.load([Source("ours", "red a\n")])

    assert (Word("a"), Word("b"), Word("red")) == edit.words("a, b,@red a", known)
