"""inv groups.lint: what is wrong in the groups files, and what cssh would make of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

from invoke import Context, Exit

from nowfab import settings
from nowfab.cli import sources
from nowfab.cli.node_task import our_task
from nowfab.groups import Source, lint
from nowfab.groups.finding import Finding
from nowfab.groups.sources import Kind
from nowfab.report import summary
from nowfab.report.visible import visible
from nowfab.terminal.screen import standard

_HELP = {
    "file": "only this file, a tags file if its name begins with `tags`, a nodes.yaml if it ends in .yaml",
    "format": "table or json (table)",
}


@our_task(name="lint", help=_HELP)
def lint_groups(context: Context, file: str | None = None, format: str = "table") -> None:
    """Look for mistakes in the groups files, and for lines that cssh reads in another way."""
    settings.choice("--format", format, ("table", "json"))
    looked, nodes = _looked(file)
    found = (*lint.findings(looked), *_nodes(nodes, looked))
    errors = sum(finding.level == "error" for finding in found)
    screen = standard()
    if format == "json":
        listed = [{**asdict(finding), "place": str(finding.place)} for finding in found]
        screen.data([json.dumps({"schema": 1, "findings": listed}), "\n"])
    else:
        screen.data(map(_line, found))
        screen.say(_sum(len(looked) + (nodes is not None), errors, len(found) - errors))
    if errors:
        raise Exit(code=1)


def _looked(file: str | None) -> tuple[tuple[Source, ...], Path | None]:
    """Read the files to look at; of a nodes.yaml the path."""
    from nowfab.store import files

    if file is None:
        found, read = sources.read(exact=True)
        return read, found.nodes
    path = Path(file)
    if path.suffix in (".yaml", ".yml"):
        return (), path
    return (Source(file, files.read(path, exact=True), kind(path)),), None


def _nodes(path: Path | None, looked: Sequence[Source]) -> Iterator[Finding]:
    if path is not None:
        from nowfab.inventory import lint_nodes
        from nowfab.store import files

        yield from lint_nodes.findings(files.read(path), str(path), looked)


def kind(path: Path) -> Kind:
    """Tell by its name which kind of file one is that no settings speak of."""
    return "tags" if path.name.startswith("tags") else "clusters"


def _line(finding: Finding) -> str:
    """Lay out one finding as compilers do, so that editors can jump to its place."""
    head = f"{finding.place}: {finding.level}: {finding.what} [{finding.kind}]"
    return f"{visible(head)}\n    {visible(finding.mend)}\n"


def _sum(looked: int, errors: int, warnings: int) -> str:
    files = summary.counted(looked, "file")
    if not looked:
        return "there are no groups files yet; `nowfab init` writes some to begin with"
    if not errors and not warnings:
        return f"{files}: all well, here and in cssh"
    return f"{files}: {summary.counted(errors, 'error')}, {summary.counted(warnings, 'warning')}"
