"""An expression means to us whom it means to ClusterShell, in the order of the words."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from ClusterShell.NodeSet import NodeSet, NodeSetException
from ClusterShell.NodeUtils import GroupResolver, GroupSource
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nowfab import groups, inventory, names
from nowfab.errors import FileError, NowfabError, UsageError
from nowfab.inventory import Inventory, Outside, Target

CLUSTERS = (
    "all red blue\nred red{01..05}\nblue root@blue[1-2] blue3:2222\nmix red[03-05] blue1 other\nempty\n"
)
NODES = "nodes:\n  gate: {user: boss}\n  red01: {user: ada}\n"
KNOWN = inventory.build([groups.Source("clusters", CLUSTERS)], ("nodes.yaml", NODES))

GROUPS = {
    "all": "red[01-05],blue[1-3]",
    "red": "red[01-05]",
    "blue": "blue[1-3]",
    "mix": "red[03-05],blue1,other",
    "empty": "",
}


class Source(GroupSource):
    """The same groups, for ClusterShell."""

    def resolv_map(self, group: str) -> Sequence[str]:
        """Give the members."""
        return GROUPS[group]

    def resolv_list(self) -> Sequence[str]:
        """Give all groups."""
        return list(GROUPS)

    def resolv_all(self) -> Sequence[str]:
        """Give everybody."""
        return "red[01-05],blue[1-3],other,gate"


RESOLVER = GroupResolver(Source("local"))

OPERANDS = """
    @red @blue @mix @all @* @empty @{red} gate other blue3 n[1-4] n2 red[01-03] red05 red[02-04/2] @r[1] x
