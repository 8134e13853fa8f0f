"""The nodes that are meant are the nodes that are chosen: each once, in the order of the words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import inventory
from nowfab.errors import FileError, NameRefused, NoSuchTarget, NowfabError, UsageError
from nowfab.groups import Source
from nowfab.inventory import Inventory, Node, Target

ROOT = Path(__file__).parent.parent.parent

CLUSTERS = "all red blue\nred red{01..03}\nblue root@blue[1-2] blue3:2222\nempty\n"
NODES = """\
defaults: {user: pi, port: 22}
nodes:
  red01: {address: 10.0.0.1, user: ada}
  red[02-03]: {via: gate}
  gate: {via: boss@outer:2200}
  here: {local: true, via: gate}
"""


def known(practice: tuple[Node, ...] = (), clusters: str = CLUSTERS, nodes: str | None = NODES) -> Inventory:
    return inventory.build(
        [Source("clusters", clusters)], None if nodes is None else ("nodes.yaml", nodes), practice
    )


def chosen(target: Target, among: Inventory | None = None) -> str:
    return " ".join(node.name for node in inventory.select(among or known(), target))


@pytest.mark.parametrize(
    ("target", "names"),
    [
        (Target(["red"]), "red01 red02 red03"),
        (Target(["blue,red", "red"]), "blue1 blue2 blue3 red01 red02 red03"),
        (Target(["@red"], ["x"]), "red01 red02 red03 x"),
        (Target([], ["red[3,1]", "@blue", "red1"]), "red3 red1 blue1 blue2 blue3"),
        (Target(["red"], [], ["red02"]), "red01 red03"),
        (Target(["all"], [], ["blue,red[01-02]"]), "red03"),
        (Target(["all"], [], ["@red", "gate"]), "blue1 blue2 blue3"),
        (Target(["{red,blue}"]), "red01 red02 red03 blue1 blue2 blue3"),
        (Target([], ["::1", "[::2]:22"]), "::1 ::2"),
    ],
)
def test_each_node_once_in_target_order(target: Target, names: str) -> None:
    """The table has one row per node, in the order of the words."""

    assert names == chosen(target)


@pytest.mark.parametrize(
    ("target", "error", "message"),
    [
        (
            Target(),
            UsageError,
            "say where: `-g GROUP` or `-w red[01-05],pi@blue01`; there are the groups all",
        ),
        (Target(exclude=["red"]), UsageError, "say where"),
        (Target(["green"]), NoSuchTarget, "no group `green`; there are all, blue, empty, red"),
        (Target(["red01"]), NoSuchTarget, "no group `red01`; there are all, blue, empty, red"),
        (Target(["empty"]), NoSuchTarget, "nobody is a member of `empty` (clusters:4)"),
        (Target([""]), NoSuchTarget, "no node is named"),
        (Target(["red:22"]), UsageError, "`red:22`: a group has no port"),
        (Target([], ["red"]), UsageError, "`red` is a group: type `-g red` or `-w @red`"),
        (Target(["red"], [], ["red"]), NoSuchTarget, "no node is left: `-x` excludes all that were chosen"),
        (Target(["red"], [], ["rde01"]), NoSuchTarget, "`-x rde01` excludes nobody"),
        (Target([], ["-oProxyCommand=x"]), NameRefused, "`-oProxyCommand=x` cannot be the name of a node"),
        (Target([], ["red[5-1]"]), NameRefused, "`red[5-1]`: `5-1` counts down"),
        (Target([], ["red[1-999999999]"]), NameRefused, "`red[1-999999999]` means more than 100,000 names"),
        (Target([], ["a[1-60000]", "b[1-60000]"]), NoSuchTarget, "more than 100,000 nodes at once"),
    ],
)
def test_what_cannot_be_meant_sends_nothing(target: Target, error: type[NowfabError], message: str) -> None:
    """Nobody is ever chosen by a slip; no target is never everybody."""
    with pytest.raises(error) as refused:
        chosen(target)

    assert (True, 1) == (str(refused.value).startswith(message), refused.value.exit_code), refused.value


def test_excluding_somebody_who_is_elsewhere_is_no_error() -> None:
    """`-x gate` in a script may meet groups without it."""

    assert "red01 red02 red03" == chosen(Target(["red"], [], ["gate,blue1"]))


@pytest.mark.parametrize(
    ("target", "flags", "expected"),
    [
        (Target([], ["pi2@blue1:1"]), ("flag", 9), ("flag", 9)),
        (Target(["blue"], ["word@blue1:1"]), (None, None), ("word", 1)),
        (Target(["word@blue"]), (None, None), ("word", 22)),
        (Target(["blue"]), (None, None), ("root", 22)),
        (Target([], ["red01"]), (None, None), ("ada", 22)),
        (Target([], ["blue1"]), (None, None), ("pi", 22)),
        (Target([], ["one@n", "two@n:5"]), (None, None), ("one", 5)),
    ],
)
def test_user_and_port_come_from_who_says_it_closest(
    target: Target, flags: tuple[str | None, int | None], expected: tuple[str, int]
) -> None:
    """A flag, a typed word, a member of a group, nodes.yaml, its defaults: in this order."""
    first = inventory.select(known(), target, *flags)[0]

    assert expected == (first.user, first.port)


def test_what_nobody_says_is_left_to_ssh_config() -> None:
    """None is not 22: ssh_config may say another port."""

    assert (Node("x"),) == inventory.select(known(nodes=None), Target([], ["x"]))


def test_a_gateway_is_a_node_with_its_own_gateway() -> None:
    """A crew needs no inventory; the flag's user is not the gateway's."""
    red02 = inventory.select(known(), Target([], ["red02"]), "root")[0]
    outer = Node("outer", user="boss", port=2200)

    assert Node("red02", user="root", port=22, via=Node("gate", user="pi", port=22, via=outer)) == red02


def test_this_computer_has_no_gateway() -> None:
    """A range may have given it one."""

    assert (Node("here", user="pi", port=22, local=True),) == inventory.select(known(), Target([], ["here"]))


@pytest.mark.parametrize(
    ("nodes", "message"),
    [
        ("nodes:\n  a: {via: a}", "n:2: a node cannot be reached through itself: a → a"),
        (
            "nodes:\n  a: {via: b}\n  b: {via: c}\n  c: {via: x@b}",
            "n:4: a node cannot be reached through itself: b → c → b",
        ),
        ("nodes:\n  a: {via: h}\n  h: {local: yes}", "n:2: `h` is this computer; leave the key `via` out"),
        (
            "nodes:\n" + "".join(f"  {chr(97 + n)}: {{via: {chr(98 + n)}}}\n" for n in range(20)),
            "n:18: more than 16 gateways in a row, from `a` on",
        ),
    ],
)
def test_E2_gateways_in_a_circle_are_an_error_with_its_line(nodes: str, message: str) -> None:
    """A circle would be dialled for ever."""
    with pytest.raises(FileError) as refused:
        inventory.select(inventory.build((), ("n", nodes)), Target([], ["a"]))

    assert message == str(refused.value)


PRACTICE = Node("red02", "127.0.0.1", "someone", 4002, fleet="embedded")
DOWN = Node("red01", "127.0.0.1", "someone", 4001, fleet="embedded", down="the practice fleet is down")


def test_a_practice_node_replaces_what_the_files_say() -> None:
    """Its address is one of our own; no file's user, port or gateway may lead elsewhere."""
    found = inventory.select(
        known((PRACTICE,), "red root@red02:22\n"), Target(["red"], ["red02:99"]), None, 7
    )

    assert (PRACTICE,) == found


