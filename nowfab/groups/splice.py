"""Put words into the text of a groups file and take words out, leaving every other byte alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from nowfab.groups.spans import Row, Span

_BLANK = " \t\r\f\v"


@dataclass(frozen=True, slots=True)
class Edit:
    """The characters from `start` to before `end` become `text`."""

    start: int
    end: int
    text: str = ""


def applied(text: str, edits: Iterable[Edit]) -> str:
    """Apply edits, none of which reaches into another."""
    found, at = [], 0
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end)):
        found += [text[at : edit.start], edit.text]
        at = max(at, edit.end)
    return "".join([*found, text[at:]])


def behind(row: Row, words: Sequence[str]) -> Edit:
    """Put words behind the last one of a line."""
    return Edit(row.end, row.end, "".join(f" {word}" for word in words))


def below(text: str, rows: Sequence[str]) -> Edit:
    """Put lines behind the last one of a file, whatever that ends in."""
    ending = "\r\n" if text.endswith("\r\n") else "\n"
    lines = text.split("\n")
    last = lines[-1] or (lines[-2] if len(lines) > 1 else "")
    gap = ending if lines[-1] not in ("", "\ufeff") else ""
    if last.rstrip(_BLANK).endswith("\\"):
        gap += ending  # else the first of them would continue that line
    return Edit(len(text), len(text), gap + "".join(f"{row}{ending}" for row in rows))


def instead(span: Span, text: str) -> Edit:
    """Put something in the place of a word."""
    return Edit(span.start, span.end, text)


def changed(text: str, row: Row, new: Mapping[Span, str]) -> Iterator[Edit]:
    """Change words of a line; those that become "" go, and with the last behind its first the whole line."""
    gone = [span for span in row.rest if new.get(span) == ""]
    if row.rest and len(gone) == len(row.rest):
        yield without(text, row)
        return
    yield from _runs(text, row, gone)
    for span, word in new.items():
        if word:
            yield instead(span, word)


def without(text: str, row: Row) -> Edit:
    """Take a whole line out; a comment behind it stays."""
    start = text.rfind("\n", 0, row.first.start) + 1
    start += text.startswith("\ufeff") and start == 0
    end = text.find("\n", row.end) + 1 or len(text)
    left = text[row.end : end]
    if left.strip().startswith("#"):
        return Edit(start, row.end + len(left) - len(left.lstrip()))
    return Edit(start, end)


def _runs(text: str, row: Row, gone: Collection[Span]) -> Iterator[Edit]:
    """Take words out with the blanks that they leave; a line that keeps words keeps its indentation."""
    words = (replace(row.first, end=row.begin), *row.rest)
    at = 1
    while at < len(words):
        if words[at] not in gone:
            at += 1
            continue
        last = at
        while last + 1 < len(words) and words[last + 1] in gone:
            last += 1
        begins_line = "\n" in text[words[at - 1].end : words[at].start]
        if (
            begins_line
            and last + 1 < len(words)
            and "\n" not in text[words[last].end : words[last + 1].start]
        ):
            yield Edit(words[at].start, words[last + 1].start)
        else:
            yield Edit(words[at - 1].end, words[last].end)
        at = last + 1