"""
operand = st.sampled_from(OPERANDS.split())
operators = st.sampled_from([",", "!", "&", "^", " ! ", ", "])
expressions = st.builds(
    lambda begin, more: begin + "".join(operator + piece for operator, piece in more),
    operand,
    st.lists(st.tuples(operators, operand), max_size=6),
)
mistyped = st.text(alphabet="@redblu0123*[]-,!&^ ", max_size=12)


def chosen(text: str, flag: str = "hosts", among: Inventory = KNOWN, outside: Outside | None = None) -> str:
    found = inventory.select(among, Target(**{flag: [text]}), outside=outside or Outside())
    return " ".join(node.name for node in found)


@given(expressions | mistyped)
@example("@all!@red^@mix&@blue")
@example("@red^@red,x")
def test_clustershell_means_the_same_nodes(text: str) -> None:
    """People know these operators from clush; it is the oracle wherever both take an expression.

    A user is not for it: `pi@red01` is the name of a node there.
    """
    assume(not re.search(r"[^\s,!&^]@", text))
    try:
        ours = inventory.select(KNOWN, Target((), [text]))
    except NowfabError:
        return
    try:
        theirs = NodeSet(text, resolver=RESOLVER)
    except (NodeSetException, KeyError):  # a KeyError is a group that our source does not have
        return

    assert set(theirs) == {node.name for node in ours}


anything = st.text(alphabet="@redblu012*[]{}(|)-,!&^~:#? \n", max_size=14) | st.text(max_size=8) | expressions


@given(anything, anything, st.sampled_from(["groups", "hosts", "exclude"]))
def test_any_text_means_nodes_or_is_our_own_error(text: str, file: str, flag: str) -> None:
    """A traceback is never the answer to a typing error, nor to what another program wrote."""
    outside = Outside(dict.fromkeys(("-", *(term for term in text.split(",") if term[:1] == "^")), file))
    targets = {"groups": Target([text]), "hosts": Target((), [text]), "exclude": Target(["all"], (), [text])}
    for choose in (
        lambda: inventory.select(KNOWN, targets[flag], outside=outside),
        lambda: inventory.show(KNOWN, text, outside),
    ):
        try:
            found = choose()
        except NowfabError:
            continue

        assert (True, len(found)) == (len(found) > 0, len({node.name for node in found}))


def test_most_expressions_are_taken_by_both() -> None:
    """The oracle's test would hold, too, if one of the two refused everything."""
    texts = [f"@all{one}@mix{two}red[01-04]" for one in ",!&^" for two in ",!&^"]

    assert [" ".join(sorted(NodeSet(text, resolver=RESOLVER))) for text in texts] == [
        " ".join(sorted(chosen(text).split())) for text in texts
    ]


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [
        ("groups", "red!red01", "red02 red03 red04 red05"),
        ("groups", "all!red,mix", "blue1 blue2 blue3 red03 red04 red05 other"),
        ("groups", "all&mix", "red03 red04 red05 blue1"),
        ("groups", "mix^red", "blue1 other red01 red02"),
        ("groups", "@*", "red01 red02 red03 red04 red05 blue1 blue2 blue3 other gate"),
        ("groups", "~5$", "red05"),
        ("hosts", "red[05,01]&@red", "red05 red01"),
        ("hosts", "red[01-05]!blue!mix", "red01 red02"),
        ("hosts", "~^(red|blue)0?[12]$!red02", "red01 blue1 blue2"),
        ("hosts", "n[1-3]!~2", "n1 n3"),
        ("hosts", "n[1-3]&~[23]$", "n2 n3"),
        ("hosts", "@*!@all", "other gate"),
        ("hosts", "red01,red02!red01,red01", "red02 red01"),
        ("hosts", "a,b^b,c^d", "a c d"),
    ],
)
def test_operators_work_from_left_to_right(flag: str, text: str, expected: str) -> None:
    """The order is that of the first mention; behind `!` and `&` a word is a group or a node."""

    assert expected == chosen(text, flag)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pi@red01&red01", "pi@red01:None"),
        ("red01&pi@red01:7", "pi@red01:7"),
        ("@blue&blue3", "None@blue3:2222"),
        ("blue1&@blue", "root@blue1:None"),
        ("red01,gate!pi@gate:5", "ada@red01:None"),
        ("a^pi@b", "None@a:None pi@b:None"),
        ("pi@a,b!a,a", "None@b:None None@a:None"),
        ("~^blue", "root@blue1:None root@blue2:None None@blue3:2222"),
        ("blue1&~^blue", "None@blue1:None"),
        ("x@@blue&blue1", None),
        ("pi@a:1&a:2", None),
    ],
)
def test_who_logs_in_is_carried_through_the_operators(text: str, expected: str | None) -> None:
    """Nodes are matched by name; who stays has what both sides say, a filter says nothing."""
    if expected is None:
        with pytest.raises(NowfabError):
            chosen(text)
        return

    assert expected == " ".join(
        f"{node.user}@{node.name}:{node.port}" for node in inventory.select(KNOWN, Target((), [text]))
    )


@pytest.mark.parametrize(
    ("exclude", "expected"),
    [
        ("red&mix", "red01 red02 blue1 blue2 blue3"),
        ("~^red", "blue1 blue2 blue3"),
        ("red!red01", "red01 blue1 blue2 blue3"),
        ("@*!blue", "blue1 blue2 blue3"),
        ("red^mix", "red03 red04 red05 blue2 blue3"),
        ("empty", "red01 red02 red03 red04 red05 blue1 blue2 blue3"),
    ],
)
def test_what_is_excluded_may_be_an_expression(exclude: str, expected: str) -> None:
    """It is evaluated on its own, and then taken out."""
    found = inventory.select(KNOWN, Target(["all"], (), [exclude]))

    assert expected == " ".join(node.name for node in found)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (Target(["red&blue"]), "`red&blue` leaves nobody: `&blue` has none of those before it"),
        (Target(["red!red[01-03]!mix,empty"]), "`!mix` takes out all that were left"),
        (Target(["red^@red"]), "`^@red` means just those before it"),
        (Target(["empty&red", "red"]), "`empty&red` leaves nobody: `empty` means nobody to begin with"),
        (Target(["red"], (), ["red&blue"]), "`red&blue` leaves nobody"),
        (Target(["red"], (), ["red01", "red"]), "no node is left: `-x` excludes all that were chosen"),
        (Target(["red!rde01"]), "`!rde01` excludes nobody: nothing else speaks of it"),
        (Target(["red&rde01"]), "`&rde01` picks nobody: nothing else speaks of it"),
        (Target(["red!@green"]), "no group `green`; there are all, blue, empty, mix, red"),
        (Target(["~^green"]), "`~^green` matches none of the 10 known names"),
        (Target(["red!~^green"]), "`~^green` matches none of the 10 known names"),
        (Target(["red"], (), ["~^green"]), "`~^green` matches none of the 10 known names"),
    ],
)
def test_an_expression_that_leaves_nobody_says_which_piece_did_it(target: Target, message: str) -> None:
    """Ten pieces are not looked through by hand."""
    with pytest.raises(NowfabError) as refused:
        inventory.select(KNOWN, target)

    assert (True, 1) == (message in str(refused.value), refused.value.exit_code), refused.value


