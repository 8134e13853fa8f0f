"""Read ssh_config files into blocks, with OpenSSH's grammar (ssh_config(5))."""

from __future__ import annotations

import glob
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from nowfab.errors import FileError, Place

DEPTH = 16
"""Files that may include one another (OpenSSH's READCONF_MAX_DEPTH)."""


@dataclass(frozen=True, slots=True)
class Option:
    """One directive: its keyword in lower case and its arguments."""

    keyword: str
    words: tuple[str, ...]
    place: Place


@dataclass(slots=True)
class Block:
    """Options under one Host or Match line; `within` is the block that an Include stood in."""

    keyword: str
    words: tuple[str, ...]
    place: Place
    within: Block | None
    options: list[Option] = field(default_factory=list)


def read(file: Path, folder: Path, home: Path) -> list[Block]:
    """Read a file and what it includes, in order; relative includes start at `folder`.

    A missing file is empty. FileError with its place for a line that cannot be meant.
    """
    return list(_blocks(file, folder, home, None, 0))


def _blocks(file: Path, folder: Path, home: Path, within: Block | None, depth: int) -> Iterator[Block]:
    block = Block("host", ("*",), Place(str(file), 1), within)
    yield block
    for option in _options(file):
        if option.keyword in ("host", "match"):
            if not option.words:
                raise FileError(option.place, f"`{option.keyword}` says nothing")
            block = Block(option.keyword, option.words, option.place, within)
            yield block
        elif option.keyword == "include":
            if depth >= DEPTH:
                raise FileError(option.place, f"more than {DEPTH} files include one another")
            for path in _included(option.words, folder, home):
                yield from _blocks(path, folder, home, block, depth + 1)
            block = Block(block.keyword, block.words, option.place, within)
            yield block
        else:
            block.options.append(option)


def _included(words: tuple[str, ...], folder: Path, home: Path) -> Iterator[Path]:
    for word in words:
        pattern = str(home / word[2:]) if word.startswith("~/") else str(folder / word)
        yield from (Path(path) for path in sorted(glob.glob(pattern)))  # noqa: PTH207 - words may be absolute


def _options(file: Path) -> Iterator[Option]:
    try:
        text = file.read_text("utf-8", "surrogateescape")
    except FileNotFoundError:
        return
    except OSError as error:
        raise FileError(str(file), f"ssh_config cannot be read: {(error.strerror or '').lower()}") from error
    for number, line in enumerate(text.split("\n"), 1):
        stripped = line.strip()
        if stripped and not stripped.startswith("#"):
            yield _option(stripped, Place(str(file), number))


def _option(line: str, place: Place) -> Option:
    """Split `Keyword value`, `Keyword=value`, quotes and a comment at the end."""
    cut = next((i for i, c in enumerate(line) if c in " \t="), len(line))
    keyword, rest = line[:cut].lower(), line[cut:].lstrip(" \t")
    rest = rest.removeprefix("=").lstrip(" \t")
    lexer = shlex.shlex(rest, posix=True, punctuation_chars=False)
    lexer.whitespace_split = True
    lexer.commenters = ""
    lexer.escape = ""
    try:
        words = list(lexer)
    except ValueError as error:
        raise FileError(place, "a quote has no end") from error
    comment = next((i for i, word in enumerate(words) if word.startswith("#")), len(words))
    return Option(keyword, tuple(words[:comment]), place)
