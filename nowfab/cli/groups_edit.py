"""inv groups.add, remove, delete, rename: change the files in which the groups stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from invoke import Context

from nowfab import groups, names
from nowfab.cli import groups_lint, rewriting, sources, surroundings
from nowfab.cli.node_task import our_task
from nowfab.errors import UsageError
from nowfab.groups import Source, edit, unharmed
from nowfab.groups.edit import Edited
from nowfab.groups.rename import rename
from nowfab.report import summary
from nowfab.report.visible import visible
from nowfab.store.replace import New
from nowfab.terminal.screen import standard

_MEMBERS = "nodes and groups, as in red01, red[01-05] or pi@red01,blue"
_FILE = "change this file (the one that defines the group; a new one goes to groups/clusters)"


@our_task(
    name="add",
    help={"group": "the group; a new one is made", "members": _MEMBERS, "file": _FILE},
)
def add_members(context: Context, group: str, members: str, file: str | None = None) -> None:
    """Put members into a group, and change nothing else in its file."""

    def decide(read: Sequence[Source], home: str) -> Edited:
        known = groups.load(read)
        if group not in known and file is None:
            _no_node(group)
        return edit.add(read, group, edit.words(members, known), home, file is not None)

    _edit(context, decide, file, group)


@our_task(name="remove", help={"group": "the group", "members": _MEMBERS, "file": _FILE})
def remove_members(context: Context, group: str, members: str, file: str | None = None) -> None:
    """Take members out of a group, and change nothing else in its file."""

    def decide(read: Sequence[Source], home: str) -> Edited:
        return edit.remove(read, group, edit.words(members, groups.load(read)))

    _edit(context, decide, file, group)


@our_task(name="delete", help={"group": "the group", "file": _FILE})
def delete_group(context: Context, group: str, file: str | None = None) -> None:
    """Take a whole group out of its file; its nodes stay wherever else they are."""
    _edit(context, lambda read, home: edit.delete(read, group), file, group, group)


@our_task(name="rename", help={"old": "the group", "new": "its new name", "file": _FILE})
def rename_group(context: Context, old: str, new: str, file: str | None = None) -> None:
    """Give a group another name, there and in every group that names it."""

    def decide(read: Sequence[Source], home: str) -> Edited:
        edited = rename(read, old, new)
        if file is None:
            _no_node(new)
        return edited

    _edit(context, decide, file, new, old)


def _edit(
    context: Context,
    decide: Callable[[Sequence[Source], str], Edited],
    file: str | None,
    group: str,
    old: str = "",
) -> None:
    def decided() -> tuple[Sequence[New], str]:
        before, home = read(file)
        edited = decide(before, home)
        for warning in unharmed.check(before, edited):
            standard().say(visible(f"{rewriting.near(str(warning.place))}: {warning.what}; {warning.mend}"))
        there = news(before, edited)
        return there, _sentence(edited, group, old)

    rewriting.rewrite(decided, context.config.run.dry)


def read(file: str | None) -> tuple[tuple[Source, ...], str]:
    """Give all sources and the file for a new group; with a file that nobody else reads, that one alone."""
    found, read = sources.read(exact=True)
    home = Path(file) if file else (found.project or surroundings.project()) / "groups" / "clusters"
    same = next((source.file for source in read if Path(source.file).resolve() == home.resolve()), None)
    if same is not None:
        return read, same
    text = rewriting.text_of(home)
    new = Source(str(home), text or "", groups_lint.kind(home))
    return ((new,) if file else (*read, new)), new.file


def news(before: Sequence[Source], edited: Edited) -> Sequence[New]:
    """Give the files that change."""
    pairs = zip(before, edited.sources, strict=True)
    return [New(Path(was.file), now.text, _was(was)) for was, now in pairs if was.text != now.text]


def _was(source: Source) -> str | None:
    return source.text or rewriting.text_of(Path(source.file))


def _no_node(group: str) -> None:
    """Refuse a group that is called like a node of nodes.yaml."""
    if (place := sources.known().entry(group)) is not None:
        raise UsageError(f"`{group}` is a node ({place}); a group needs another name")


def _sentence(edited: Edited, group: str, old: str) -> str:
    """Say who is in the group now."""
    known = groups.load(edited.sources)
    hidden = f"; the `{old}` at {known.of(old).place}, which was hidden, counts now" if old in known else ""
    if group not in known:
        return f"`{group}` is no group any more{hidden}"
    members = list(dict.fromkeys(seat.word.name for seat in known.seats(group)))
    return f"`{group}` has {summary.nodes(len(members))}: {names.fold(members)}{hidden}"
