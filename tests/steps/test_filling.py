"""Texts of a plan are filled for each node; what is not there is an error, and nothing reaches outside."""

from __future__ import annotations

import pytest

from nowfab.errors import FileError, Place, UsageError
from nowfab.inventory import Node
from nowfab.inventory.strict_yaml import Text
from nowfab.steps.filling import Templates
from nowfab.steps.variables import variables

RED = Node("red01", "10.0.0.1", "pi", role="master", vars=(("rack", "a1"),))
NODES = (RED, Node("red02"))


def fill(text: str) -> str:
    return Templates().fill(Text(text, Place("plan.yaml", 7)), variables(RED, NODES, {"token": "t0k"}))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain $x {y} %z\n", "plain $x {y} %z\n"),
        ("{{ node.name }} at {{ node.address }} in {{ rack }}\n", "red01 at 10.0.0.1 in a1\n"),
        ("{% for n in nodes %}{{ n.address }} {{ n.name }}\n{% endfor %}", "10.0.0.1 red01\nred02 red02\n"),
        ("{{ token }}{{ node.vars.rack }}{{ node.role == 'master' }}", "t0ka1True"),
        ("{{ '{{' }}", "{{"),
        ("{{ extra | default('none') }}", "none"),
    ],
)
def test_a_text_says_what_is_known_of_the_node(text: str, expected: str) -> None:
    assert expected == fill(text)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{{ rakc }}", "'rakc' is undefined; there are node, nodes, rack, token"),
        ("{{ node.nmae }}", "a node has no `nmae`, only name, address, user, role, mac, vars"),
        ("{{ node.vars.slot }}", "no attribute 'slot'"),
        ("{{ rack", "unexpected end of template"),
        ("{% for %}", "xpected"),
        ("{{ 1 / 0 }}", "ZeroDivisionError"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{{ node.__class__ }}", "unsafe"),
        ("{% include '/etc/passwd' %}", "no loader"),
    ],
)
def test_what_is_not_there_is_an_error_with_its_line(text: str, what: str) -> None:
    """A file with a hole where a name should be is worse than none."""
    with pytest.raises(FileError) as refused:
        fill(text)

    assert "plan.yaml:7" == str(refused.value.place)
    assert what in refused.value.what


def test_a_variable_that_is_called_like_ours_is_refused() -> None:
    with pytest.raises(UsageError, match="`red01` has a variable `nodes`"):
        variables(Node("red01", vars=(("nodes", "x"),)), NODES, {})
