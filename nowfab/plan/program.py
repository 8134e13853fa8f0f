"""Join the agent's files into the one text that a node is sent."""

from __future__ import annotations

import ast
from collections.abc import Iterator
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
    "paths",
    "goals",
    "before",
    "state",
    "apply",
    "exchange",
    "main",
)
"""Each file after those that it imports from."""


@cache
def program() -> bytes:
    """Give the agent as one text, which does its work when it is executed."""
    folder = files(PACKAGE)
    return joined(folder.joinpath(f"{name}.py").read_text("utf-8") for name in ORDER).encode()


def joined(texts: Iterator[str]) -> str:
    """Join files of the agent: their names are one namespace then, so what they import of each other goes.

    So do docstrings, comments of their own lines and empty lines: they need not travel.
    """
    return "".join("".join(_needed(text)) for text in texts)


def _needed(text: str) -> Iterator[str]:
    tree = ast.parse(text)
    dropped = {line for node in _needless(tree) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    kept = {line for node in ast.walk(tree) for line in _inside(node)}
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        bare = line.strip()
        if number not in dropped and (number in kept or (bare and not bare.startswith("#"))):
            yield line


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
