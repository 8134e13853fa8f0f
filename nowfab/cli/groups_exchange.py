"""inv groups.export, groups.import: groups in the formats of other tools."""

from __future__ import annotations

from pathlib import Path

from invoke import Context

from nowfab import inventory, names, settings
from nowfab.cli import targets
from nowfab.cli.node_task import our_task
from nowfab.errors import UsageError
from nowfab.report.visible import visible
from nowfab.terminal.screen import standard

_EXPORT = {
    "to": "the format: clusterssh, clusterssh-portable, csshx, dsh, genders, clustershell, pssh, ansible, "
    "ssh-config or hosts",
    "group": "only these groups and those within them, commas between (all)",
    "out": "write into this file, for dsh into this folder (standard output)",
    "overwrite": "replace files that are there",
}

_IMPORT = {
    "from": "the format: as those of groups.export",
    "file": "the file to read, for dsh the folder",
    "group": "the group of the hosts of a format without groups (imported)",
    "write": "write new files groups/clusters and groups/nodes.yaml instead of showing them",
}


@our_task(name="export", help=_EXPORT, auto_shortflags=True)  # for -g, as everywhere
def export_groups(
    context: Context, to: str, group: str | None = None, out: str | None = None, overwrite: bool = False
) -> None:
    """Write groups for another tool, and say what its format cannot hold."""
    from nowfab.exchange import gather, write
    from nowfab.store import results

    settings.choice("--to", to, tuple(write.FORMATS))
    known = targets.known(practice=False)
    chosen = inventory.groups(known) if group is None else names.split(group)
    if not chosen:
        raise UsageError("there are no groups yet; `nowfab init` writes a first file of them")
    files, lost = write.write(gather.roster(known, [name.removeprefix("@") for name in chosen]), to)
    screen = standard()
    if out is not None:
        screen.say(visible(results.write(Path(out), files, overwrite)))
    elif "" in files:
        screen.data([visible(line) + "\n" for line in files[""].splitlines()])
    else:
        raise UsageError(f"`--to {to}` makes several files: name a folder with `--out`")
    for sentence in lost:
        screen.say(visible(f"{to} does not hold {sentence}"))


@our_task(name="import", help=_IMPORT)
def import_groups(
    context: Context, from_: str, file: str, group: str = "imported", write: bool = False
) -> None:
    """Show the groups of another tool's file as files of ours, and say what those do not hold."""
    from nowfab.exchange import ours, read
    from nowfab.store import results

    settings.choice("--from", from_, read.FORMATS)
    found, lost = read.read(_texts(Path(file), from_), from_, names.node(group))
    files = {"clusters": ours.clusters(found), "nodes.yaml": ours.nodes(found)}
    screen = standard()
    if write:
        kept = {name: text for name, text in files.items() if text}
        screen.say(visible(results.write(Path("groups"), kept, overwrite=False)))
    else:
        for name, text in files.items():
            if text:
                screen.data([f"# groups/{name}\n", text])
    for sentence in lost:
        screen.say(visible(f"nowfab does not take {sentence}"))


def _texts(path: Path, format: str) -> dict[str, str]:
    from nowfab.store import files

    if format != "dsh":
        return {str(path): files.read(path)}
    if not path.is_dir():
        raise UsageError(f"`{path}` is no folder; dsh has a folder with a file for each group")
    return {inner.name: files.read(inner) for inner in sorted(path.iterdir()) if inner.is_file()}
