"""The agent is one text that any Python from 3.5 on can read, and that needs nothing of ours."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections import Counter
from pathlib import Path

import pytest

import nowfab.agent
from nowfab.plan.program import ORDER, PART_OF, joined, packed, program
from tests.agent.asking import ABSENT, ask, file_of, request, write

FOLDER = Path(nowfab.agent.__file__).parent

TOO_NEW = (ast.JoinedStr, ast.AnnAssign, ast.NamedExpr, ast.AsyncFunctionDef, ast.Await)
"""What ast lets pass for 3.5 all the same."""


def pythons() -> list[str]:
    """Give one Python of each minor version from 3.6 on that is installed here, this one always."""
    homes = [Path(os.environ.get("PYENV_ROOT") or "~/.pyenv").expanduser(), Path("~/.pyenv").expanduser()]
    places = [place for home in homes for place in home.glob("versions/3.*/bin/python3")]
    places += [*Path("/usr/bin").glob("python3.[0-9]"), *Path("/usr/bin").glob("python3.[0-9][0-9]")]
    found = {sys.version_info[1]: sys.executable}
    for place in places:
        version = re.search(r"/(?:python)?3\.([0-9]+)[^/]*", str(place))
        if version and int(version[1]) >= 6:
            found.setdefault(int(version[1]), str(place))
    return [found[minor] for minor in sorted(found)]


PYTHONS = pythons()


def _late() -> list[bytes]:
    """Give the texts that are read late."""
    first = program().partition(b"\n")[0].decode()
    return [text.encode() for _, _, text in ast.literal_eval(first.removeprefix("PARTS = ")).values()]


@pytest.mark.parametrize("text", [program(), *_late(), *(path.read_bytes() for path in FOLDER.glob("*.py"))])
def test_the_grammar_is_that_of_python_3_5(text: bytes) -> None:
    """Raspbian 9 is in many a drawer; what it cannot parse ends before the first word of a reply."""
    tree = ast.parse(text, feature_version=(3, 5))

    assert [] == [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, TOO_NEW)]


def test_every_file_of_the_agent_travels() -> None:
    """A file that nobody joins is a name that is missing on the node, and only there."""
    found = sorted({path.stem for path in FOLDER.glob("*.py")} - {"__init__"})

    assert found == sorted([*ORDER, *PART_OF])


def test_no_two_files_define_the_same_name() -> None:
    """They are one namespace when joined: the later one would win in silence."""
    names: Counter[str] = Counter()
    for path in FOLDER.glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                names[node.name] += 1
            elif isinstance(node, ast.Assign):
                names.update(ast.unparse(target) for target in node.targets)
    twice = {name for name, count in names.items() if count > 1}

    assert {"MYPY"} == twice


def test_files_follow_those_that_they_import_from() -> None:
    """A name that is used at the top of a file must be there already; one within a function may come late."""
    names = (*ORDER, *PART_OF)
    early = [
        (name, node.module)
        for number, name in enumerate(names)
        for node in ast.walk(ast.parse((FOLDER / f"{name}.py").read_text()))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("nowfab.")
        and (module := str(node.module).split(".")[-1]) not in names[:number]
        and not (node.col_offset and PART_OF.get(module) not in (None, PART_OF.get(name)))
    ]

    assert [] == early


def test_who_only_looks_reads_nothing_of_what_changes() -> None:
    """Half of a look's time went into reading the text that was not needed."""
    text = program().decode()
    names = {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}

    assert {"answer_all", "stands_at", "load_part"} < names
    assert (
        not {"carry_out", "write_path", "apply_all", "lock_state", "units_at", "run_program", "arm"} & names
    )
    assert "def write_path" in text


def test_the_text_is_small() -> None:
    """It travels to every node, every time."""
    assert len(packed()) < 28 * 1024


def test_joining_drops_only_what_does_nothing() -> None:
    """A comment sign within a text is no comment, and a class of nothing but its docstring keeps it."""
    source = '''"""Say one job."""

# a comment
from nowfab.agent.words import (
    Trouble,
)
import os  # kept

TEXT = """
# kept too

"""
"""What it is."""


class Nothing(Trouble):
    """Keep me."""


def two():
    """Drop me."""
    return os.sep
'''
    expected = (
        'import os  # kept\nTEXT = """\n# kept too\n\n"""\n'
        'class Nothing(Trouble):\n    """Keep me."""\ndef two():\n    return os.sep\n'
    )

    assert expected == joined(iter([source]))


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_it_works_in_each_python_here_whatever_the_locale(
    python: str, locale: str, top: Path, state: Path
) -> None:
    """Nodes have the Python they have; names of files are bytes there, in UTF-8 or not."""
    name = b"sm\xc3\xb8rrebr\xc3\xb8d \xff"
    path = os.fsencode(top) + b"/" + name
    text = path.decode("utf-8", "surrogateescape")
    env = {"LANG": locale, "LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    changes = [write(text), write(top / "second", 1)]
    questions = [{"ask": "path", "path": text}, {"ask": "output", "argv": ["printf", "%s", text]}]
    reply = ask(request(state, changes, questions, [b"one\n", b"two\n"]), python, env)

    assert ("applied", "", ["changed", "changed"]) == (reply.state, reply.reason, reply.did)
    assert [b"one\n", os.fsencode(path), b""] == reply.blobs
    assert sorted([name, b"second"]) == sorted(os.fsencode(path.name) for path in top.iterdir())


@pytest.mark.parametrize("python", PYTHONS)
def test_every_kind_of_change_is_known_to_each_python_here(python: str, top: Path, state: Path) -> None:
    """A name that only a newer Python's library has is met when it is called, not before."""
    kept = write(top / "a", 1, file_of(b"one\n"), verify=["true"])
    changes = [
        write(top / "a"),
        kept,
        {"do": "link", "path": str(top / "l"), "target": "a", "was": ABSENT},
        {"do": "remove", "path": str(top / "l"), "was": {"is": "link", "target": "a"}},
        {"do": "folder", "path": str(top / "d"), "mode": 0o750, "owner": "", "group": "", "was": ABSENT},
        {"do": "run", "argv": ["cat"], "undo": None, "stdin": 2},
        {"do": "run", "argv": ["sh", "-c", "echo gone; exit 3"], "undo": None, "stdin": None},
    ]
    questions = [
        {"ask": "tcp", "host": "127.0.0.1", "port": 1},
        {"ask": "sysctl", "key": "kernel.ostype"},
        {"ask": "output", "argv": ["no-such-program"]},
    ]
    reply = ask(request(state, changes, questions, [b"one\n", b"two\n", b"three"]), python)

    assert ("failed", 6, 6) == (reply.state, reply.said["failed"], reply.said["changed"])
    assert "`sh -c echo gone; exit 3` ended with 3: gone" == reply.reason
    assert [False, "Linux", 127] == [
        reply.answers[0]["reached"],
        reply.answers[1].get("value"),
        reply.answers[2]["code"],
    ]
    assert ["a", "d"] == sorted(path.name for path in top.iterdir())
