"""The house keeps its walls: who may import whom, and who may touch the world."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

LINES = (
    ("__main__",),
    ("cli",),
    ("shell",),
    ("terminal",),
    ("machines", "engine", "fleet", "store"),
    ("networks", "burn", "discover", "keys"),
    ("steps", "work"),
    ("plan", "report"),
    ("talk", "remote"),
    ("results", "exchange", "facts"),
    ("inventory",),
    ("settings",),
    ("pace",),
    ("groups",),
    ("names",),
    ("blobs",),
    ("errors",),
)
"""The rooms from the top down: each imports only from lines below its own, or from its own package."""

ISLAND = "agent"
"""Runs on the nodes with nothing but the standard library: imports no room, is imported by none."""

DEPTH = {room: depth for depth, line in enumerate(LINES) for room in line}

WORLDLY = {"machines", "fleet", "store", "terminal", "cli", ISLAND}
"""The rooms that may touch files, processes, sockets, clocks, threads and the environment."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


WORLD_MODULES = words("""
    asyncio ctypes fcntl getpass glob grp http multiprocessing os platform pty pwd queue random resource
    secrets select selectors shutil signal socket ssl subprocess sys tempfile termios threading time tty
    urllib webbrowser
""")
WORLD_CALLS = words("open print input exec eval breakpoint")
WORLD_METHODS = words("""
    absolute chmod cwd exists expanduser hardlink_to home is_dir is_file is_symlink iterdir lstat mkdir
    read_bytes read_text rename resolve rmdir stat symlink_to touch unlink write_bytes write_text
""")

EXCEPTIONS = {
    ("nowfab.__main__", "sys"): "hands the exit code to the interpreter",
    ("nowfab.plan.program", "read_text()"): "reads the agent's source, which is a part of this program",
    ("nowfab.blobs", "open()"): "reads again the spool file that the store gave it",
}
"""What a module outside WORLDLY may do all the same, and why."""

ONLY = {
    "fabric": ("nowfab.machines.ssh.fabric",),
    "invoke": ("nowfab.machines.ssh.fabric", "nowfab.cli"),
    "paramiko": ("nowfab.machines",),
    "asyncssh": ("nowfab.fleet",),
    "docker": ("nowfab.fleet",),
    "ClusterShell": ("nowfab.names",),
    "yaml": ("nowfab.inventory", "nowfab.groups", "nowfab.settings", "nowfab.exchange"),
    "tabulate": ("nowfab.report",),
    "jinja2": ("nowfab.steps",),
}
"""Who may import a library: the named modules and packages."""

SLOW = ("fabric", "paramiko", "asyncssh", "docker")
"""What makes a start slow; `nowfab --list` and the group tasks do without."""


@dataclass(frozen=True)
class Import:
    """One import: `name` is the module as far as it can be told, `lazy` says that it stands in a function."""

    importer: str
    name: str
    line: int
    lazy: bool
    typing_only: bool

    def __str__(self) -> str:
        return f"{self.importer} line {self.line} imports {self.name}"


def module_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {module_of(path): ast.parse(path.read_text()) for path in sorted((ROOT / "nowfab").rglob("*.py"))}


def room_of(module: str) -> str:
    """Give the room of `nowfab.room.…`; "" for what is no room: nowfab itself, or another library."""
    first, _, rest = module.partition(".")
    return rest.split(".")[0] if first == "nowfab" else ""


def is_in(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(package + ".") for package in packages)


def imports_of(module: str, tree: ast.AST) -> Iterator[Import]:
    def names(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif node.level:
            yield "." * node.level + (node.module or "")
        else:
            # `from nowfab import groups` and `from nowfab.groups import parse` alike
            yield from (f"{node.module}.{alias.name}" for alias in node.names)

    def walk(node: ast.AST, lazy: bool, typing_only: bool) -> Iterator[Import]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Import | ast.ImportFrom):
                for name in names(child):
                    yield Import(module, name, child.lineno, lazy, typing_only)
            yield from walk(
                child,
                lazy or isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda),
                typing_only or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)),
            )

    return walk(tree, lazy=False, typing_only=False)


IMPORTS = [each for module, tree in TREES.items() for each in imports_of(module, tree)]


def breaks_a_wall(each: Import) -> bool:
    """Say whether a room is imported that does not stand on a line below."""
    mine, theirs = room_of(each.importer), room_of(each.name)
    if not theirs or theirs == mine or theirs == "__version__":
        return False
    if ISLAND in (mine, theirs) or mine not in DEPTH or theirs not in DEPTH:
        return True
    return DEPTH[theirs] <= DEPTH[mine]


