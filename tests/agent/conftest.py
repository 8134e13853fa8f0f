"""Give each test of the agent a state folder and a place to change things in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import program


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Where the agent shall keep its things; it makes the folder itself."""
    return tmp_path / "state"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """Where a test changes things."""
    folder = tmp_path / "top"
    folder.mkdir(mode=0o755)
    return folder


@pytest.fixture(scope="session")
def agent() -> dict[str, Any]:
    """All names of the joined agent, for what needs no process."""
    names: dict[str, Any] = {"__name__": "agent"}
    exec(compile(program(), "agent", "exec"), names)
    for part in list(names["PARTS"]):  # which a request reads when it needs them
        names["load_part"](part)
    return names
