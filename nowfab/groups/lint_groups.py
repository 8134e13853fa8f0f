"""Find what is wrong between the groups of all files: what is said twice, and hosts like groups."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.groups import clusters, csshrc, lint_circles, lint_words, tags
from nowfab.groups.clusters import ClustersFile, Group
from nowfab.groups.finding import Finding, warning
from nowfab.groups.resolve import Groups, merge
from nowfab.groups.sources import Source


def findings(sources: Sequence[Source], known: Sequence[Finding]) -> Iterator[Finding]:
    """Look at all groups together; lines with an error that is `known` are left out."""
    bad = {finding.place for finding in known if finding.level == "error"}
    files = [(source.kind, _parsed(source, bad)) for source in sources]
    named = [file for wanted in ("settings", "clusters") for kind, file in files if kind == wanted]
    groups = merge(named, [file for kind, file in files if kind == "tags"])
    yield from _replaced(named)
    for group in groups.all:
        yield from _twice(group)
        yield from _hosts(group, groups)
    yield from lint_circles.findings(groups)


_PARSE = {"settings": csshrc.groups, "clusters": clusters.parse, "tags": tags.parse}


def _parsed(source: Source, bad: set[Place]) -> ClustersFile:
    """Read what can be read of a file."""
    raw = source.text.split("\n")
    kept = ["" if Place(source.file, number) in bad else line for number, line in enumerate(raw, 1)]
    try:
        return _PARSE[source.kind]("\n".join(kept), source.file)
    except FileError:
        return ClustersFile(source.file, ())


def _replaced(files: Sequence[ClustersFile]) -> Iterator[Finding]:
    first: dict[str, Place] = {}
    for file in files:
        for group in file.groups:
            if group.name in first and group.members:
                what = f"`{group.name}` replaces the whole group of that name at {first[group.name]}"
                yield warning(
                    "replaced", group.place, what, "give one of them another name if both are meant"
                )
            if group.members:
                first[group.name] = group.place


def _twice(group: Group) -> Iterator[Finding]:
    counted: Counter[names.Word] = Counter()
    for member in group.members:
        for word in dict.fromkeys(lint_words.words(member)):
            counted[word] += 1
            if counted[word] == 2:
                what = f"`{word.name}` stands in `{group.name}` again; cssh opens two windows to it"
                yield warning("twice", member.place, what, "leave one of them out")


def _hosts(group: Group, groups: Groups) -> Iterator[Finding]:
    """Tell of members that look like a group and are a host, for cssh or for both."""
    for member in group.members:
        for word in lint_words.words(member):
            if member.host or word.name not in groups:
                continue
            if word.port is None and not groups.of(word.name).members:
                what = f"cssh takes `{word.name}` for a host, because the group `{word.name}` has no members"
                yield warning("host", member.place, what, "give the group members, or take it out here")
            if word.port is not None:
                what = f"`{word.name}:{word.port}` is a host, in cssh too, and not the group `{word.name}`"
                yield warning("port", member.place, what, "give the hosts of the group their port")
