"""The card says Fabric: its API must hold over our machines, and its traps must not."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from fabric.exceptions import GroupException
from invoke import UnexpectedExit

from nowfab.inventory.node import Node
from nowfab.machines.ssh.fabric import NodeConnection, NodeGroup
from nowfab.machines.ssh.machine import SshMachine
from nowfab.machines.until import Limit
from tests.machines.conftest import Controller


def group_of(controller: Controller, nodes: tuple[Node, ...]) -> NodeGroup:
    crew, watch = controller.crew()
    return NodeGroup([crew.member(number, node) for number, node in enumerate(nodes)], Limit(watch))


def test_a_group_runs_as_fabrics_does(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """Whoever knows Fabric finds `run`, results by connection, and GroupException."""
    group = group_of(controller, sshd_nodes)
    results = group.run("echo out; echo err >&2", hide=True)

    assert ["out\n"] * 5 == [results[connection].stdout for connection in group]
    assert ["err\n"] * 5 == [results[connection].stderr for connection in group]
    with pytest.raises(GroupException):
        group.run("exit 3", hide=True)
    group.close()


def test_a_connection_runs_warns_and_raises_as_fabrics_does(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """`run` raises on an exit code, `warn=True` returns it."""
    (connection,) = group_of(controller, sshd_nodes[:1])
    with connection:
        assert 3 == connection.run("exit 3", warn=True, hide=True).exited
        assert connection.is_connected
        with pytest.raises(UnexpectedExit):
            connection.run("exit 3", hide=True)
        with pytest.raises(TypeError, match="pty"):
            connection.run("true", pty=True)
    assert not connection.is_connected


def test_attributes_do_not_leak_into_the_shared_config(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """In stock Fabric `a.machine` would become the last node's."""
    group = group_of(controller, sshd_nodes)
    machines = [connection.machine for connection in group]

    assert 5 == len(set(map(id, machines)))
    assert all(isinstance(machine, SshMachine) for machine in machines)
    assert 1 == len({id(connection.config) for connection in group})
    assert not hasattr(group[0].config, "machine")


def test_making_a_group_starts_no_thread(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """500 connections are made in the calling thread, before anything is dialled."""
    crew, watch = controller.crew()
    before = threading.active_count()
    group = NodeGroup([crew.member(0, node) for node in sshd_nodes], Limit(watch))

    assert (before, 5) == (threading.active_count(), len(group))


def test_only_one_file_imports_fabric() -> None:
    """When Fabric 4 comes, that file changes."""
    folder = Path(__file__).parents[3] / "nowfab"
    files = [path.name for path in folder.rglob("*.py") if "from fabric" in path.read_text()]

    assert ["fabric.py"] == files
    assert issubclass(NodeConnection, object)
