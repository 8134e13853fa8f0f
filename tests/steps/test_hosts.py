"""The names of other nodes in /etc/hosts, as tables of cases."""

from __future__ import annotations

import pytest

from nowfab.inventory.node import Node
from nowfab.plan.decide import next_stage
from nowfab.plan.questions import Absent
from nowfab.plan.steps import Refused
from nowfab.plan.view import View
from nowfab.steps.hosts import FILE, hosts
from tests.steps.cases import Case, a_file, at, lawful

STEP = hosts("nodes", (Node("red01", "192.168.1.101"), Node("red02", "192.168.1.102"), Node("red03")))
OWN = b"127.0.0.1 localhost\n127.0.1.1\tred01\n"
LINES = b"192.168.1.101 red01\n192.168.1.102 red02\n"
OURS = b"# nowfab nodes: begin\n" + LINES + b"# nowfab nodes: end 5cae0edbdb79\n"
CASES = {
    "new": Case(STEP, at(FILE, a_file(OWN)), ["change /etc/hosts: 131 bytes"], OWN + OURS),
    "as it should be": Case(STEP, at(FILE, a_file(OURS + OWN))),
    "no file": Case(STEP, at(FILE, Absent()), ["write /etc/hosts 0644, 95 bytes"], OURS),
    "the same said outside": Case(
        STEP,
        at(FILE, a_file(b"192.168.1.102 red02 printer\n")),
        ["change /etc/hosts: 123 bytes"],
        b"192.168.1.102 red02 printer\n" + OURS,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_block_has_a_line_for_each_node_that_has_an_address(name: str) -> None:
    """A node's own name may have Debian's own address besides."""
    lawful(CASES[name])


def test_a_name_that_has_another_address_there_is_refused_with_its_line() -> None:
    with pytest.raises(Refused) as refused:
        STEP.decide(View(at(FILE, a_file(OWN + b"10.0.0.9 red02\n"))))

    assert "/etc/hosts:3: `red02` is 10.0.0.9 there, 192.168.1.102 in nodes.yaml" == str(refused.value)


def test_a_block_that_somebody_edited_is_kept_from_being_overwritten() -> None:
    view = View(at(FILE, a_file(OURS.replace(b"red02", b"red02 printer"))))

    assert "somebody has edited it there" in next_stage([STEP], view).refused
    assert 1 == len(next_stage([STEP], view, overwrite=True).changes)
