"""inv hosts-file: the addresses of nodes in a marked block of this computer's /etc/hosts."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from invoke import Context

from nowfab import inventory, names
from nowfab.cli import rewriting, targets
from nowfab.cli.flags import Typed
from nowfab.cli.node_task import target_task
from nowfab.errors import OutputError, UsageError
from nowfab.inventory import Node, Target, doubles
from nowfab.plan import blocks, hosts
from nowfab.report import summary
from nowfab.report.visible import visible
from nowfab.store.replace import New
from nowfab.terminal.screen import standard

_HELP = {
    "block": "the name of the block (the groups behind -g)",
    "remove": "take the block out",
    "file": "another file than /etc/hosts",
    "overwrite": "replace the block although somebody has edited it; the old file is kept beside it",
}


@target_task(name="hosts-file", help=_HELP)
def hosts_file(
    context: Context,
    typed: Typed,
    block: str | None = None,
    remove: bool = False,
    overwrite: bool = False,
    file: str = "/etc/hosts",
) -> None:
    """Have this computer know nodes by their names: lines of /etc/hosts in a block of their own."""
    name, path = _name(block, typed), Path(file)
    nodes = () if remove else _nodes(typed)

    def decide() -> tuple[Sequence[New], str]:
        was = rewriting.text_of(path)
        new = hosts.put(was or "", file, name, None if remove else nodes, overwrite)
        return [*_kept(path, was, new, name), New(path, new, was)], _sentence(name, nodes, path)

    try:
        rewriting.rewrite(decide, context.config.run.dry)
    except OutputError as error:
        raise OutputError(f"{error}; as root it may do, and `--dry` shows what belongs there") from None


def _kept(path: Path, was: str | None, new: str, name: str) -> list[New]:
    """Keep a file in which somebody has edited the block."""
    found, after = (blocks.find(text or "", blocks.marks(name)) for text in (was, new))
    if was is None or not found or not found.edited or (after and after.inside == found.inside):
        return []
    beside = path.with_name(f"{path.name}.nowfab-old")
    return [New(beside, was, rewriting.text_of(beside))]


def _name(block: str | None, typed: Typed) -> str:
    """Name the block after the groups, as far as they are named plainly."""
    if block is not None:
        return _word(block)
    groups = [name.removeprefix("@") for text in typed.group for name in text.split(",")]
    if not groups and not typed.hosts:
        raise UsageError("say whose addresses: `-g GROUP`, or `-w red[01-05] --block NAME`")
    if not groups or typed.hosts or not all(map(names.is_host_name, groups)):
        raise UsageError("name the block, `--block NAME`; only groups give it a name of their own")
    return ",".join(groups)


def _word(text: str) -> str:
    if not all(map(names.is_host_name, text.split(","))):
        raise UsageError(
            f"{names.shown(text)} cannot be the name of a block; it takes letters, digits, `.`, `_`, `-`"
        )
    return text


def _nodes(typed: Typed) -> Sequence[Node]:
    """Choose the nodes, and say which of them can have no line."""
    target = Target(typed.group, typed.hosts, typed.exclude)
    outside = targets.outside((*typed.group, *typed.hosts, *typed.exclude))
    nodes = inventory.select(targets.known(practice=False), target, outside=outside)
    for first, second in doubles.doubles(nodes):
        what = f"`{first.name}` and `{second.name}` have one address, {second.address or second.name}"
        raise UsageError(f"{what}; `groups.lint` tells where")
    lines, missing = hosts.content(nodes)
    if missing:
        standard().say(visible(f"no line for {names.fold(missing)}: nodes.yaml has no IP address"))
    if not lines:
        raise UsageError(
            "none of them has an IP address; nodes.yaml takes it, as in `red01: {address: 10.0.0.7}`"
        )
    return nodes


def _sentence(name: str, nodes: Sequence[Node], path: Path) -> str:
    if not nodes:
        return f"{path} has no block `{name}`"
    missing = hosts.content(nodes)[1]
    written = [node.name for node in nodes if node.name not in missing]
    return f"{path} has {summary.nodes(len(written))} in block `{name}`: {names.fold(written)}"
