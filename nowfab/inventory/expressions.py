"""Find out whom an expression means: groups, names, regular expressions, files of names, joined."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from nowfab import groups, names
from nowfab.errors import FileError, NoSuchTarget, NowfabError, Place, UsageError
from nowfab.inventory.known import Inventory
from nowfab.inventory.meant import Meant, Origin, Said
from nowfab.names import Kind, Term, Word

_OUTER = re.compile(r"(?<!\S)#.*|\S+")

INPUT = "standard input"
"""The name of `-` in messages."""


class Words(Enum):
    """What a word without a mark is: that depends on where it stands."""

    GROUPS = "-g"
    NODES = "-w"
    SHOW = "a group, or a node that somebody speaks of"
    EITHER = "a group or a node, as in -x, and behind `!` and `&` everywhere"


def _search(pattern: re.Pattern[str], among: Sequence[str]) -> Sequence[str]:
    return [name for name in among if pattern.search(name)]


@dataclass(frozen=True, slots=True)
class Outside:
    """What is read and done for us: texts by the piece that names them (`^file`, `-`), and searching."""

    texts: Mapping[str, str] = field(default_factory=dict)
    search: Callable[[re.Pattern[str], Sequence[str]], Sequence[str]] = _search


@dataclass(frozen=True, slots=True)
class Reading:
    """What pieces are read against; `chosen` is whom -x may take out."""

    inventory: Inventory
    words: Words
    outside: Outside = Outside()
    chosen: Meant = field(default_factory=Meant)
    file: Place | None = None


def texts_of(expressions: Sequence[str]) -> tuple[Term, ...]:
    """Give the pieces whose texts are wanted from outside, as often as they were typed."""
    found = (term for text in expressions for term in names.terms(text))
    return tuple(term for term in found if term.kind in (Kind.FILE, Kind.INPUT))


def evaluate(text: str, reading: Reading) -> Meant:
    """Find out whom an expression means; NoSuchTarget where an operator leaves nobody of it."""
    left, terms = Meant(), names.terms(text)
    emptied: Term | None = None
    for term in terms:
        before = bool(left)
        left.join(term.operator, _operand(term, left, reading))
        emptied = term if before and not left else None if left else emptied
    if not left and any(term.operator != "," for term in terms):
        raise NoSuchTarget(f"{names.shown(text)} leaves nobody: {_why(emptied, terms[0])}")
    return left


def known_groups(inventory: Inventory) -> str:
    """Say which groups there are, as the end of a message."""
    known = inventory.groups()
    return f"; there are the groups {groups.listed(known)}" if known else ""


def _why(emptied: Term | None, begin: Term) -> str:
    if emptied is None:
        return f"{names.shown(begin.typed)} means nobody to begin with"
    piece = names.shown(emptied.operator + emptied.typed)
    reasons = {"!": "takes out all that were left", "&": "has none of those before it"}
    return f"{piece} {reasons.get(emptied.operator, 'means just those before it')}"


def _operand(term: Term, left: Meant, reading: Reading) -> Meant:
    """Find out whom one piece means."""
    if term.operator in "!&":
        reading = replace(reading, words=Words.EITHER, chosen=left)
    right = Meant()
    if term.kind is Kind.REGEX:
        for said in _matching(term, left, reading):
            right.add(said)
    elif term.kind is Kind.ALL:
        for said in _everybody(reading.inventory):
            right.add(said)
    elif term.kind in (Kind.FILE, Kind.INPUT):
        right = _file(term, reading)
    else:
        for word in names.words(term.text):
            _word(right, word, term, reading)
    if reading.words is Words.EITHER and right and reading.file is None:
        _must_be_known(term, right, left, reading)
    return right


def _word(right: Meant, word: Word, term: Term, reading: Reading) -> None:
    """Add the group or the node that one word means; what that is depends on where it stands."""
    known, origin = reading.inventory, Origin("", str(reading.file or ""))
    is_group = word.port is None and known.has_group(word.name)
    if reading.words is Words.GROUPS and not known.has_group(word.name):
        raise NoSuchTarget(f"{groups.no_such(word.name, known.groups())}; nodes stand behind `-w`")
    if term.kind is Kind.GROUP or reading.words is Words.GROUPS:
        _add_group(right, known, word)
    elif reading.words is Words.NODES and is_group and not known.defines(word.name):
        raise UsageError(f"`{word.name}` is a group: type `-g {word.name}` or `-w @{word.name}`")
    elif reading.words is Words.NODES or not is_group:
        if reading.words is Words.SHOW and reading.file is None:
            _must_be_spoken_of(word, term, known)
        right.add(Said(word, None, origin))
    else:
        _add_group(right, known, word)
        if reading.words is Words.EITHER:
            right.add(Said(word, None, origin))


def _add_group(right: Meant, known: Inventory, group: Word) -> None:
    if group.port is not None:
        raise UsageError(f"`{group.name}:{group.port}`: a group has no port; use `--port`")
    for seat in known.seats(group.name):
        right.add(_seated(seat, group.user))


def _seated(seat: groups.Seat, user: str | None = None) -> Said:
    return Said(Word(seat.word.name, user), seat.word, Origin(seat.group, str(seat.place)))


def _everybody(known: Inventory) -> Iterator[Said]:
    """Give all that anything speaks of: the members of all groups, then what only nodes.yaml names."""
    yield from map(_seated, known.everybody())
    for name in known.alone():
        yield Said(Word(name), None, Origin("", "nodes.yaml"))


def _matching(term: Term, left: Meant, reading: Reading) -> Iterator[Said]:
    """Give whom a regular expression finds among all known names, and among those before it.

    Behind `!` and `&`, and in -x, it only picks among those that are chosen, and says nothing of them.
    """
    pattern, nearby = names.regex(term.text), (*left, *reading.chosen)
    found = reading.outside.search(pattern, nearby)
    picks = reading.words is Words.EITHER
    if not (picks and found):
        everybody = Meant()
        for said in _everybody(reading.inventory):
            everybody.add(said)
        matched = reading.outside.search(pattern, tuple(everybody))
        if not found and not matched:
            count = len(everybody.said)
            raise NoSuchTarget(f"{names.shown(term.typed)} matches none of the {count:,} known names")
        yield from (everybody.said[name] for name in matched)
    yield from (Said(Word(name)) for name in dict.fromkeys(found))


def _file(term: Term, reading: Reading) -> Meant:
    """Find out whom a text of names means; each of its words is an expression."""
    right, text = Meant(), reading.outside.texts.get(term.typed)
    if reading.file is not None or text is None:
        where = "in a file of names" if reading.file else "here"
        raise UsageError(f"{names.shown(term.typed)}: no other file of names can be read {where}")
    for word, place in _words_of(text, INPUT if term.kind is Kind.INPUT else term.text):
        try:
            right.join(",", evaluate(word, replace(reading, file=place)))
        except NowfabError as error:
            raise error if isinstance(error, FileError) else FileError(place, str(error)) from None
    return right


def _words_of(text: str, file: str) -> Iterator[tuple[str, Place]]:
    """Cut a text of names at its blanks and lines; a `#` in front of a word begins a comment."""
    count = 0
    for number, line in enumerate(text.split("\n"), 1):
        for match in _OUTER.finditer(line):
            if match[0].startswith("#"):
                continue
            count += 1
            if count > names.LIMIT:
                raise FileError(Place(file, number), f"more than {names.LIMIT:,} words in one file of names")
            yield match[0], Place(file, number)


def _must_be_spoken_of(word: Word, term: Term, known: Inventory) -> None:
    """Refuse a plain word that nothing speaks of: it is the name of a group, misspelt."""
    plain = word.name == term.text and names.is_host_name(word.name)
    if plain and not known.defines(word.name) and word.name not in known.names():
        raise NoSuchTarget(f"no group or node {names.shown(word.name)}{known_groups(known)}")


def _must_be_known(term: Term, right: Meant, left: Meant, reading: Reading) -> None:
    """Refuse a piece that names nobody at all: a slip of the finger would spare nobody."""
    if any(name in left or name in reading.chosen for name in right):
        return
    known = reading.inventory
    if right.said.keys().isdisjoint(known.names()) and right.said.keys().isdisjoint(known.groups()):
        piece = f"-x {term.typed}" if term.operator == "," else term.operator + term.typed
        what = "picks" if term.operator == "&" else "excludes"
        raise NoSuchTarget(f"{names.shown(piece)} {what} nobody: nothing else speaks of it")