def test_a_practice_node_takes_the_user_that_was_typed() -> None:
    """The docker fleet has more than one user."""
    found = inventory.select(known((PRACTICE,)), Target([], ["root@red02"]))

    assert ["root"] == [node.user for node in found]


def test_a_fleet_that_is_down_leaves_real_nodes_alone() -> None:
    """red01 has an address in nodes.yaml; red02 has none and stays a practice node."""
    down = inventory.build((), ("n", NODES), (DOWN, Node("red02", down="down"), Node("here", down="down")))
    found = inventory.select(down, Target([], ["red01,red02,here"]))

    assert (["10.0.0.1", None, None], ["", "down", ""], [False, False, True], ("red02",)) == (
        [node.address for node in found],
        [node.down for node in found],
        [node.local for node in found],
        inventory.members(down, "practice"),
    )


def test_practice_nodes_are_a_group() -> None:
    """`-g practice` works where no groups file is."""
    there = inventory.build((), None, (PRACTICE, DOWN))

    assert (("practice",), "red02 red01") == (inventory.groups(there), chosen(Target(["practice"]), there))


def test_groups_and_members_are_listed_in_the_order_of_the_files() -> None:
    """People order their groups with care."""
    there = known()

    assert (("all", "red", "blue", "empty"), ("blue1", "blue2", "blue3")) == (
        there.groups(),
        there.members("blue"),
    )


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("red", "ada@red01 pi@red02 pi@red03"),
        ("root@red,blue1", "root@red01 root@red02 root@red03 pi@blue1"),
        ("@blue", "root@blue1 root@blue2 pi@blue3"),
        ("n[1-2]", "pi@n1 pi@n2"),
        ("gate", "pi@gate"),
    ],
)
def test_an_expression_shows_groups_and_nodes(expression: str, expected: str) -> None:
    """What is shown is what would be dialled."""

    assert expected == " ".join(f"{n.user}@{n.name}" for n in inventory.show(known(), expression))


@pytest.mark.parametrize("expression", ["gren", "@gren", "", ",", "a;b", "red[5-1]"])
def test_an_expression_that_means_nobody_is_an_error(expression: str) -> None:
    """`groups.show gren` is a slip of the finger and not a host."""
    with pytest.raises((NoSuchTarget, NameRefused)):
        inventory.show(known(), expression)


word = st.text(alphabet="abred0123[]{}-,.@:x ", max_size=12) | st.sampled_from(
    ["red", "blue", "@all", "red01"]
)


@given(st.lists(word, max_size=3), st.lists(word, max_size=3), st.lists(word, max_size=3))
def test_any_words_are_nodes_or_our_own_error(
    groups: list[str], hosts: list[str], exclude: list[str]
) -> None:
    """One row per name, whatever is typed."""
    try:
        found = inventory.select(known(nodes=None), Target(groups, hosts, exclude))
    except NowfabError:
        return

    assert (True, len(found)) == (len(found) > 0, len({node.name for node in found}))


def test_asking_for_a_group_imports_nothing_slow() -> None:
    """Groups alone are answered before YAML and ClusterShell would be loaded."""
    code = (
        "import sys; from nowfab import inventory as i; from nowfab.groups import Source\n"
        "i.show(i.build([Source('c', 'red red{01..05}')], None), 'red')\n"
        "print([m for m in ('yaml', 'ClusterShell', 'fabric', 'paramiko', 'invoke') if m in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )

    assert ("[]\n", "") == (answer.stdout, answer.stderr)


def test_who_is_behind_a_gateway_is_known_also_where_only_the_gateway_is_meant() -> None:
    """What a gateway must go on reaching does not depend on who else takes part."""
    practice = Node("blue7", "127.0.0.1", port=1, via=Node("gate"), fleet="docker")

    assert ["red02", "red03", "blue7"] == [node.name for node in known((practice,)).behind({"gate"})]
    assert not list(known().behind({"red01"}))
