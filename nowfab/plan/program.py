"""Join the agent's files into the one text that a node is sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

PACKAGE = "nowfab.agent"

ORDER = (
    "words",
    "frames",
    "request",
    "programs",
    "standing",
    "packages",
    "units",
    "kernel",
    "questions",
    "exchange",
    "main",
)
"""Each file after those that it imports from at its top."""

LATE = ("paths", "goals", "before", "armed", "state", "apply", "making")
"""Files that only who changes something needs, in their order: they are read when a function imports one.

Reading the whole text takes Python longer than looking at twenty files.
"""

GUARD = (
    "guardian",
    "undoable",
    "backup",
    "restore",
    "acts",
    "ending",
    "proofs",
    "undo",
    "guarded",
    "arm",
    "confirm",
    "status",
    "verbs",
)
"""Files that only a guarded run needs, read after the late ones."""

_LOAD = """def load_late(left):
    while len(LATE) > left:
        exec(compile("\\n" * AFTER[len(LATE) - 1] + LATE.pop(), "late", "exec"), globals())
"""


@cache
def program() -> bytes:
    """Give the agent as one text, which does its work when it is executed."""
    early, late, guard = (joined(_texts(names)) for names in (ORDER, LATE, GUARD))
    # so that lines of the late texts have numbers of their own
    after = early.count("\n") + _LOAD.count("\n") + 2
    later = after + late.count("\n")
    return f"LATE = {[guard, late]!r}\nAFTER = {[later, after]!r}\n{_LOAD}{early}".encode()


def _texts(names: Sequence[str]) -> Iterator[str]:
    folder = files(PACKAGE)
    return (folder.joinpath(f"{name}.py").read_text("utf-8") for name in names)


def joined(texts: Iterator[str]) -> str:
    """Join files of the agent: their names are one namespace then, so what they import of each other goes.

    An import of a late file becomes the call that reads them all. Docstrings, comments of their own
    lines and empty lines need not travel.
    """
    return "".join("".join(_needed(text)) for text in texts)


def _needed(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    dropped = {line for node in _needless(tree) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    kept = {line for node in ast.walk(tree) for line in _inside(node)}
    late = {node.lineno: (node.col_offset, left) for node, left in _late_imports(tree)}
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        bare = line.strip()
        if number in late:
            column, left = late[number]
            yield f"{' ' * column}load_late({left})\n"
        elif number not in dropped and (number in kept or (bare and not bare.startswith("#"))):
            yield line


def _late_imports(tree: ast.Module) -> Iterator[tuple[ast.ImportFrom, int]]:
    """Give the imports within functions of what is read late, and how many texts may stay unread then."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.col_offset:
            continue
        module = (node.module or "").removeprefix(f"{PACKAGE}.")
        if module in (*LATE, *GUARD):
            yield node, int(module in LATE)


def _needless(tree: ast.Module) -> Iterator[ast.stmt]:
    """Give the statements that do nothing in the whole: docstrings, imports of what is joined too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{PACKAGE}."):
            yield node
        body = getattr(node, "body", [])
        if isinstance(body, list) and (isinstance(node, ast.Module) or len(body) > 1):
            yield from (each for each in body if isinstance(each, ast.Expr) and _is_text(each.value))


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _inside(node: ast.AST) -> range:
    """Give the lines of a text of several lines: there, nothing is a comment."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str | bytes):
        return range(node.lineno, (node.end_lineno or 0) + 1)
    return range(0)
