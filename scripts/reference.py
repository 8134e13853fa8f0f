"""Write what the code knows of a plan's steps into docs/reference/steps.md and docs/how-to/plans.md.

`--write` puts each part between its two marks; `--check` says by its exit code whether all are as they
should be.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path

from nowfab.steps.gathering import FIELDS
from nowfab.steps.kind import PROOFS, RIGHTS, Field, Kind
from nowfab.steps.kinds import KINDS, ROOMS
from nowfab.steps.variables import OWN, Known
from nowfab.steps.when import CONDITIONS

ROOT = Path(__file__).parent.parent
PAGES = (ROOT / "docs/reference/steps.md", ROOT / "docs/how-to/plans.md")
MARKED = re.compile(
    r"(<!-- ([a-z-]+): written by `make reference` -->\n).*?(<!-- end of \2 -->\n)", re.DOTALL
)
COMMON = {**RIGHTS, **PROOFS}


def main(arguments: list[str]) -> int:
    """Do what the only argument says; 1 when a page is not as the code has it."""
    new = {page: rewritten(page.read_text()) for page in PAGES}
    if arguments == ["--write"]:
        for page, text in new.items():
            page.write_text(text)
    return int(any(text != page.read_text() for page, text in new.items()))


def rewritten(text: str) -> str:
    """Give the text of a page with its parts as they should be."""
    return MARKED.sub(lambda found: found[1] + PARTS[found[2]]() + found[3], text)


def steps() -> str:
    """Tell all of each kind of step."""
    rooms = []
    for room, kinds in ROOMS.items():
        rooms.append(f"## {room}\n\n" + "\n".join(_kind(name, kind) for name, kind in kinds.items()))
    return "\n".join(rooms)


def steps_in_short() -> str:
    """Tell in a line for each kind of step what is needed to use it."""
    return _table(
        ("step", "what will be so, and its fields"),
        *((f"[`{name}`](../reference/steps.md#{name})", _short(kind)) for name, kind in KINDS.items()),
    )


def conditions() -> str:
    """Tell when each condition holds."""
    rows = (
        (f"`{name}: {one.example}`", _words(one.read), _words(one.make)) for name, one in CONDITIONS.items()
    )
    return _table(("condition", "its value", "holds"), *rows)


def gathered() -> str:
    """Tell the fields of a gathered value."""
    return _fields(FIELDS)


def variables() -> str:
    """Tell what a text may speak of."""
    first, *more = (field.name for field in fields(Known))
    names = ", ".join((f"`node.{first}`", *(f"`.{name}`" for name in more)))
    notes = (Known.__doc__ or "").partition("; ")[2].removesuffix(".")
    said = {**OWN, "node": f"{OWN['node']}: {names}; {notes}"}
    rest = ("any other", "a gathered value, or a variable (`vars`) of `groups/nodes.yaml`")
    return _table(("name", ""), *((f"`{name}`", what) for name, what in said.items()), rest)


PARTS: Mapping[str, Callable[[], str]] = {
    "steps": steps,
    "steps-in-short": steps_in_short,
    "conditions": conditions,
    "gathered": gathered,
    "variables": variables,
}
"""By what stands in the marks."""


def _kind(name: str, kind: Kind) -> str:
    one_of = ", ".join(f"`{field}`" for field in kind.either)
    secret = f"`{kind.keeps}`" if kind.keeps else ""
    notes = (
        ("Exactly one of", one_of),
        ("A secret may stand in", secret),
        ("On the node", kind.needs),
        ("Guarded", kind.guard),
    )
    said = "".join(f"- {what}: {words}\n" for what, words in notes if words)
    example = f"```yaml\n- {name}: {kind.example}\n```\n"
    return f"### {name}\n{kind.does}\n\n{_fields(kind.fields)}\n{said}\n{example}"


def _fields(known: Mapping[str, Field]) -> str:
    rows = (
        (f"`{name}`", _words(field.read), field.says, "needed" if field.needed else _code(field.default))
        for name, field in known.items()
    )
    return _table(("field", "its value", "what for", "without it"), *rows)


def _short(kind: Kind) -> str:
    own = (
        f"**`{name}`**: {field.says}" if field.needed else f"`{name}`: {field.says}"
        for name, field in kind.fields.items()
        if name not in COMMON
    )
    common = [f"`{name}`" for name in kind.fields if name in COMMON]
    return f"{kind.does} {'; '.join((*own, ', '.join(common)) if common else own)}"


def _words(function: Callable[..., object]) -> str:
    """Give the first line of a docstring without the verb and the dot."""
    return (function.__doc__ or "").partition("\n")[0].partition(" ")[2].removesuffix(".")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _table(*rows: tuple[str, ...]) -> str:
    head, *body = (f"| {' | '.join(row)} |\n" for row in rows)
    return head + "|" + "---|" * len(rows[0]) + "\n" + "".join(body)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
