"""Every named node has exactly one row, in target order, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence

from nowfab import engine
from nowfab.inventory.node import Node
from nowfab.results import Result, Status
from nowfab.talk import Event, Finished, Sent, Until, Work

NODES = (Node("red01"), Node("red02"), Node("red03"))


class Calm:
    """An Until that ends only by `cancel`."""

    def __init__(self) -> None:
        self.reason = ""

    def left(self) -> float | None:
        return None

    def sooner(self, seconds: float | None, reason: str = "") -> Until:
        return self

    def cancel(self, reason: str) -> None:
        self.reason = self.reason or reason

    def call(self, action: Callable[[], None]) -> Callable[[], None]:
        return lambda: None

    def close(self) -> None:
        return None


class Script:
    """A crew that gives the events that it was told to, for the nodes that it is asked for."""

    def __init__(self, *waves: Sequence[Event | BaseException]) -> None:
        self.waves = list(waves)
        self.asked: list[tuple[str, ...]] = []

    def each(self, nodes: Sequence[Node], work: Work, until: Until) -> Iterator[Event]:
        self.asked.append(tuple(node.name for node in nodes))
        for event in self.waves.pop(0):
            if isinstance(event, BaseException):
                raise event
            yield event

    def close(self) -> None:
        return None


def nothing(node: Node) -> Generator[object, object, Result]:
    raise AssertionError("a scripted crew does not talk")


def finished(name: str, status: Status = Status.OK) -> Finished:
    return Finished(name, Result(name, status))


def rows(report: engine.Report) -> list[tuple[str, Status]]:
    return [(result.node, result.status) for result in report.results]


def test_rows_stand_in_target_order() -> None:
    """Who answers first does not stand first: people compare runs by eye."""
    crew = Script([finished("red03"), finished("red01", Status.FAILED), finished("red02")])
    report = engine.carry_out("t", NODES, nothing, crew, Calm())

    assert [("red01", Status.FAILED), ("red02", Status.OK), ("red03", Status.OK)] == rows(report)
    assert 2 == report.exit_code


def test_a_crew_that_forgets_a_node_does_not_lose_its_row() -> None:
    """A bug below must show up as a row, not as a missing node."""
    crew = Script([finished("red01"), Sent("red02")])
    report = engine.carry_out("t", NODES, nothing, crew, Calm())

    assert [Status.OK, Status.LOST, Status.CANCELLED] == [status for _, status in rows(report)]


def test_leaving_at_once_tells_lost_from_never_begun() -> None:
    """After a second Ctrl-C the table must say which nodes may still be running."""
    crew = Script([finished("red01"), Sent("red03"), KeyboardInterrupt()])
    report = engine.carry_out("t", NODES, nothing, crew, Calm())

    assert [Status.OK, Status.CANCELLED, Status.LOST] == [status for _, status in rows(report)]


def test_watchers_hear_every_event_in_order() -> None:
    """History, stream and progress live on them."""
    events = [Sent("red01"), finished("red01"), finished("red02"), finished("red03")]
    heard: list[Event] = []
    engine.carry_out("t", NODES, nothing, Script(events), Calm(), watch=(heard.append,))

    assert events == heard


def test_a_later_wave_gives_its_nodes_new_rows() -> None:
    """Who was refused for an unknown key and is then trusted must not stay refused."""

    def waves(nodes: Sequence[Node]) -> Generator[Sequence[Node], Sequence[Result], None]:
        results = yield nodes
        yield [node for node, result in zip(nodes, results, strict=True) if result.status != Status.OK]

    first = [finished("red01"), finished("red02", Status.REFUSED), finished("red03")]
    crew = Script(first, [finished("red02")])
    report = engine.carry_out("t", NODES, nothing, crew, Calm(), waves=waves)

    assert [("red01", "red02", "red03"), ("red02",)] == crew.asked
    assert {Status.OK} == {status for _, status in rows(report)}


def test_no_further_wave_begins_after_a_cancel() -> None:
    """Ctrl-C means: no new nodes."""
    until = Calm()

    def waves(nodes: Sequence[Node]) -> Generator[Sequence[Node], Sequence[Result], None]:
        yield nodes[:1]
        yield nodes[1:]

    def stop(event: Event) -> None:
        until.cancel("stopped by Ctrl-C")

    crew = Script([finished("red01")])
    report = engine.carry_out("t", NODES, nothing, crew, until, watch=(stop,), waves=waves)

    assert [("red01",)] == crew.asked
    assert ["", "stopped by Ctrl-C", "stopped by Ctrl-C"] == [result.reason for result in report.results]
