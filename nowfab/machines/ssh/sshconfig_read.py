"""Read ssh_config files, with what they include, into blocks."""

from __future__ import annotations

import glob
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nowfab.errors import FileError, Place
from nowfab.machines.ssh import sshconfig_keywords as keywords
from nowfab.machines.ssh import sshconfig_lines as lines
from nowfab.machines.ssh import sshconfig_match as matching
from nowfab.machines.ssh.sshconfig_lines import Directive
from nowfab.machines.ssh.sshconfig_match import Condition

DEPTH = 16
"""Files that may include one another (readconf.c, READCONF_MAX_DEPTH)."""

FILES = 4096
"""Files that may be included in all."""

LIMIT = 16 * 1024 * 1024
"""Bytes of one file."""

_RAW = ("proxycommand", "localcommand", "remotecommand", "knownhostscommand")
"""Keywords whose value is a command line: its quotes are for a shell."""


@dataclass(frozen=True, slots=True)
class Source:
    """A file to begin with; what it includes is looked for in `folder`. `own`: it is the user's."""

    path: Path
    folder: Path
    own: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Directives that count where all conditions hold."""

    conditions: tuple[Condition, ...]
    directives: tuple[Directive, ...]


def read(source: Source, home: Path) -> list[Block]:
    """Read a file; FileError for a line that cannot be meant, and for a file that cannot be read."""
    reader = _Reader(source, home)
    reader.read(source.path, (), 0, Place(str(source.path), 1))
    return reader.blocks()


class _Reader:
    """What has been read so far: the blocks in order, the last one still growing."""

    def __init__(self, source: Source, home: Path) -> None:
        self._source = source
        self._home = home
        self._files = 0
        self._blocks: list[tuple[tuple[Condition, ...], list[Directive]]] = []

    def blocks(self) -> list[Block]:
        """Give what was read."""
        return [Block(conditions, tuple(directives)) for conditions, directives in self._blocks]

    def read(self, path: Path, outer: tuple[Condition, ...], depth: int, asked: Place) -> None:
        """Read one file; its blocks hold only where `outer` holds."""
        data = _bytes(path, self._source.own or depth > 0, asked)
        self._blocks.append((outer, []))
        for number, raw in enumerate(data.split(b"\n"), 1):
            place = Place(str(path), number)
            text = os.fsdecode(raw)
            if "\0" in text:
                raise FileError(place, "there is a zero byte in it")
            found = lines.split(text, place)
            if found is not None:
                self._line(*found, place, outer, depth)

    def _line(self, typed: str, rest: str, place: Place, outer: tuple[Condition, ...], depth: int) -> None:
        keyword = keywords.ALIASES.get(typed.lower(), typed.lower())
        if keyword == "match":
            self._begin(outer, matching.match(rest, place))
            return
        words = (rest,) if keyword in _RAW else lines.words(rest, place)
        if not words:
            raise FileError(place, f"a value is missing behind `{typed}`")
        if keyword == "host":
            self._begin(outer, matching.host(words, place))
        elif keyword == "include":
            self._include(words, place, depth)
        elif keyword not in keywords.QUIET and not self._distributed(keyword):
            directive = Directive(keyword, typed, words, place)
            keywords.check(directive)
            self._blocks[-1][1].append(directive)

    def _begin(self, outer: tuple[Condition, ...], condition: Condition) -> None:
        self._blocks.append(((*outer, condition), []))

    def _distributed(self, keyword: str) -> bool:
        return not self._source.own and keyword in keywords.DISTRIBUTED

    def _include(self, words: Sequence[str], place: Place, depth: int) -> None:
        if depth == DEPTH:
            raise FileError(place, f"more than {DEPTH} files include one another")
        around = self._blocks[-1][0]
        for word in words:
            for path in _included(word, self._source.folder, self._home):
                self._files += 1
                if self._files > FILES:
                    raise FileError(place, f"more than {FILES} files are included")
                self.read(path, around, depth + 1, place)
        self._blocks.append((around, []))


def _included(word: str, folder: Path, home: Path) -> list[Path]:
    """Give the files that Include names, in the order of their names; folders among them are passed over."""
    if word == "~" or word.startswith("~/"):
        word = str(home) + word[1:]
    found = sorted(glob.glob(str(folder / word)))  # noqa: PTH207 - Path.glob takes no absolute pattern
    return [path for path in map(Path, found) if not path.is_dir()]


def _bytes(path: Path, checked: bool, asked: Place) -> bytes:
    """Give what a file holds, nothing for a missing one; others must not be able to write a checked one."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FileError(asked, _unreadable(path, (error.strerror or str(error)).lower())) from error
    try:
        status = os.fstat(descriptor)
        why = _objection(status, checked)
        if why:
            raise FileError(asked, _unreadable(path, why))
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(LIMIT)
    except OSError as error:
        raise FileError(asked, _unreadable(path, (error.strerror or str(error)).lower())) from error
    finally:
        os.close(descriptor)


def _objection(status: os.stat_result, checked: bool) -> str:
    if stat.S_ISCHR(status.st_mode):
        return ""  # /dev/null, to have no configuration at all
    if not stat.S_ISREG(status.st_mode):
        return "it is no file"
    if status.st_size > LIMIT:
        return f"it is larger than {LIMIT // 1024 // 1024} MiB"
    if checked and status.st_uid not in (0, os.getuid()):
        return "it belongs to somebody else"
    if checked and status.st_mode & stat.S_IWOTH:
        return "everybody may write it"
    return ""


def _unreadable(path: Path, why: str) -> str:
    return f"`{path}` cannot be used: {why}"
