"""Say where the peers are installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def environments() -> Path:
    """Give the folder with a virtual environment for each peer that is a Python package."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "nowfab-bench"


def program(environment: str, name: str) -> str | None:
    """Give a program of a peer's environment, None when it is not installed."""
    path = environments() / environment / "bin" / name
    return str(path) if path.exists() else None


def system(name: str) -> str | None:
    """Give a program that the system has, None when it has none; the daemons of some stand beside PATH."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin")))
