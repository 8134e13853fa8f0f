"""Decide how the groups files change when somebody joins a group or leaves it, or when it goes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from nowfab import names
from nowfab.errors import FileError, Place, UsageError
from nowfab.groups import clusters, portable, splice
from nowfab.groups.lines import Member
from nowfab.groups.resolve import Groups
from nowfab.groups.sources import Source, load
from nowfab.groups.spans import Row, Span, rows
from nowfab.groups.splice import Edit
from nowfab.names import Word

Members = Mapping[str, Counter[Word]]
"""Who should be in each group, as the files write it."""


@dataclass(frozen=True, slots=True)
class Edited:
    """The files as they would be, and what they should then say."""

    sources: tuple[Source, ...]
    members: Members


def members(known: Groups) -> dict[str, Counter[Word]]:
    """Give who is in each group, as the files write it. Raises FileError."""
    return {name: Counter(word for word, _ in known.written(name)) for name in known.names}


def words(text: str, known: Groups) -> tuple[Word, ...]:
    """Read members as a person types them, blanks or commas between; `@red` is surely a group.

    NameRefused, NoSuchTarget.
    """
    found: list[Word] = []
    for piece in (piece for some in text.split() for piece in names.split(some)):
        read = names.words(piece.removeprefix("@"))
        for word in read if piece.startswith("@") else ():
            known.of(word.name)
        found += read
    if not found:
        raise UsageError("no member is named; type one as in `red01`, `red[01-05]` or `red01,pi@blue01`")
    return tuple(dict.fromkeys(found))


def add(sources: Sequence[Source], group: str, typed: Sequence[Word], home: str, forced: bool) -> Edited:
    """Let members join; those that are in it already are passed over.

    A new group goes into the file `home`, with `forced` any other does too. UsageError, FileError.
    """
    known = load(sources)
    if group in known:
        file = _home(sources, known.of(group).place, group, home, forced)
    else:
        check_name(group, known)
        file = home
    fresh = _fresh(known, group, typed)
    after = members(known)
    after[group] = after.get(group, Counter()) + Counter(fresh)
    return Edited(edited(sources, partial(_join, group, fresh), {file}), after)


def make(sources: Sequence[Source], wanted: Mapping[str, Sequence[Word]], home: str) -> Edited:
    """Put new groups into the file `home`, in order. UsageError, FileError."""
    known = load(sources)
    after = members(known)
    lines = []
    for group, words in wanted.items():
        check_name(group, known)
        after[group] = Counter(words)
        lines.append(" ".join((group, *portable.written(words))))
    return Edited(edited(sources, lambda source: [splice.below(source.text, lines)], {home}), after)


def remove(sources: Sequence[Source], group: str, typed: Sequence[Word]) -> Edited:
    """Take members out; a word without a user or a port means all of its name. UsageError, NoSuchTarget."""
    known = load(sources)
    inside = [word for word, _ in known.written(group)]
    gone: set[Word] = set()
    for word in typed:
        found = [one for one in inside if _means(word, one)]
        if not found:
            raise UsageError(_no_member(known, group, word))
        gone.update(found)
    if gone.issuperset(inside):
        raise UsageError(
            f"nobody would be left in `{group}`; `groups.delete {group}` takes it out of the files"
        )
    after = members(known)
    after[group] = Counter({word: count for word, count in after[group].items() if word not in gone})
    return Edited(edited(sources, partial(_leave, group, gone), counting(sources, known, group)), after)


def delete(sources: Sequence[Source], group: str) -> Edited:
    """Take a group out of the files; UsageError while another one names it, NoSuchTarget."""
    known = load(sources)
    known.of(group)
    for outer, place in named_in(known, group):
        raise UsageError(f"`{group}` stands in `{outer}` ({place}); take it out there first")
    after = members(known)
    del after[group]
    return Edited(edited(sources, partial(_forget, group), counting(sources, known, group)), after)


def check_name(group: str, known: Groups) -> None:
    """Refuse what cannot be the name of a new group, or is a node. Raises UsageError."""
    try:
        clusters.check_tag(Member(group, Place("", 1)))
    except FileError as refused:
        raise UsageError(refused.what) from None
    if group in known:
        raise UsageError(f"there is a group `{group}` already ({known.of(group).place})")
    for outer, place in named_in(known, group):
        raise UsageError(f"`{group}` is a node of `{outer}` ({place}), which would become a group within it")


def named_in(known: Groups, name: str) -> Iterator[tuple[str, Place]]:
    """Give the other groups in which a name stands for a group, or would if there were one, and where."""
    for outer in known.all:
        for member in outer.members:
            if outer.name != name and not member.host and _names(member, name):
                yield outer.name, member.place


def _names(member: Member, name: str) -> bool:
    return any(word.name == name and word.port is None for word in names.words(member.text))


def counting(sources: Sequence[Source], known: Groups, group: str) -> set[str]:
    """Name the files whose lines make a group: the one that defines it, and all tags files."""
    return {known.of(group).place.file, *(source.file for source in sources if source.kind == "tags")}


def edited(
    sources: Sequence[Source], change: Callable[[Source], Iterable[Edit]], files: set[str]
) -> tuple[Source, ...]:
    """Change the texts of some files."""
    return tuple(
        replace(source, text=splice.applied(source.text, change(source))) if source.file in files else source
        for source in sources
    )


def definitions(source: Source, group: str) -> list[Row]:
    """Give the lines of a clusters or settings file that count for a group; of settings the last one does."""
    found = [row for row in rows(source) if row.first.text == group]
    return found[-1:] if source.kind == "settings" else found


def _home(sources: Sequence[Source], place: Place, group: str, home: str, forced: bool) -> str:
    """Choose the file in which a group goes on."""
    tags = any(source.file == home and source.kind == "tags" for source in sources)
    if forced and home != place.file and not tags:
        raise UsageError(
            f"`{group}` is defined at {place}, and a line in `{home}` would hide that; leave `--file` out"
        )
    return home if forced else place.file


def _fresh(known: Groups, group: str, typed: Sequence[Word]) -> tuple[Word, ...]:
    """Give those who are not in the group yet. Raises UsageError for who is, as somebody else."""
    seated = {word.name: word for word, _ in known.written(group)} if group in known else {}
    fresh = []
    for word in typed:
        there = seated.get(word.name)
        if there is None:
            seated[word.name] = word
            fresh.append(word)
        elif there != word:
            what = f"{names.shown(names.written(word))}: `{group}` has {names.shown(names.written(there))}"
            raise UsageError(f"{what}, and a node has one user and one port; take that out first")
    return tuple(fresh)


def _join(group: str, fresh: Sequence[Word], source: Source) -> Iterator[Edit]:
    if source.kind == "tags":
        yield from _tag(source, group, fresh)
        return
    written = portable.written(fresh)
    found = definitions(source, group)
    if not written:
        return
    if found:
        yield splice.behind(found[-1], written)
    else:
        yield splice.below(source.text, [" ".join((group, *written))])


def _tag(source: Source, group: str, fresh: Sequence[Word]) -> Iterator[Edit]:
    """Put the group behind each host that has a line, and a line for each other one."""
    lines = {row.first.text: row for row in rows(source)}
    missing = []
    for word in map(names.written, fresh):
        if word in lines:
            yield splice.behind(lines[word], [group])
        else:
            missing.append(f"{word} {group}")
    if missing:
        yield splice.below(source.text, missing)


def _means(typed: Word, member: Word) -> bool:
    return (
        typed.name == member.name and typed.user in (None, member.user) and typed.port in (None, member.port)
    )


def _no_member(known: Groups, group: str, word: Word) -> str:
    """Say that somebody is not in a group, or through which other one."""
    seat = next((seat for seat in known.seats(group) if _means(word, seat.word)), None)
    shown = names.shown(names.written(word))
    if seat is not None:
        return f"{shown} is in `{group}` through `{seat.group}` ({seat.place}); take it out there"
    inside = names.fold(word.name for word, _ in known.written(group))
    return f"{shown} is not in `{group}`; there are {names.shown(inside)}"


def _leave(group: str, gone: set[Word], source: Source) -> Iterator[Edit]:
    if source.kind == "tags":
        yield from _untagged(source, group, gone)
        return
    for row in definitions(source, group):
        new: dict[Span, str] = {}
        for span in row.rest:
            plain = member(span)
            inside = names.words(plain)
            kept = [word for word in inside if word not in gone]
            if len(kept) < len(inside):
                window = span.text.removeprefix(plain)
                new[span] = " ".join(f"{text}{window}" for text in portable.written(kept))
        yield from splice.changed(source.text, row, new)


def _forget(group: str, source: Source) -> Iterator[Edit]:
    if source.kind == "tags":
        yield from _untagged(source, group, None)
        return
    for row in definitions(source, group):
        yield splice.without(source.text, row)
    for row in definitions(source, "clusters") if source.kind == "settings" else ():
        listed = {span: "" for span in row.rest if span.text == group}
        yield from splice.changed(source.text, row, listed)


def _untagged(source: Source, group: str, gone: set[Word] | None) -> Iterator[Edit]:
    """Take a group away from hosts of a tags file, None for all."""
    for row in rows(source):
        inside = names.words(member(row.first))
        if gone is not None and gone.isdisjoint(inside):
            continue
        new = {
            span: " ".join(name for name in tags if name != group)
            for span in row.rest
            if group in (tags := names.expand(span.text))
        }
        if new and gone is not None and not gone.issuperset(inside):
            what = (
                f"{names.shown(row.first.text)} is several hosts, one of which leaves; write a line for each"
            )
            raise UsageError(f"{row.first.place}: {what}")
        yield from splice.changed(source.text, row, new)


def member(span: Span) -> str:
    """Give a member as it stands in a file, without the place of a window. Raises FileError."""
    return clusters.member(Member(span.text, span.place)).text
