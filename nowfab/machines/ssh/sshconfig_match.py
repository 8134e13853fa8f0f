"""Tell which Host and Match lines of ssh_config hold for a host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from nowfab.errors import FileError, Place
from nowfab.machines.ssh import wildcards
from nowfab.machines.ssh.sshconfig_lines import shown, words
from nowfab.machines.ssh.wildcards import Pattern

WITHOUT_VALUE = ("all", "final", "canonical")
WITH_PATTERNS = ("host", "originalhost", "user", "localuser")
OTHERS = ("exec", "localnetwork", "tagged", "version", "sessiontype", "command")
"""Criteria that nowfab does not judge: a block that needs one does not hold, and is named."""


@dataclass(frozen=True, slots=True)
class Criterion:
    """One test of a Match line."""

    name: str
    negated: bool
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Condition:
    """A Host line, with its patterns, or a Match line, with its criteria."""

    place: Place
    hosts: tuple[Pattern, ...] = ()
    criteria: tuple[Criterion, ...] = ()

    def names(self) -> tuple[str, ...] | None:
        """Give the only names that this can hold for; None when it has to be tried."""
        return wildcards.literals(self.hosts) if self.hosts else None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a host when a Match line is met."""

    typed: str
    hostname: str
    user: str
    local_user: str
    final: bool


def host(names: Sequence[str], place: Place) -> Condition:
    """Read a Host line."""
    if "" in names or "!" in names:
        raise FileError(place, "Host: a pattern is empty")
    return Condition(place, wildcards.patterns(names))


def match(rest: str, place: Place) -> Condition:
    """Read what follows the word Match."""
    criteria: list[Criterion] = []
    left = [piece for word in words(rest, place) for piece in _halves(word)]
    while left:
        word = left.pop(0)
        name = word.removeprefix("!").lower()
        if name in WITHOUT_VALUE:
            value = ""
        elif name in (*WITH_PATTERNS, *OTHERS):
            if not left:
                raise FileError(place, f"Match {shown(word)}: a value is missing")
            value = left.pop(0)
        else:
            raise FileError(place, f"Match cannot test `{shown(word)}`")
        value = value.lower() if name in ("host", "originalhost") else value
        patterns = () if name in OTHERS else wildcards.patterns(value.split(","))
        criteria.append(Criterion(name, word != name and word[0] == "!", patterns))
    _sole(criteria, place)
    return Condition(place, criteria=tuple(criteria))


def holds(condition: Condition, facts: Facts) -> bool | str:
    """Tell whether a Match line holds; the name of a criterion when that alone keeps us from telling."""
    unknown = ""
    for criterion in condition.criteria:
        if criterion.name in OTHERS:
            unknown = unknown or criterion.name
        elif _holds(criterion, facts) is criterion.negated:
            return False
    return unknown or True


def _holds(criterion: Criterion, facts: Facts) -> bool:
    if criterion.name == "all":
        return True
    if criterion.name in ("final", "canonical"):
        return facts.final
    asked: Mapping[str, str] = {
        "host": facts.hostname.lower(),
        "originalhost": facts.typed.lower(),
        "user": facts.user,
        "localuser": facts.local_user,
    }
    return wildcards.fits(asked[criterion.name], criterion.patterns)


def _halves(word: str) -> list[str]:
    """Split `host=red*`; a value may hold more of them."""
    name, equals, value = word.partition("=")
    known = name.removeprefix("!").lower() in (*WITH_PATTERNS, *OTHERS)
    return [name, value] if equals and known else [word]


def _sole(criteria: Sequence[Criterion], place: Place) -> None:
    if not criteria:
        raise FileError(place, "Match needs something to test, such as `host red*` or `all`")
    last = len(criteria) - 1
    if any(each.name == "all" and (at < last or at > 1) for at, each in enumerate(criteria)):
        raise FileError(place, "Match: `all` stands alone, or behind one other test")
