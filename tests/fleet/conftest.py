"""Bring the docker fleet up once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nowfab.fleet import docker, state
from tests.fleet.practice import ENVIRON, PROJECT, Fleet


@pytest.fixture(scope="session")
def need_engine() -> None:
    """Skip where no engine is; where CI promised one, its absence is a failure."""
    reason = docker.why_not(ENVIRON)
    if reason and ENVIRON.get("NOWFAB_DOCKER") == "1":
        pytest.fail(f"NOWFAB_DOCKER=1, and yet: {reason}")
    if reason:
        pytest.skip(f"no Docker engine: {reason}")


@pytest.fixture(scope="session")
def newer(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All nodes, well; whoever breaks one mends it."""
    yield from five(tmp_path_factory.mktemp("well"))


@pytest.fixture(scope="session")
def fleet(newer: Fleet) -> Fleet:
    """What a test gets that asks for no system."""
    return newer


@pytest.fixture(scope="session")
def older(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All nodes, with an older Debian, well; whoever breaks one mends it."""
    yield from five(tmp_path_factory.mktemp("older"), "bullseye")


@pytest.fixture(scope="session", params=docker.OSES)
def either(request: pytest.FixtureRequest) -> Fleet:
    """All nodes of each system in turn, well; whoever breaks one mends it."""
    nodes: Fleet = request.getfixturevalue("newer" if request.param == docker.OSES[0] else "older")
    return nodes


@pytest.fixture(scope="module")
def troubled(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All nodes of another fleet, to be broken for good."""
    yield from five(tmp_path_factory.mktemp("troubled"))


@pytest.fixture(scope="module")
def unkeyed(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """All nodes of a third fleet, which is set up and made fresh again and again."""
    yield from five(tmp_path_factory.mktemp("unkeyed"))


def five(state_home: Path, system: str = docker.OSES[0]) -> Iterator[Fleet]:
    """Bring five nodes up where nowfab looks for them when its state stands in `state_home`."""
    folder = state.folder(PROJECT, state_home)
    nodes = docker.up(folder, 5, PROJECT, ENVIRON, system=system)
    state.take(folder, nodes)
    yield Fleet(state_home, folder, nodes, system)
    docker.down(folder, ENVIRON)
