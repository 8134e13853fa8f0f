"""Fail a strict run that skips what tests/expected-skips does not list."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

SWITCH = "NOWFAB_STRICT_SKIPS"
LIST = Path(__file__).parent.parent / "expected-skips"


@dataclass(frozen=True, slots=True)
class Expected:
    """One line of the list: which tests may be skipped, and for what; both are globs."""

    test: str
    reason: str

    def covers(self, test: str, reason: str) -> bool:
        return matches(test, self.test) and matches(reason, self.reason)


def matches(text: str, pattern: str) -> bool:
    """Compare with a glob; a test's id has brackets of its own, so the same text matches too."""
    return text == pattern or fnmatchcase(text, pattern)


def parse(text: str, name: str) -> tuple[Expected, ...]:
    """Read the list: test, a tab or two spaces, reason; `#` begins a line of comment."""
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = re.split(r"\t+| {2,}", line.strip(), maxsplit=1)
        if len(parts) != 2:
            raise pytest.UsageError(f"{name}:{number}: a skip needs its reason, after a tab or two spaces")
        found.append(Expected(*parts))
    return tuple(found)


def reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Give the words of a skip; pytest keeps them as (file, line, "Skipped: words")."""
    told = report.longrepr
    words = told[2] if isinstance(told, tuple) else str(told)
    return words.removeprefix("Skipped: ")


@dataclass(slots=True, eq=False)
class Watch:
    """Remember the skips that nobody expected; it equals only itself, since pytest keeps plugins in sets."""

    expected: tuple[Expected, ...]
    others: list[str] = field(default_factory=list)

    def _see(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped or hasattr(report, "wasxfail"):
            return
        reason = reason_of(report)
        if not any(each.covers(report.nodeid, reason) for each in self.expected):
            self.others.append(f"{report.nodeid}  {reason}")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._see(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._see(report)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.others and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        lines: Iterable[str] = self.others
        if self.others:
            terminalreporter.section(f"skips that {LIST.name} does not list", red=True)
        for line in lines:
            terminalreporter.line(line)


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get(SWITCH) == "1":
        config.pluginmanager.register(Watch(parse(LIST.read_text(), LIST.name)), "expected-skips")
