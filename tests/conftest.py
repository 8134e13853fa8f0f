"""Keep every test away from the person who runs it: no file, key, agent or setting of theirs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

_OURS = sorted((Path(__file__).parent / "plugins").glob("[!_]*.py"))
pytest_plugins = [f"tests.plugins.{path.stem}" for path in _OURS]

_PERSONAL = (
    "NOWFAB_",
    "INVOKE_",
    "FABRIC_",
    "SSH_",
    "XDG_",
    "LC_",
    "COLUMNS",
    "LINES",
    "NO_COLOR",
    "FORCE_COLOR",
)


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Let Ctrl-C be what it is on a terminal; who is started in the background of a script ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the whole session an empty HOME of its own, without ~/.ssh; made before any other fixture."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        _keep_docker_reachable(patch)
        for name in [name for name in os.environ if name.startswith(_PERSONAL)]:
            patch.delenv(name)
        patch.setenv("HOME", str(folder))
        for kind in ("config", "state", "cache", "data"):
            patch.setenv(f"XDG_{kind.upper()}_HOME", str(folder / kind))
        patch.setenv("LANG", "C.UTF-8")
        yield folder


def _keep_docker_reachable(patch: pytest.MonkeyPatch) -> None:
    """Leave docker its own folder: its contexts and the compose plugin may be there."""
    folder = Path("~/.docker").expanduser()
    if "DOCKER_CONFIG" not in os.environ and folder.is_dir():
        patch.setenv("DOCKER_CONFIG", str(folder))
