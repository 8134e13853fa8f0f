"""Print the map of the code: each file of nowfab/ with the first line of its docstring.

`--write` puts it between README.md's two marks; `--check` says by its exit code whether it stands there.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"
BEGIN = "<!-- map: written by `make map` -->\n"
END = "<!-- end of map -->\n"


def main(arguments: list[str]) -> int:
    """Do what the only argument says; 1 when the map in README.md is not the one of the code."""
    readme = README.read_text()
    if arguments == ["--write"]:
        README.write_text(rewritten(readme))
    elif arguments == ["--check"]:
        return int(rewritten(readme) != readme)
    else:
        sys.stdout.write(drawn())
    return 0


def rewritten(readme: str) -> str:
    """Give the text of README.md with the map as it should be."""
    before, _, rest = readme.partition(BEGIN)
    _, mark, after = rest.partition(END)
    if not mark:
        raise SystemExit(f"README.md lacks the mark {BEGIN!r} or {END!r}")
    return before + BEGIN + drawn() + END + after


def drawn() -> str:
    """Draw the map as a fenced block of lines `path  first line of the docstring`."""
    rows = [row(path) for path in sorted((ROOT / "nowfab").rglob("*.py"), key=order)]
    width = max(len(name) for name, _ in rows)
    return "```\n" + "".join(f"{name:{width}}  {job}".rstrip() + "\n" for name, job in rows) + "```\n"


def order(path: Path) -> tuple[tuple[bool, str], ...]:
    """Sort files before folders, a package's `__init__` first."""
    parts = path.relative_to(ROOT).parts
    return (*((True, part) for part in parts[:-1]), (False, "" if parts[-1] == "__init__.py" else parts[-1]))


def row(path: Path) -> tuple[str, str]:
    """Give a file's place in the tree, indented, and its job; a package is named by its folder."""
    parts = path.relative_to(ROOT).parts
    folder = parts[-1] == "__init__.py"
    name = parts[-2] + "/" if folder else parts[-1]
    depth = len(parts) - (2 if folder else 1)
    docstring = ast.get_docstring(ast.parse(path.read_text())) or ""
    return "  " * depth + name, docstring.partition("\n")[0]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
