"""Read flags off a command line as Invoke does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from invoke.parser import Argument
from invoke.parser.context import to_flag


@dataclass(frozen=True, slots=True)
class Words:
    """What a task, or Invoke before the first one, takes: flags by every spelling, words without a flag."""

    flags: Mapping[str, Argument]
    positional: tuple[str, ...] = ()

    @classmethod
    def of(cls, arguments: Iterable[Argument]) -> Words:
        """Take what Invoke's parser is told."""
        found = tuple(arguments)
        flags = {to_flag(name): argument for argument in found for name in argument.names}
        return cls(flags, tuple(str(argument.name) for argument in found if argument.positional))


@dataclass(frozen=True, slots=True)
class Flag:
    """One flag as typed, the long spelling that it means, its value, and where the next word is."""

    typed: str
    name: str
    argument: Argument
    value: str | None
    behind: int


@dataclass(slots=True)
class Line:
    """A command line while it is read; `core` holds Invoke's own flags, `seen` those met so far."""

    argv: list[str]
    tasks: Mapping[str, Words]
    core: Words
    at: int = 1
    seen: list[Flag] = field(default_factory=list)

    @property
    def word(self) -> str | None:
        """The word that is next; None at the end, which `--` is too."""
        return self.argv[self.at] if self.at < len(self.argv) and self.argv[self.at] != "--" else None


def take_flags(line: Line, *known: Words) -> list[Flag]:
    """Take the flags that come next; those of Invoke are remembered as seen."""
    taken = list(_flags(line, *known))
    line.seen += [flag for flag in taken if flag.argument in line.core.flags.values()]
    return taken


def _flags(line: Line, *known: Words) -> Iterator[Flag]:
    while line.word is not None and (flag := read_flag(line, line.at, *known)):
        line.at = flag.behind
        yield flag


def read_flag(line: Line, at: int, *known: Words) -> Flag | None:
    """Read a flag as Invoke would; None when it is none or nobody knows it."""
    token = line.argv[at]
    typed = spelling(token)
    argument = next((words.flags[typed] for words in known if typed in words.flags), None)
    if argument is None or (" " in token and "=" not in token):
        return None
    name, behind = to_flag(argument.names[0]), at + 1
    if not argument.takes_value:
        if token != typed:  # as Invoke does: -eR is -e -R, and --dry=x is --dry x
            rest = token[len(typed) :]
            line.argv[at : at + 1] = [typed, rest[1:] if rest.startswith("=") else f"-{rest}"]
        return Flag(typed, name, argument, None, behind)
    if token != typed:
        return Flag(typed, name, argument, token[len(typed) :].removeprefix("="), behind)
    following = line.argv[behind] if behind < len(line.argv) else None
    if following is None or (argument.optional and following.startswith("-")):
        return Flag(typed, name, argument, None, behind)
    return Flag(typed, name, argument, following, behind + 1)


def spelling(token: str) -> str:
    """Cut a value off: `-g` of `-gred`, `--group` of `--group=red`."""
    if token.startswith("--") or not token.startswith("-"):
        return token.partition("=")[0]
    return token[:2]