def worldly_things(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)) if name in WORLD_CALLS:
                yield f"{name}()"
            case ast.Call(func=ast.Attribute(attr="open"), args=[_, *_]):
                yield "open()"
            case ast.Call(func=ast.Attribute(attr=name)) if name in WORLD_METHODS:
                yield f"{name}()"


def test_every_module_has_a_room_in_the_table() -> None:
    """A new room is a decision: it gets a line in DESIGN's table, here and there, before it gets code."""
    strangers = {module for module in TREES if room_of(module) not in {"", ISLAND, *DEPTH}}

    assert set() == strangers


def test_a_module_imports_only_from_lines_below() -> None:
    """What decides stays ignorant of what does, so that it can be tested without it."""
    broken = [str(each) for each in IMPORTS if breaks_a_wall(each)]

    assert [] == broken


def test_imports_are_absolute() -> None:
    """A relative import hides which wall it goes through."""
    relative = [str(each) for each in IMPORTS if each.name.startswith(".")]

    assert [] == relative


@pytest.mark.parametrize("library", ONLY)
def test_a_library_is_imported_only_where_it_belongs(library: str) -> None:
    """Whoever replaces a library has one place to look."""
    elsewhere = [
        str(each)
        for each in IMPORTS
        if is_in(each.name, (library,)) and not is_in(each.importer, ONLY[library])
    ]

    assert [] == elsewhere


def test_the_ssh_rooms_are_imported_inside_functions() -> None:
    """`import fabric` takes longer than `nowfab --list` may."""
    eager = [
        str(each)
        for each in IMPORTS
        if is_in(each.name, ("nowfab.machines.ssh",))
        and not is_in(each.importer, ("nowfab.machines",))
        and not (each.lazy or each.typing_only)
    ]

    assert [] == eager


def test_starting_up_loads_no_slow_library() -> None:
    """`--help`, `--list`, `--dry` and the group tasks stay instant."""
    code = f"import sys, nowfab.__main__; print(*[name for name in {SLOW!r} if name in sys.modules])"
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60
    )

    assert ("\n", "", 0) == (answer.stdout, answer.stderr, answer.returncode)


def test_only_the_worldly_rooms_touch_the_world() -> None:
    """Time, randomness, files and the environment come in as arguments everywhere else."""
    found = {
        (each.importer, each.name.partition(".")[0])
        for each in IMPORTS
        if each.name.partition(".")[0] in WORLD_MODULES and room_of(each.importer) not in WORLDLY
    }
    for module, tree in TREES.items():
        if room_of(module) not in WORLDLY:
            found |= {(module, thing) for thing in worldly_things(tree)}

    assert set() == found - set(EXCEPTIONS)


def test_no_exception_outlives_its_reason() -> None:
    """An exception that nobody needs is a hole in a wall."""
    needed = {(each.importer, each.name.partition(".")[0]) for each in IMPORTS}
    needed |= {(module, thing) for module, tree in TREES.items() for thing in worldly_things(tree)}

    assert set() == set(EXCEPTIONS) - needed


def test_the_island_uses_only_the_standard_library() -> None:
    """The agent runs on nodes where nothing of ours is installed."""
    foreign = [
        str(each)
        for each in IMPORTS
        if room_of(each.importer) == ISLAND
        and not is_in(each.name, (f"nowfab.{ISLAND}",))
        and each.name.partition(".")[0] not in sys.stdlib_module_names
    ]

    assert [] == foreign


@pytest.mark.parametrize(
    ("importer", "name", "broken"),
    [
        ("nowfab.cli.run", "nowfab.engine.carry_out", False),
        ("nowfab.cli.run", "nowfab.cli.flags", False),
        ("nowfab.engine", "nowfab.cli.run", True),
        ("nowfab.engine", "nowfab.machines.ssh", True),
        ("nowfab.names", "nowfab.errors.NameRefused", False),
        ("nowfab.names", "nowfab.groups.parse", True),
        ("nowfab.plan", "nowfab.agent.main", True),
        ("nowfab.agent.main", "nowfab.errors", True),
        ("nowfab.names", "re", False),
        ("nowfab.names", "nowfab.cellar", True),
    ],
)
def test_the_wall_check_sees_what_it_should(importer: str, name: str, broken: bool) -> None:
    """A check that lets everything through looks just like a tidy house."""
    assert broken == breaks_a_wall(Import(importer, name, 1, lazy=False, typing_only=False))


def test_imports_inside_functions_are_seen() -> None:
    """A late import goes through a wall like any other."""
    tree = ast.parse("def late():\n    if True:\n        from nowfab import engine\n")

    assert [("nowfab.engine", True)] == [(each.name, each.lazy) for each in imports_of("nowfab.names", tree)]
