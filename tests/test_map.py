"""README's map of the code is the code's own: the first docstring line of every file."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FILES = sorted((ROOT / "nowfab").rglob("*.py"))


def test_the_readme_shows_the_map_of_the_code() -> None:
    """A map that no test checks rots; `make map` writes it anew."""
    check = subprocess.run([sys.executable, ROOT / "scripts/map.py", "--check"], timeout=60)

    assert 0 == check.returncode, "README.md's map is old: `make map` writes it anew"


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(ROOT)) for path in FILES])
def test_a_first_line_says_one_job_in_one_sentence(path: Path) -> None:
    """The line is the file's job, so it ends like a sentence and fits a line."""
    first = (ast.get_docstring(ast.parse(path.read_text())) or "").partition("\n")[0]

    assert first.endswith(".")
    assert len(first) <= 100
