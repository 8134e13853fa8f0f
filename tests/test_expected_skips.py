"""A skip that nobody wrote down fails CI, instead of passing for a test that ran."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.plugins import expected_skips

TESTS = """
import pytest
@pytest.mark.skip(reason="no engine here")
def test_skipped(): pass
@pytest.mark.xfail(reason="a known limit")
def test_known(): assert False
def test_runs(): pass
"""


def run(folder: Path, listed: str, strict: str = "1") -> subprocess.CompletedProcess[str]:
    """Run a small suite of its own with the plugin, its list beside it."""
    plugin = Path(expected_skips.__file__).read_text()
    (folder / "plugins").mkdir()
    (folder / "plugins" / "watch.py").write_text(plugin)
    (folder / "expected-skips").write_text(listed)
    (folder / "conftest.py").write_text('pytest_plugins = ["plugins.watch"]\n')
    (folder / "test_it.py").write_text(TESTS)
    (folder / "inner").mkdir()
    (folder / "inner" / "conftest.py").write_text("")
    (folder / "inner" / "test_inner.py").write_text("def test_inner(): pass\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder), str(folder)],
        cwd=folder,
        env={**os.environ, "NOWFAB_STRICT_SKIPS": strict, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(
    ("listed", "code"),
    [
        ("", 1),
        ("test_it.py::test_skipped\tno engine here\n", 0),
        ("# why\ntest_it.py::*  no engine*\n", 0),
        ("test_it.py::test_skipped  some other reason\n", 1),
        ("test_other.py::*  no engine here\n", 1),
    ],
)
def test_a_skip_needs_its_line_and_its_reason(tmp_path: Path, listed: str, code: int) -> None:
    """A test that is skipped for another reason than the one that was accepted is news."""
    answer = run(tmp_path, listed)

    assert (code, code == 1) == (answer.returncode, "does not list" in answer.stdout), answer.stdout


def test_without_the_switch_every_skip_is_fine(tmp_path: Path) -> None:
    """A machine with less than CI's may still run what it can."""
    answer = run(tmp_path, "", strict="")

    assert 0 == answer.returncode


def test_a_line_without_a_reason_is_an_error() -> None:
    """The list says why, or it is no list of reasons."""
    with pytest.raises(pytest.UsageError, match=r"^expected-skips:2: a skip needs its reason"):
        expected_skips.parse("\ntests/a.py::test_b\n", "expected-skips")


def test_an_id_with_brackets_matches_itself() -> None:
    """Brackets are part of a test's id as much as of a glob."""
    assert expected_skips.matches("a.py::test_b[x-1]", "a.py::test_b[x-1]")
