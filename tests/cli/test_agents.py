"""Each node's agent is asked in its own way: as whom, and what it must go on reaching."""

from __future__ import annotations

from nowfab.cli.agents import MOST, Agents, How
from nowfab.inventory.node import Node
from nowfab.plan.questions import TcpTo

GATE = Node("gate")
WORKER = Node("red02", "192.168.50.2", via=GATE)
OTHER = Node("red03", port=2222, via=GATE)


def test_a_gateway_must_go_on_reaching_who_is_behind_it() -> None:
    """Also those who take no part in this run: they cannot be mended either once it is lost."""
    agents = Agents([GATE, WORKER], How(), [OTHER, WORKER])

    assert {TcpTo("192.168.50.2", 22), TcpTo("red03", 2222)} == set(agents.manner(GATE).reaches)
    assert () == agents.manner(WORKER).reaches


def test_so_many_are_looked_for_that_it_does_not_take_long() -> None:
    crowd = [Node(f"blue{number}", via=GATE) for number in range(100)]

    assert MOST == len(Agents([GATE], How(), crowd).manner(GATE).reaches)
