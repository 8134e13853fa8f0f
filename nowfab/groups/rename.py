"""Decide how the texts of the groups files change when a group gets another name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from nowfab import names
from nowfab.groups import edit, portable, splice
from nowfab.groups.clusters import member
from nowfab.groups.edit import Edited
from nowfab.groups.lines import Member
from nowfab.groups.resolve import Groups
from nowfab.groups.sources import Source, load
from nowfab.groups.spans import Row, Span, rows
from nowfab.groups.splice import Edit
from nowfab.names import Word


def rename(sources: Sequence[Source], old: str, new: str) -> Edited:
    """Rename a group where it is defined and wherever it is named. UsageError, NoSuchTarget, FileError."""
    known = load(sources)
    place = known.of(old).place
    edit.check_name(new, known)
    after = {
        new if name == old else name: Counter(
            {_renamed(word, old, new, known): count for word, count in words.items()}
        )
        for name, words in edit.members(known).items()
    }
    naming = {outer.file for _, outer in edit.named_in(known, old)}
    files = edit.counting(sources, known, old) | naming
    change = partial(_change, known, old, new, place.file)
    return Edited(edit.edited(sources, change, files), after)


def _renamed(word: Word, old: str, new: str, known: Groups) -> Word:
    """Give a member under its new name; with a port it is a host, whatever its name."""
    return replace(word, name=new) if word.name == old and word.port is None and old in known else word


def _change(known: Groups, old: str, new: str, home: str, source: Source) -> Iterator[Edit]:
    for row in rows(source):
        words = dict(_words(known, old, new, source, row))
        if row.first.text == old and source.file == home and source.kind != "tags":
            words[row.first] = new
        for span, text in words.items():
            yield splice.instead(span, text)


def _words(known: Groups, old: str, new: str, source: Source, row: Row) -> Iterator[tuple[Span, str]]:
    """Give the words of a line that mean the group, as they would be."""
    if source.kind == "tags":
        yield from ((span, text) for span in row.rest if (text := _tag(span, old, new)) is not None)
        members: Sequence[Span] = (row.first,)
    elif source.kind == "settings" and row.first.text == "clusters":
        yield from ((span, new) for span in row.rest if span.text == old)
        return
    else:
        members = row.rest
    if source.kind != "settings" or row.first.text in known:
        for span in members:
            if (text := _member(known, span, old, new)) is not None:
                yield span, text


def _tag(span: Span, old: str, new: str) -> str | None:
    found = names.expand(span.text)
    return " ".join(new if name == old else name for name in found) if old in found else None


def _member(known: Groups, span: Span, old: str, new: str) -> str | None:
    plain = member(Member(span.text, span.place))
    words = names.words(plain.text)
    if not any(word.name == old and known.names_group(plain, word) for word in words):
        return None
    return " ".join(portable.written(_renamed(word, old, new, known) for word in words))
