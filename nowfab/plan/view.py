"""Know a node as it answered, and as it will be once changes are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from nowfab.plan import changes
from nowfab.plan.changes import (
    Change,
    FetchLists,
    MakeLink,
    Packages,
    PathChange,
    RemovePath,
    RunArgv,
    SetSysctl,
    SetUnit,
    Upgrade,
    WriteFile,
)
from nowfab.plan.questions import (
    Absent,
    Answer,
    CannotTell,
    File,
    Folder,
    Link,
    Other,
    OutputOf,
    Package,
    PackageNamed,
    PathAt,
    Question,
    Reached,
    Said,
    Standing,
    Sysctl,
    SysctlNamed,
    TcpTo,
    Unit,
    UnitNamed,
)

NOW = 2.0**50
"""The second at which a plan begins to act: later than all that a node tells of; each change takes one."""

TO_COME = "to be installed"
"""The version of a package that a plan installs; which one it will be, apt decides."""

UNIT_FOLDERS = ("/etc/systemd/", "/usr/lib/systemd/", "/lib/systemd/", "/run/systemd/")
"""Their files say what units there are (systemd.unit(5))."""

_ACCOUNTS = ("/etc/passwd", "/etc/group", "/etc/nsswitch.conf")
LISTS = ("/var/lib/apt", "/var/cache/apt")
"""What `apt-get update` writes to."""

READ_BY: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("getent",): _ACCOUNTS,
    ("id",): _ACCOUNTS,
    ("hostname",): ("/proc",),
    ("locale",): ("/usr/lib/locale",),
    ("apt-get", "-s"): ("/var/lib/dpkg", *LISTS, "/etc/apt"),
    ("find", "/var/lib/apt/lists/partial"): ("/var/lib/apt/lists",),
    ("systemd-analyze", "calendar"): ("/etc/localtime", "/usr/share/zoneinfo"),
}
"""What some programs read that only tell something, by their first words; other files change none of it."""


_Kind = TypeVar("_Kind", Package, Unit, Sysctl, Said, Reached)


class NeedsStage(Exception):
    """A change that is not made yet decides about the answer: ask again after it."""

    def __init__(self, question: Question, change: Change) -> None:
        super().__init__(question, change)
        self.question = question
        self.change = change


class Unanswered(Exception):
    """The node could not answer, so that the step cannot be decided."""


@dataclass(frozen=True, slots=True)
class View:
    """What is known of one node. Each way to ask raises NeedsStage or Unanswered where it is not."""

    answers: Mapping[Question, Answer]
    _later: Mapping[Question, Change] = field(default_factory=dict)
    _now: float = NOW

    def at(self, path: str, content: bool = True) -> Standing:
        """Say what stands at a path."""
        answer = self.ask(PathAt(path, content))
        if isinstance(answer, Absent | File | Link | Folder | Other):
            return answer
        raise _misfit(PathAt(path, content), answer)

    def package(self, name: str) -> Package:
        """Say how a package is installed."""
        return self._one(PackageNamed(name), Package)

    def unit(self, name: str) -> Unit:
        """Say how a unit is."""
        return self._one(UnitNamed(name), Unit)

    def sysctl(self, key: str) -> Sysctl:
        """Say what a kernel parameter is."""
        return self._one(SysctlNamed(key), Sysctl)

    def said(self, *argv: str) -> Said:
        """Say what a program answers."""
        return self._one(OutputOf(argv), Said)

    def reached(self, host: str, port: int) -> Reached:
        """Say whether the node can connect to a port."""
        return self._one(TcpTo(host, port), Reached)

    def after(self, change: Change) -> View:
        """Give the view once the change is made: exact where that can be known, else unknown."""
        known = dict(_known(change, self._now))
        unknown = [question for question in self.answers if _clouds(change, question, self.answers[question])]
        later = {**self._later, **dict.fromkeys(unknown, change)}
        return View(
            {**self.answers, **known},
            {asked: why for asked, why in later.items() if asked not in known},
            self._now + 1,
        )

    def unsure(self, questions: Iterable[Question], change: Change) -> View:
        """Give the view in which these are known only after `change`."""
        return View(self.answers, {**self._later, **dict.fromkeys(questions, change)}, self._now)

    def _one(self, question: Question, kind: type[_Kind]) -> _Kind:
        answer = self.ask(question)
        if isinstance(answer, kind):
            return answer
        raise _misfit(question, answer)

    def ask(self, question: Question) -> Answer:
        """Give the answer to any question."""
        if question in self._later:
            raise NeedsStage(question, self._later[question])
        answer = self.answers[question]
        if isinstance(answer, CannotTell):
            raise Unanswered(answer.reason)
        return answer


def _misfit(question: Question, answer: Answer) -> TypeError:
    return TypeError(f"{question} is answered by {answer}")


def _known(change: Change, when: float) -> Iterator[tuple[Question, Answer]]:
    """Give the answers that are certain once the change is made, at second `when`."""
    match change:
        case Packages():
            yield from ((PackageNamed(name), Package(TO_COME)) for name in change.install)
            yield from ((PackageNamed(name), Package()) for name in change.remove)
        case Upgrade():
            yield from ((PackageNamed(name), Package(version)) for name, version in change.to)
        case SetUnit():
            yield UnitNamed(change.name), _unit(change, when)
        case SetSysctl():
            yield SysctlNamed(change.key), Sysctl(change.value)
        case RunArgv() | FetchLists():
            return
        case _:
            standing = changes.stands_after(change, when)
            yield from ((PathAt(change.path, content), standing) for content in (True, False))


def _unit(change: SetUnit, when: float) -> Unit:
    was = change.was
    enabled = was.enabled if change.enabled is None else ("enabled" if change.enabled else "disabled")
    runs = True if change.restart and change.running is None else change.running
    active = was.active if runs is None else ("active" if runs else "inactive")
    started = change.restart or (change.running and was.active != "active")
    return Unit(enabled, active, when if started else was.since)


def _read_by(argv: tuple[str, ...]) -> tuple[str, ...] | None:
    """Say how the paths begin that a program reads, None where nobody knows; grep(1) reads what it names."""
    if argv[0] != "grep":
        return next((READ_BY[words] for words in READ_BY if argv[: len(words)] == words), None)
    return tuple(f"/{word.partition('/')[2]}" for word in argv[1:] if "/" in word) or None


def _clouds(change: Change, question: Question, answer: Answer) -> bool:
    """Say whether the change may alter this answer in a way that nobody can foresee.

    A program may do anything, unless it is known what it alters; so may an upgrade. Packages bring files
    and units that were not there, and change none that were (what belongs to the administrator stays:
    Debian Policy 10.7.3). What a program says may depend on all there is, unless we know what it reads;
    whom one can connect to depends on packages, units and the kernel. A unit that is there goes on as it
    is when its file becomes another one.
    """
    match change, question:
        case ((RunArgv(alters=None) | Upgrade()), _):
            return True
        case FetchLists(), _:
            return not isinstance(question, TcpTo) and _reads(question, LISTS)
        case RunArgv(alters=tuple(paths)), PathAt() if not isinstance(answer, Absent):
            return any(_below(question.path, path) for path in paths)
        case RunArgv(alters=tuple(paths)), _:
            return _reads(question, paths)
        case Packages(), OutputOf():
            return True
        case _, OutputOf():
            return _reads(question, (change.path,) if isinstance(change, PathChange) else ())
        case (Packages() | SetUnit() | SetSysctl(), TcpTo()):
            return True
        case Packages(), PathAt():
            return isinstance(answer, Absent)
        case Packages(), UnitNamed():
            return isinstance(answer, Unit) and not answer.known
        case Packages(), SysctlNamed():
            return isinstance(answer, Sysctl) and answer.value is None
        case MakeLink(), PathAt():
            return question.path.startswith(f"{change.path}/")
        case ((WriteFile() | RemovePath()), PathAt()):  # a link may have led to what was there
            return question.path.startswith(f"{change.path}/") and not isinstance(answer, Absent)
        case (WriteFile() | MakeLink() | RemovePath(), UnitNamed()):
            gone = isinstance(change, RemovePath) or not (isinstance(answer, Unit) and answer.known)
            return gone and change.path.startswith(UNIT_FOLDERS)
    return False


def _reads(question: Question, paths: Iterable[str]) -> bool:
    """Say whether an answer may come from one of these paths, or from what stands below them."""
    match question:
        case PathAt():
            read: tuple[str, ...] | None = (question.path,)
        case OutputOf():
            read = _read_by(question.argv)
        case PackageNamed():
            read = ("/var/lib/dpkg",)
        case UnitNamed():
            read = UNIT_FOLDERS
        case SysctlNamed():
            read = ("/proc/sys",)
        case TcpTo():
            read = None
    return read is None or any(_overlap(path, place) for path in paths for place in read)


def _overlap(one: str, other: str) -> bool:
    """Say whether one path is the other, or a part of it."""
    return _below(one, other) or _below(other, one)


def _below(path: str, top: str) -> bool:
    """Say whether a path is `top`, or a part of it."""
    return f"{path}/".startswith(f"{top.rstrip('/')}/")
