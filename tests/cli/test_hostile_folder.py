"""A folder of somebody else's is read, never run: nowfab loads no Python from where it is called."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT

NAMES = ("tasks", "invoke", "fabric", "yaml", "tabulate", "groups/__init__", "groups/clusters", "nowfab")


@pytest.mark.parametrize("words", [("groups.show", "red"), ("groups.lint",), ("run", "true", "-w", "here")])
def test_E9_no_python_of_the_folder_is_run(project: Path, words: tuple[str, ...]) -> None:
    """`inv` runs the tasks.py of the folder by design; the installed program must run nothing of it.

    -P is how an installed program starts: without the folder in front of Python's path.
    """
    for name in NAMES:
        (project / f"{name}.py").write_text("open('ran', 'w')\n")
    (project / "invoke.yaml").write_text("run: {shell: ./sh}\ntasks: {search_root: .}\n")
    (project / "sh").write_text("#!/bin/sh\n: > ran\n")
    (project / "sh").chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "nowfab", *words],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(project / "home")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (0, False) == (done.returncode, (project / "ran").exists()), done.stderr
