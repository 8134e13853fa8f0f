"""Offer nodes that run the real sshd, on loopback.

sshd_nodes   five plain nodes for the whole session; leave them as they are
sshd_fleet   a factory of fleets of one's own: `sshd_fleet(3, lines=["MaxSessions 1"])`, with what
             `nowfab.fleet.sshd.start` takes; ended after the test
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nowfab.fleet import sshd
from nowfab.inventory.node import Node

SshdFleet = Callable[..., tuple[Node, ...]]


def _skip_without_sshd() -> None:
    if sshd.find() is None:
        pytest.skip("there is no sshd on this computer")


@pytest.fixture(scope="session")
def sshd_nodes(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Node, ...]]:
    """Give five nodes that no test may change."""
    _skip_without_sshd()
    nodes = sshd.start(tmp_path_factory.mktemp("sshd") / "nodes", 5)
    yield nodes
    sshd.stop(nodes)


@pytest.fixture
def sshd_fleet(tmp_path: Path) -> Iterator[SshdFleet]:
    """Give a function that starts a fleet as `sshd.start` does, in a folder of its own."""
    _skip_without_sshd()
    started: list[tuple[Node, ...]] = []

    def start(nodes: int, **options: object) -> tuple[Node, ...]:
        fleet = sshd.start(tmp_path / f"sshd-{len(started)}", nodes, **options)  # type: ignore[arg-type]
        started.append(fleet)
        return fleet

    yield start
    for fleet in started:
        sshd.stop(fleet)
