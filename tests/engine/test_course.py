"""Waves, further tries and the end of a run fit together, and every node keeps its one truthful row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import engine
from nowfab.engine.waves import parts
from nowfab.inventory.node import Node
from nowfab.pace import Share
from nowfab.results import GOOD, Report, Result, Status
from nowfab.talk import Event, Finished, Sent, Until, Work
from tests.engine.test_carry import Calm, nothing

UNSENT = {Status.UNREACHABLE, Status.REFUSED, Status.CANCELLED}
FATES = [Status.OK, Status.FAILED, Status.TIMED_OUT, Status.LOST, Status.UNREACHABLE, Status.REFUSED]


def nodes(count: int) -> tuple[Node, ...]:
    return tuple(Node(f"n{number}") for number in range(count))


class Fates:
    """A crew whose nodes end as they are told, try after try; the last fate stays."""

    def __init__(self, fates: dict[str, list[Status]]) -> None:
        self.fates = fates
        self.waves: list[list[str]] = []
        self.sent: dict[str, int] = {}
        self.begun_after: list[str] = []

    def each(self, nodes: Sequence[Node], work: Work, until: Until) -> Iterator[Event]:
        self.waves.append([node.name for node in nodes])
        self.begun_after += [until.reason] if until.reason else []
        for node in nodes:
            if until.reason:
                yield Finished(node.name, Result(node.name, Status.CANCELLED, reason=until.reason))
                continue
            fates = self.fates[node.name]
            fate = fates.pop(0) if len(fates) > 1 else fates[0]
            if fate not in UNSENT:
                self.sent[node.name] = self.sent.get(node.name, 0) + 1
                yield Sent(node.name)
            yield Finished(node.name, Result(node.name, fate, attempts=1))

    def close(self) -> None:
        return None


def carried(
    crew: Fates,
    sizes: Sequence[Share] = (),
    retry: int = 0,
    lost: bool = False,
    most: int | None = None,
    pauses: list[list[str]] | None = None,
) -> Report:
    """Carry a run out as the command line composes it."""
    until = Calm()
    rest = [] if pauses is None else pauses
    again = engine.Retry(retry, lost, lambda some: rest.append([node.name for node in some]))
    waves = again.waves(engine.at_once)
    budget = engine.Budget(10**6 if most is None else most, until.cancel, (again.hopes,))
    chosen = tuple(map(Node, crew.fates))
    return engine.carry_out(
        "t", chosen, nothing, crew, until, (budget,), engine.serial(sizes, budget.waves(waves))
    )


@pytest.mark.parametrize(
    ("sizes", "lengths"),
    [
        ([], [10]),
        ([Share(3)], [3, 3, 3, 1]),
        ([Share(1), Share(5), Share(25, percent=True)], [1, 5, 2, 2]),
        ([Share(1, percent=True)], [1] * 10),
        ([Share(100)], [10]),
    ],
)
def test_the_last_size_repeats_until_all_have_gone(sizes: list[Share], lengths: list[int]) -> None:
    """Nobody may be left over, and a small share of few nodes is still one."""

    assert lengths == [len(part) for part in parts(nodes(10), sizes)]


def test_nodes_that_did_not_end_well_go_again_within_their_wave() -> None:
    """The next wave begins when this one is done with."""
    pauses: list[list[str]] = []
    crew = Fates({"a": [Status.FAILED, Status.OK], "b": [Status.OK], "c": [Status.UNREACHABLE]})
    report = carried(crew, [Share(2)], retry=2, pauses=pauses)

    assert [["a", "b"], ["a"], ["c"], ["c"], ["c"]] == crew.waves
    assert [["a"], ["c"], ["c"]] == pauses
    assert [Status.OK, Status.OK, Status.UNREACHABLE] == [row.status for row in report.results]
    assert [2, 1, 3] == [row.attempts for row in report.results]


@pytest.mark.parametrize(("lost", "sent"), [(False, 1), (True, 3)])
def test_a_lost_node_goes_again_only_when_told_so(lost: bool, sent: int) -> None:
    """Its command may have run; who runs `apt upgrade` twice must have wanted it."""
    crew = Fates({"a": [Status.LOST]})
    carried(crew, retry=2, lost=lost)

    assert {"a": sent} == crew.sent


def test_a_refused_login_is_not_tried_again() -> None:
    """It will be refused again, and enough of that locks the account."""
    crew = Fates({"a": [Status.REFUSED]})
    carried(crew, retry=5)

    assert [["a"]] == crew.waves


def test_what_ran_is_not_hidden_by_a_try_that_did_not() -> None:
    """`unreachable` would say that nothing was sent."""
    (row,) = carried(Fates({"a": [Status.FAILED, Status.UNREACHABLE]}), retry=1).results

    assert (Status.FAILED, "tried again: unreachable", 2) == (row.status, row.reason, row.attempts)


def test_more_failures_than_allowed_end_the_run() -> None:
    """One may fail; the second is too many, and nobody else is begun."""
    crew = Fates({name: [Status.FAILED] for name in "abcd"})
    report = carried(crew, [Share(1)], most=1)

    assert [["a"], ["b"]] == crew.waves
    assert [Status.FAILED, Status.FAILED, Status.CANCELLED, Status.CANCELLED] == [
        row.status for row in report.results
    ]
    assert "stopped by --max-fail: 2 nodes did not end well, at most 1 may" == report.results[2].reason


def test_a_node_counts_as_failed_when_its_tries_are_used_up() -> None:
    """Else a retry would never come to its turn."""
    crew = Fates({"a": [Status.FAILED, Status.OK], "b": [Status.OK]})
    report = carried(crew, [Share(1)], retry=1, most=0)

    assert [["a"], ["a"], ["b"]] == crew.waves
    assert 0 == report.exit_code


def test_a_refusal_between_two_tries_does_not_count_before_they_are_used_up() -> None:
    """The budget and the retry must judge by the same row: who goes again has not failed yet."""
    crew = Fates({"a": [Status.FAILED, Status.REFUSED, Status.OK], "b": [Status.OK]})
    report = carried(crew, [Share(1)], retry=2, most=0)

    assert [["a"], ["a"], ["a"], ["b"]] == crew.waves
    assert 0 == report.exit_code


@given(
    st.lists(st.lists(st.sampled_from(FATES), min_size=1, max_size=4), min_size=1, max_size=8),
    st.lists(st.builds(Share, st.integers(1, 5), st.booleans()), max_size=3),
    st.integers(0, 3),
    st.booleans(),
    st.none() | st.integers(0, 4),
)
def test_every_node_has_its_one_truthful_row(
    fates: list[list[Status]], sizes: list[Share], retry: int, lost: bool, most: int | None
) -> None:
    """Whatever is combined: one row each, in order; what ran is never told as not sent."""
    crew = Fates({f"n{number}": list(each) for number, each in enumerate(fates)})
    once = {name for name, each in crew.fates.items() if each[0] is Status.LOST and not lost}
    report = carried(crew, sizes, retry, lost, most)
    bad = [row for row in report.results if row.status not in GOOD | {Status.CANCELLED}]

    assert list(crew.fates) == [row.node for row in report.results]
    assert all((row.status not in UNSENT) == (row.node in crew.sent) for row in report.results)
    assert [] == crew.begun_after
    assert all(crew.sent.get(name, 0) <= 1 for name in once)
    assert max(crew.sent.values(), default=0) <= retry + 1
    assert retry or most is None or len(bad) <= most + 1
