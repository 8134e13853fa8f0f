"""Join the agent's files into the one text that a node is sent."""

from __future__ import annotations

import ast
import zlib
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files

PACKAGE = "nowfab.agent"
ERRANDS: dict[str, tuple[str, ...]] = {
    "download": ("fetch", "download"),
    "unpack": ("fetch", "members", "unpack"),
}
"""Programs of their own, which a change sends along: the files of each, in their order."""

ORDER = (
    "words",
    "notation",
    "frames",
    "request",
    "standing",
    "roots",
    "questions",
    "exchange",
    "leash",
    "main",
)
"""What every request needs; each file after those that it imports from at its top."""

PARTS: dict[str, tuple[str, ...]] = {
    "system": ("programs", "packages", "upgrading", "units", "kernel"),
    "changes": ("paths", "goals", "before", "armed", "ways", "state", "apply", "making"),
    "guard": (
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
    ),
}
"""Files that not every request needs, in their order: a part is read when a function imports one of them.

Reading the whole text takes Python longer than looking at twenty files.
"""

PART_OF = {name: part for part, names in PARTS.items() for name in names}

_LOAD = """def load_part(part):
    if part in PARTS:
        after, needs, text = PARTS.pop(part)
        for need in needs:
            load_part(need)
        exec(compile("\\n" * after + text, part, "exec"), globals())
"""


@cache
def program() -> bytes:
    """Give the agent as one text, which does its work when it is executed."""
    early = joined(_texts(ORDER))
    after = early.count("\n") + _LOAD.count("\n") + 1
    parts = {}
    for part, names in PARTS.items():
        text = joined(_texts(names))
        parts[part] = (after, _needs(part), text)
        after += text.count("\n")  # so that the lines of each have numbers of their own
    return f"PARTS = {parts!r}\n{_LOAD}{early}".encode()


@cache
def packed() -> bytes:
    """Give the agent as it travels: a quarter of its size (RFC 1950)."""
    return zlib.compress(program(), 9)


@cache
def errand(name: str) -> str:
    """Give a program that a node is sent for one errand, as the text behind `python3 -c`."""
    folder = files(f"{PACKAGE}.errands")
    texts = (folder.joinpath(f"{each}.py").read_text("utf-8") for each in ERRANDS[name])
    return f"{joined(texts)}run_errand({name})\n"


def _needs(part: str) -> tuple[str, ...]:
    """Name the parts that files of a part import from at their tops."""
    trees = map(_tree, _texts(PARTS[part]))
    found = {PART_OF.get(_module(node)) for tree in trees for node in tree.body}
    return tuple(name for name in PARTS if name in found and name != part)


def _module(node: ast.AST) -> str:
    """Name the file of the agent that a statement imports from, "" for none."""
    named = node.module or "" if isinstance(node, ast.ImportFrom) else ""
    return named.removeprefix(f"{PACKAGE}.") if named.startswith(f"{PACKAGE}.") else ""


def _texts(names: Sequence[str]) -> Iterator[str]:
    folder = files(PACKAGE)
    return (folder.joinpath(f"{name}.py").read_text("utf-8") for name in names)


def joined(texts: Iterator[str]) -> str:
    """Join files of the agent: their names are one namespace then, so what they import of each other goes.

    An import of a late file becomes the call that reads them all. Docstrings, comments of their own
    lines and empty lines need not travel.
    """
    return "".join("".join(_needed(text)) for text in texts)


@cache
def _tree(text: str) -> ast.Module:
    return ast.parse(text)


@cache
def _walked(text: str) -> tuple[ast.AST, ...]:
    """Give all nodes of a file's tree: walking it takes longer than looking at each."""
    return tuple(ast.walk(_tree(text)))


def _needed(text: str) -> Iterator[str]:
    walked = _walked(text)
    dropped = {line for node in _needless(walked) for line in range(node.lineno, (node.end_lineno or 0) + 1)}
    kept = {line for node in walked for line in _inside(node)}
    late = {node.lineno: (node.col_offset, part) for node, part in _late_imports(walked)}
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        bare = line.strip()
        if number in late:
            column, part = late[number]
            yield f"{' ' * column}load_part({part!r})\n"
        elif number not in dropped and (number in kept or (bare and not bare.startswith("#"))):
            yield line


def _late_imports(walked: Sequence[ast.AST]) -> Iterator[tuple[ast.ImportFrom, str]]:
    """Give the imports within functions of what is read late, and the part that it belongs to."""
    for node in walked:
        if isinstance(node, ast.ImportFrom) and node.col_offset and _module(node) in PART_OF:
            yield node, PART_OF[_module(node)]


def _needless(walked: Sequence[ast.AST]) -> Iterator[ast.stmt]:
    """Give the statements that do nothing in the whole: docstrings, imports of what is joined too."""
    for node in walked:
        if isinstance(node, ast.ImportFrom) and _module(node):
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
