"""nodes.yaml says what the issue's example says; every slip has its line."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from nowfab import inventory
from nowfab.errors import FileError, Place
from nowfab.groups import Source
from nowfab.inventory import Node, nodes
from nowfab.inventory.facts import Facts, Via
from nowfab.names import Word

EXAMPLE = """\
defaults: {user: pi}
nodes:
  red[01-05]: {identity: ~/.ssh/id_ed25519, vars: {rack: 0777, lamp: no}}
  red01: {address: 192.168.1.107, role: master, vars: {lamp: on}}
  red[02-05]: {via: red01}
  here: {local: true}        # this computer, without SSH, same rows
"""


def test_later_entries_override_earlier_ones_key_by_key() -> None:
    """A range says what is common, an entry of its own what is not."""
    found = nodes.parse(EXAMPLE, "n")

    assert (
        Facts(
            address="192.168.1.107",
            user="pi",
            identity="~/.ssh/id_ed25519",
            role="master",
            vars=(("rack", "0777"), ("lamp", "on")),
        ),
        Via(Word("red01"), Place("n", 5)),
        Facts(user="pi", local=True),
        Facts(user="pi"),
    ) == (found.of("red01"), found.of("red05").via, found.of("here"), found.of("nobody"))


def test_an_entry_may_only_name_its_node() -> None:
    """`red01:` with nothing behind it makes the node known."""
    found = nodes.parse("nodes:\n  red01:\n  'blue[1-2],x': {port: 22}\n", "n")

    assert (True, True, 22, False) == ("red01" in found, "blue2" in found, found.of("x").port, "y" in found)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("{adress: x}", "no key `adress`; did you mean `address`?"),
        ("{zzz: x}", "no key `zzz`; there are address, user, port, identity, via, role, mac, local, vars"),
        ("{address: 12:30:45}", "address: `12:30:45` cannot be the name of a node"),
        ("{address: 0777}", "address: `0777` is neither a host name nor a whole address"),
        ("{address: 192.168.7}", "address: `192.168.7` is neither a host name nor a whole address"),
        ("{address: 192.168.1.300}", "address: `192.168.1.300` is neither a host name nor a whole address"),
        ("{address: 0x7f.1}", "address: `0x7f.1` is neither a host name nor a whole address"),
        ("{address: 'red[1-2]'}", "address: `red[1-2]` cannot be the name of a node"),
        ("{address: -oProxyCommand=x}", "address: `-oProxyCommand=x` cannot be the name of a node"),
        ("{address: ~}", "`address` has no value"),
        ("{user: a b}", "user: `a b` cannot be the name of a user"),
        ("{user: [pi]}", "user: a text is expected here"),
        ("{port: 0x16}", "port: `0x16` cannot be a port"),
        ("{port: 1:22}", "port: `1:22` cannot be a port"),
        ("{identity: }", "`identity` has no value"),
        ("{identity: ' '}", "identity: ` ` cannot be the path of a private key"),
        ("{via: 'red[1-2]'}", "via: `red[1-2]` means 2 nodes; a gateway is one"),
        ("{via: -x}", "via: `-x` cannot be the name of a node"),
        ("{mac: 12:30:45}", "mac: `12:30:45` is not a hardware address"),
        ("{local: 1}", "local: `1` is neither `true` nor `false`"),
        ("{role: a b}", "role: `a b` cannot be a role"),
        ("{vars: x}", "vars: `vars` is a mapping"),
        ("{vars: {a-b: x}}", "`a-b` cannot be the name of a variable"),
        ("{vars: {a: [x]}}", "the value of `a` is not a text"),
        ("[x]", "an entry is a mapping, `key: value` line by line"),
        ("x", "an entry is a mapping, `key: value` line by line"),
    ],
)
def test_E1_E6_a_value_that_cannot_be_meant_is_an_error_with_its_line(entry: str, what: str) -> None:
    """What YAML reads as a number, a time or nothing must not become an address."""
    with pytest.raises(FileError) as refused:
        nodes.parse(f"nodes:\n  red01: {{}}\n  red02: {entry}\n", "n")

    assert (Place("n", 3), True) == (refused.value.place, refused.value.what.startswith(what)), refused.value


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("node: {}", "n:1: no key `node`; did you mean `nodes`?"),
        ("[a]", "n:1: the file is a mapping, `key: value` line by line"),
        ("nodes: [a]", "n:1: `nodes` is a mapping, `key: value` line by line"),
        ("\ndefaults: {via: gw}", "n:2: `via` cannot hold for many; it belongs to one node or range"),
        ("nodes:\n  a;b: {}", "n:2: `a;b`: `;` (U+003B) is not allowed"),
        ("nodes:\n  red[5-1]: {}", "n:2: `red[5-1]`: `5-1` counts down; the smaller end stands first"),
        (
            "nodes:\n  pi@red01: {}",
            "n:2: `pi@red01` cannot be the name of a node: `@` (U+0040) is not allowed",
        ),
    ],
)
def test_E1_E6_the_frame_is_checked_too(text: str, shown: str) -> None:
    """A misspelt `nodes` would silently be a file that says nothing."""
    with pytest.raises(FileError) as refused:
        nodes.parse(text, "n")

    assert shown == str(refused.value)


def test_E3_ranges_have_a_limit_together() -> None:
    """A hundred entries of 100,000 names each are ten million."""
    text = "nodes:\n" + "".join(f"  'x[{n:03}-{n + 90_000}]': {{}}\n" for n in range(100, 200))
    began = time.process_time()
    with pytest.raises(FileError, match="more than 100,000 nodes in one file"):
        nodes.parse(text, "n")

    assert time.process_time() - began < 10


def test_hardware_addresses_have_one_form() -> None:
    """Two notations of one address must compare equal."""

    assert "b8:27:eb:00:0a:01" == nodes.parse("nodes: {a: {mac: B8-27-EB-00-0A-01}}", "n").of("a").mac


@pytest.mark.parametrize(
    "address", ["10.0.0.1", "255.255.255.255", "pi.lan", "pi4", "a.1b", "::1", "fe80::1%eth0"]
)
def test_real_addresses_pass(address: str) -> None:
    """The traps are shut for numbers only."""

    assert address == nodes.parse(f"nodes: {{a: {{address: '{address}'}}}}", "n").of("a").address


def test_what_holds_for_a_group_stands_between_the_defaults_and_the_node() -> None:
    """Members of several groups have what the later one in nodes.yaml says, key by key."""
    text = (
        "defaults: {user: a, port: 1, vars: {x: defaults, w: defaults}}\n"
        "groups:\n  blue: {port: 2, vars: {x: blue, y: blue}}\n  all: {vars: {y: all, z: all}}\n"
        "nodes:\n  b1: {vars: {z: b1}}\n"
    )
    known = inventory.build([Source("c", "blue b1 b2\nall blue r1\n")], ("n", text))

    assert (("w", "defaults"), ("x", "blue"), ("y", "all"), ("z", "b1")) == tuple(
        sorted(known.node(Word("b1")).vars)
    )
    assert ("a", 2) == (known.node(Word("b2")).user, known.node(Word("b2")).port)
    assert (1, {"w": "defaults", "x": "defaults", "y": "all", "z": "all"}) == (
        known.node(Word("r1")).port,
        dict(known.node(Word("r1")).vars),
    )


def test_a_practice_node_has_the_role_and_the_variables_of_its_name() -> None:
    """A plan that is practised needs them; address, port and user stay those of the fleet."""
    text = "nodes:\n  red01: {address: 10.0.0.1, user: me, role: master, vars: {rack: a1}}\n"
    practice = Node("red01", "127.0.0.1", "pi", 2201, fleet="embedded")
    known = inventory.build([], ("n", text), [practice])

    assert replace(practice, role="master", vars=(("rack", "a1"),)) == known.node(Word("red01"))
