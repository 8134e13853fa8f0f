"""Find what is wrong in groups files, and what ClusterSSH would make of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.groups import cssh, lines, lint_groups, lint_words
from nowfab.groups.finding import Finding, error, warning
from nowfab.groups.lines import Member
from nowfab.groups.sources import Kind, Source

MOST = 100
"""Lines of one file that cannot be read at all; more are not looked for."""


def findings(sources: Sequence[Source]) -> tuple[Finding, ...]:
    """Look at files in the order in which they are read; the findings of each in the order of its lines."""
    found = [finding for source in sources for finding in _file(source)]
    found += lint_groups.findings(sources, found)
    order = {source.file: number for number, source in enumerate(sources)}
    return tuple(sorted(found, key=lambda finding: (order[finding.place.file], finding.place.line)))


def _file(source: Source) -> list[Finding]:
    if source.kind == "settings":
        return list(_settings(source))
    theirs = tuple(cssh.entries(source.text))
    broken, read = _readable(source.text.removeprefix("\ufeff"), source.file)
    told = {finding.place.line for finding in broken}
    return [
        *_mark(source.file, theirs),
        *broken,
        *_lines(source.kind, read),
        *_otherwise(source, read, theirs, told),
        *_zeros(source.file, theirs),
    ]


def _settings(source: Source) -> Iterator[Finding]:
    """Look at groups of the old kind, and at the blank that cssh takes for a part of a file's name."""
    said = {entry.key: entry for entry in cssh.settings(source.text)}
    for tag in said["clusters"].value.split() if "clusters" in said else ():
        if tag in said:
            place = Place(source.file, said[tag].number)
            yield from lint_words.tag(Member(tag, place), "clusters")
            for word in said[tag].value.split():
                yield from lint_words.member(Member(word, place), "clusters")
    for entry in said.values():
        if entry.key in ("extra_cluster_file", "extra_tag_file"):
            for path in entry.value.split(","):
                if path.strip() and path != path.strip():
                    what = f"cssh does not find {names.shown(path)}: the blank counts as a part of the name"
                    yield warning("blank", Place(source.file, entry.number), what, "leave out the blank")


def _mark(file: str, theirs: Sequence[cssh.Entry]) -> Iterator[Finding]:
    if any(entry.key.startswith("\ufeff") and cssh.words(entry.value) for entry in theirs):
        what = "a byte order mark stands in front, which cssh takes for a part of the first name"
        yield warning("mark", Place(file, 1), what, "save the file as UTF-8 without a mark")


def _readable(text: str, file: str) -> tuple[list[Finding], list[list[Member]]]:
    """Read as many lines as can be; a line that cannot be is told and left out."""
    broken: list[Finding] = []
    while True:
        try:
            return broken, list(lines.read(text, file))
        except FileError as refused:
            if not isinstance(refused.place, Place) or len(broken) > MOST:
                return broken, []
            mend = "put the comment in front of the line that is continued"
            broken.append(error("continuation", refused.place, refused.what, mend))
            raw = text.split("\n")
            raw[refused.place.line - 1] = ""
            text = "\n".join(raw)


def _lines(kind: Kind, read: Iterable[Sequence[Member]]) -> Iterator[Finding]:
    """Look at each word."""
    for first, *rest in read:
        tags, members = ([first], rest) if kind == "clusters" else (rest, [first])
        if not rest:
            yield _alone(first, kind)
            members = []
        for tag in tags:
            yield from lint_words.tag(tag, kind)
        for member in members:
            yield from lint_words.member(member, kind)


def _alone(first: Member, kind: str) -> Finding:
    what = f"{names.shown(first.text)} stands alone in its line, so cssh knows no such group"
    if kind == "clusters" and names.is_host_name(first.text):
        what += f": `cssh {first.text}` connects to a host of that name"
    missing = "members" if kind == "clusters" else "groups"
    return warning("empty", first.place, what, f"put its {missing} behind it, or take the line out")


def _otherwise(
    source: Source, read: Iterable[Sequence[Member]], entries: Sequence[cssh.Entry], told: set[int]
) -> Iterator[Finding]:
    """Tell which lines cssh puts together in another way than we do."""
    ours = {words[0].place.line: tuple(word.text for word in words) for words in read if len(words) > 1}
    theirs = {entry.number: (entry.key.removeprefix("\ufeff"), *cssh.words(entry.value)) for entry in entries}
    for number in sorted(ours.keys() | theirs.keys()):
        mine, its = ours.get(number, ()), theirs.get(number, ())
        nothing = len(its) == 1 and not (source.kind == "clusters" and its[0].endswith("\\"))
        if mine != its and not nothing and number not in told:
            reading = f"as {names.shown(' '.join(its))}" if its else "not at all"
            what = f"cssh reads this line {reading}"
            mend = "write the group in one line, without a continuation"
            yield warning("continuation", Place(source.file, number), what, mend)


def _zeros(file: str, theirs: Sequence[cssh.Entry]) -> Iterator[Finding]:
    """Tell of a line with the one member `0`: perl takes it for nothing, and replaces it by the next."""
    known: dict[str, cssh.Entry] = {}
    for entry in theirs:
        before = known.get(entry.key)
        if before is not None and before.value.strip() == "0" and "0" not in cssh.words(entry.value):
            what = f"cssh forgets the member `0` of {names.shown(entry.key)} at line {entry.number}"
            yield warning("zero", Place(file, before.number), what, "put `0` behind another member")
        known[entry.key] = entry
