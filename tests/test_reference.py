"""What docs/ says of a plan's steps is what the code has."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
MARKS = {
    "docs/reference/steps.md": ("steps", "conditions", "gathered", "variables"),
    "docs/how-to/plans.md": ("steps-in-short", "conditions", "variables"),
}


def test_the_reference_is_that_of_the_code() -> None:
    """A reference that no test checks rots; `make reference` writes it anew."""
    check = subprocess.run([sys.executable, ROOT / "scripts/reference.py", "--check"], timeout=60)

    assert 0 == check.returncode, "docs/ tells of other steps: `make reference` writes it anew"


def test_each_part_has_its_place() -> None:
    """A part whose marks are gone would be missed by nobody."""
    marked = re.compile(
        r"<!-- ([a-z-]+): written by `make reference` -->\n.*?<!-- end of \1 -->\n", re.DOTALL
    )
    found = {page: tuple(marked.findall((ROOT / page).read_text())) for page in MARKS}

    assert found == MARKS
