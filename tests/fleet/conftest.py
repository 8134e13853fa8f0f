"""Bring the docker fleet up once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nowfab.fleet import docker
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
def fleet(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    state = tmp_path_factory.mktemp("docker-fleet") / "state"
    nodes = docker.up(state, 5, PROJECT, ENVIRON)
    yield Fleet(state, nodes)
    docker.down(state, ENVIRON)