TEXT = "red02 # the second\n# red03\n\n\tblue1  pi@x:7\n@mix!blue1\n"


def test_a_file_of_names_means_its_words() -> None:
    """Words stand between blanks and lines, `#` begins a comment, each word is an expression."""
    outside = Outside({"^f": TEXT, "-": "red01\r\nred02"})

    assert "red02 blue1 x red03 red04 red05 other" == chosen("^f", outside=outside)
    assert "red01" == chosen("-!^f", outside=outside)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("red01\nred[1", "f:2: `red[1`: a bracket is not closed, or stands inside another"),
        ("red01 @green", "f:1: no group `green`; there are all, blue, empty, mix, red"),
        ("\n^g", "f:2: `^g`: no other file of names can be read in a file of names"),
        ("-", "f:1: `-`: no other file of names can be read in a file of names"),
        ("a ! b", "f:1: `!`: nothing stands before `!`"),
        ("a " * 100_001, "f:1: more than 100,000 words in one file of names"),
    ],
    ids=lambda text: text[:12],
)
def test_E3_what_is_wrong_in_a_file_of_names_has_its_line(text: str, message: str) -> None:
    """Such files come from other programs."""
    with pytest.raises(FileError) as refused:
        chosen("^f", outside=Outside({"^f": text, "^g": "red01"}))

    assert str(refused.value).startswith(message), refused.value


def test_a_file_that_nobody_read_is_an_error() -> None:
    """The inventory reads no files; who calls it hands their texts in."""
    with pytest.raises(UsageError):
        chosen("^f")


def test_it_is_known_where_each_node_comes_from() -> None:
    """`groups.show` says whose line to change."""
    traced = inventory.trace(KNOWN, "red02,all,gate,~other,^f", Outside({"^f": "\nn2"}))

    assert {
        "red01": ("red", "clusters:2"),
        "blue3": ("blue", "clusters:3"),
        "gate": ("", ""),
        "other": ("mix", "clusters:4"),
        "n2": ("", "f:2"),
        "red02": ("red", "clusters:2"),
    }.items() <= {one.node.name: (one.origin.group, one.origin.place) for one in traced}.items()


def test_one_group_is_shown_without_looking_at_the_others() -> None:
    """With 10,000 groups that would take seconds; a circle elsewhere is nobody's business here."""
    known = inventory.build([groups.Source("c", "red red01\na b\nb a\n")], None)

    found = [chosen("red", "groups", known), chosen("red01!red01,@red", "hosts", known)]

    assert ["red01", "red01"] == found


host = st.from_regex(r"[a-z]{1,3}[0-9]{0,3}(\.[a-z]{1,2}[0-9]{0,2})?", fullmatch=True)


@given(st.lists(host, min_size=1, max_size=20))
def test_folded_names_mean_the_same_as_an_expression(found: list[str]) -> None:
    """What `groups.show` folds can be typed behind -w."""
    nobody = inventory.build((), None)

    assert set(found) == set(chosen(names.fold(found), among=nobody).split())


def test_a_regular_expression_is_looked_for_by_whom_we_say() -> None:
    """The caller breaks off what takes too long; the inventory knows no clock."""
    asked: list[str] = []

    def search(pattern: re.Pattern[str], among: Sequence[str]) -> Sequence[str]:
        asked.append(pattern.pattern)
        return [name for name in among if pattern.search(name)]

    assert ("red05", {"5$"}) == (chosen("~5$", outside=Outside({}, search)), set(asked))
