"""Carry out one run: wave by wave, rows by name, watchers told in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from nowfab.engine.waves import Waves, after, at_once
from nowfab.inventory.node import Node
from nowfab.results import Report, Result, Status
from nowfab.talk import Crew, Event, Finished, Sent, Until, Work

Watcher = Callable[[Event], None]
"""Told every event, in the main thread, in the order of arrival."""


def carry_out(
    title: str,
    nodes: Sequence[Node],
    work: Work,
    crew: Crew,
    until: Until,
    watch: Iterable[Watcher] = (),
    waves: Waves = at_once,
) -> Report:
    """Do `work` on every node and give one row each, in the order of `nodes`.

    When `until` ends, no further node is begun. KeyboardInterrupt leaves at once: who was running
    is lost, who had not begun is cancelled.
    """
    rows = Rows(nodes)
    watchers = tuple(watch)
    wave = waves(nodes)
    try:
        members = next(wave, None)
        while members and not until.reason:
            rows.begin(members)
            for event in crew.each(members, work, until):
                told = rows.take(event)
                for watcher in watchers:
                    watcher(told)
            if until.reason:
                break
            members = after(wave, rows.of(members))
    except KeyboardInterrupt:
        return Report(title, rows.all("left at once"))
    return Report(title, rows.all(until.reason or "never begun"))


_UNSENT = frozenset({Status.UNREACHABLE, Status.REFUSED, Status.CANCELLED})


class Rows:
    """The rows so far; asked for all, it has one for every node."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self._names = [node.name for node in nodes]
        self._rows: dict[str, Result] = {}
        self._before: dict[str, Result] = {}
        self._sent: set[str] = set()

    def begin(self, nodes: Sequence[Node]) -> None:
        """Have these nodes go, for the first time or again."""
        for node in nodes:
            if node.name in self._rows:
                self._before[node.name] = self._rows.pop(node.name)
            self._sent.discard(node.name)

    def take(self, event: Event) -> Event:
        """Learn from an event; give it as it counts, its row with what earlier tries did."""
        if isinstance(event, Finished):
            before = self._before.get(event.node)
            event = Finished(event.node, _again(before, event.result)) if before else event
            self._rows[event.node] = event.result
        elif isinstance(event, Sent):
            self._sent.add(event.node)
        return event

    def of(self, nodes: Sequence[Node]) -> list[Result]:
        """Give the rows of these nodes that there are."""
        return [self._rows[node.name] for node in nodes if node.name in self._rows]

    def all(self, reason: str) -> tuple[Result, ...]:
        """Give a row for every node; without one, `reason` says why it is lost or was never asked."""
        return tuple(self._rows.get(name) or self._missing(name, reason) for name in self._names)

    def _missing(self, name: str, reason: str) -> Result:
        if name in self._sent:
            return Result(name, Status.LOST, reason=f"{reason}; the command may still run")
        if name in self._before:
            return self._before[name]
        return Result(name, Status.CANCELLED, reason=reason)


def _again(before: Result, now: Result) -> Result:
    """Make one row of two tries: the later counts, unless only the earlier one ran anything."""
    attempts = before.attempts + now.attempts
    if now.status in _UNSENT and before.status not in _UNSENT:
        why = f"tried again: {now.status}{f', {now.reason}' if now.reason else ''}"
        return replace(before, attempts=attempts, reason="; ".join(filter(None, (before.reason, why))))
    return replace(now, attempts=attempts)
