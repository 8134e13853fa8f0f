"""Facts come into nodes.yaml without a byte of it lost."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.errors import FileError
from nowfab.inventory import nodes, nodes_edit, starter

MASTER = {"a": {"role": "master"}}

CASES = {
    "nothing": ("", "nodes:\n  a: {role: master}\n"),
    "a comment": ("# mine", "# mine\nnodes:\n  a: {role: master}\n"),
    "only defaults": ("defaults: {user: pi}\n", "defaults: {user: pi}\nnodes:\n  a: {role: master}\n"),
    "empty braces": ("nodes: {}  # none\n# x\n", "nodes:  # none\n  a: {role: master}\n# x\n"),
    "nothing behind": ("nodes:\ndefaults: {}\n", "nodes:\n  a: {role: master}\ndefaults: {}\n"),
    "null": ("nodes:   ~\n", "nodes:\n  a: {role: master}\n"),
    "lines": (
        "nodes:\n    b: {}\n    # below b\n\n# end\ndefaults: {}\n",
        "nodes:\n    b: {}\n    a: {role: master}\n    # below b\n\n# end\ndefaults: {}\n",
    ),
    "no end": ("nodes:\n  b: {}", "nodes:\n  b: {}\n  a: {role: master}\n"),
    "a block last": (
        "nodes:\n  b:\n    user: pi\n    vars:\n      x: y  # z\n",
        "nodes:\n  b:\n    user: pi\n    vars:\n      x: y  # z\n  a: {role: master}\n",
    ),
    "in one line": ("nodes: {b: {identity: é}} # x\n", "nodes: {b: {identity: é}, a: {role: master}} # x\n"),
    "Windows": ("nodes:\r\n  b: {}\r\n", "nodes:\r\n  b: {}\r\n  a: {role: master}\r\n"),
    "a mark": ("\ufeffnodes:\n  b: {}\n", "\ufeffnodes:\n  b: {}\n  a: {role: master}\n"),
    "a range": ("nodes:\n  a,b: {user: x}\n", "nodes:\n  a,b: {user: x}\n  a: {role: master}\n"),
    "an entry of nothing": ("nodes:\n  a:  # x\n  b: {}\n", "nodes:\n  a: {role: master}  # x\n  b: {}\n"),
    "an empty entry": ("nodes:\n  a: {} # x\n", "nodes:\n  a: {role: master} # x\n"),
    "an entry": ("nodes:\n  a: {user: pi} # x\n", "nodes:\n  a: {user: pi, role: master} # x\n"),
    "an entry in lines": (
        "nodes:\n  a:\n    user: pi  # x\n\n  b: {}\n",
        "nodes:\n  a:\n    user: pi  # x\n    role: master\n\n  b: {}\n",
    ),
    "another role": ("nodes:\n  a: {role: worker} # x\n", "nodes:\n  a: {role: master} # x\n"),
    "the same": ("nodes:\n  a: {role: master}\n", "nodes:\n  a: {role: master}\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_fact_comes_where_it_belongs(name: str) -> None:
    text, expected = CASES[name]
    if name == "a range":
        text, expected = text.replace("a,b", "'a,b'"), expected.replace("a,b", "'a,b'")

    assert expected == nodes_edit.put(text, "nodes.yaml", MASTER)


def test_several_facts_of_several_nodes() -> None:
    text = nodes_edit.put(
        "nodes:\n  a: {user: pi}\n",
        "nodes.yaml",
        {"a": {"role": "master", "mac": "b8:27:eb:00:00:01"}, "fe80::1": {"address": "::1"}},
    )

    assert (
        "nodes:\n"
        '  a: {user: pi, role: master, mac: "b8:27:eb:00:00:01"}\n'
        '  "fe80::1": {address: "::1"}\n' == text
    )


def test_the_file_that_init_writes_can_be_edited() -> None:
    text = starter.FILES["groups/nodes.yaml"]
    after = nodes_edit.put(text, "nodes.yaml", MASTER)

    assert "\nnodes:\n  a: {role: master}\n" in after
    assert [line for line in text.splitlines() if "nodes: {}" not in line] == [
        line for line in after.splitlines() if line not in ("nodes:", "  a: {role: master}")
    ]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nodes:\n  a: {user: pi}\n  'a,b': {role: worker}\n", "another entry of `a` counts more"),
        ("{nodes: {}}\n", "by hand"),
        ("nodes: [\n", "not YAML"),
        ("knots: {}\n", "no key `knots`"),
    ],
)
def test_what_cannot_be_edited_says_why(text: str, why: str) -> None:
    """Better nothing than a file that says something else than was asked for."""
    with pytest.raises(FileError, match=why):
        nodes_edit.put(text, "nodes.yaml", MASTER)


_VALUES = st.sampled_from(
    ["{}", "{user: pi}", "", "\n    user: pi\n    vars: {x: y}", "{identity: 'é😀'} # x"]
)


@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b", "c", "'d,e'"]), _VALUES), max_size=4, unique_by=lambda e: e[0]
    ),
    st.lists(st.sampled_from("abdz"), min_size=1, unique=True),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_editing_keeps_all_other_bytes(
    entries: list[tuple[str, str]], wanted: list[str], ending: str, cut: bool
) -> None:
    """Whatever stood there stands there still, in its order, with something put in between."""
    body = "".join(f"  # {name}\n  {name}: {value}\n" for name, value in entries)
    text = f"# mine\nnodes:\n{body}\n# end\ndefaults: {{}}\n".replace("\n", ending)
    text = text.removesuffix(ending) if cut else text
    after = nodes_edit.put(text, "f", {name: {"role": "master"} for name in wanted})
    left = iter(after)

    assert all(
        character in left for character in text.replace("{}", "{").replace(f": {ending}", f":{ending}")
    )
    known = nodes.parse(after, "f")
    assert {"master"} == {known.of(name).role for name in wanted}
