"""Write members of a group so that cssh reads the same as we do: `red{01..05}`, else one by one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from nowfab import names
from nowfab.errors import NameRefused
from nowfab.groups import cssh_words
from nowfab.names import Word

FEWEST = 3
"""Names that are worth a range."""

_NUMBERED = re.compile(r"(?P<before>.*[^0-9])(?P<number>[0-9]{1,9})", re.DOTALL)


def written(words: Iterable[Word]) -> tuple[str, ...]:
    """Write words in their order, runs of numbers as ranges."""
    found: list[str] = []
    for run in _runs(words):
        found += _range(run) if len(run) >= FEWEST else map(names.written, run)
    return tuple(found)


def _runs(words: Iterable[Word]) -> Iterator[Sequence[Word]]:
    """Cut where the next word is not the one that counting would give."""
    run: list[Word] = []
    for word in words:
        if run and word != _next(run[-1]):
            yield run
            run = []
        run.append(word)
    if run:
        yield run


def _next(word: Word) -> Word | None:
    match = _NUMBERED.fullmatch(word.name)
    if match is None:
        return None
    number = f"{int(match['number']) + 1:0{len(match['number'])}}"
    return Word(match["before"] + number, word.user, word.port)


def _range(run: Sequence[Word]) -> Sequence[str]:
    """Write a run as one word, where both readers make the run of it."""
    each = [names.written(word) for word in run]
    first, last = (_NUMBERED.fullmatch(word.name) for word in (run[0], run[-1]))
    assert first is not None
    assert last is not None
    name = f"{first['before']}{{{first['number']}..{last['number']}}}"
    text = names.written(Word(name, run[0].user, run[0].port))
    try:
        alike = list(cssh_words.expand(text)) == each and names.words(text) == tuple(run)
    except (cssh_words.Untold, NameRefused):
        alike = False
    return (text,) if alike else each
