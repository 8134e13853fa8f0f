"""A limit ends once, for one reason, no later than what stands above it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from nowfab.machines.until import Limit
from nowfab.machines.watch import Watch


@pytest.fixture
def watch() -> Iterator[Watch]:
    watch = Watch()
    yield watch
    watch.close()


def test_it_ends_by_its_time_and_says_why(watch: Watch) -> None:
    """The row of a node quotes this reason."""
    ended = threading.Event()
    limit = Limit(watch, 0.05, "timed out after 0.05 s")
    limit.call(ended.set)

    assert ended.wait(5)
    assert ("timed out after 0.05 s", 0.0) == (limit.reason, limit.left())


def test_a_child_ends_with_its_parent(watch: Watch) -> None:
    """Ctrl-C cancels the run; every exec below must hear of it."""
    ended = threading.Event()
    run = Limit(watch)
    exec = run.sooner(60, "late").sooner(None)
    exec.call(ended.set)
    run.cancel("stopped by Ctrl-C")

    assert ended.wait(5)
    assert "stopped by Ctrl-C" == exec.reason


def test_a_child_that_ends_leaves_its_parent_alone(watch: Watch) -> None:
    """One node's time-out is nobody else's."""
    ended = threading.Event()
    run = Limit(watch)
    run.sooner(0.01, "late").call(ended.set)

    assert ended.wait(5)
    assert "" == run.reason


def test_the_first_reason_counts(watch: Watch) -> None:
    """A row must not change its story."""
    limit = Limit(watch)
    limit.cancel("first")
    limit.cancel("second")

    assert "first" == limit.reason


def test_an_action_that_comes_late_is_called_all_the_same(watch: Watch) -> None:
    """A connection that opens just after Ctrl-C must be cut as well."""
    ended = threading.Event()
    limit = Limit(watch)
    limit.cancel("over")
    time.sleep(0.05)
    limit.call(ended.set)

    assert ended.wait(5)


def test_a_forgotten_action_and_a_closed_limit_do_nothing(watch: Watch) -> None:
    """A node that has finished must not be stopped."""
    heard: list[str] = []
    limit = Limit(watch)
    limit.call(lambda: heard.append("forgotten"))()
    closed = limit.sooner(0.02, "late")
    closed.call(lambda: heard.append("closed"))
    closed.close()
    done = threading.Event()
    limit.call(done.set)
    watch.after(0.1, lambda: limit.cancel("end"))

    assert done.wait(5)
    assert [] == heard


def test_an_action_that_fails_does_not_end_the_watch(watch: Watch) -> None:
    """One thread serves the whole run; it must outlive any one node's trouble."""
    done = threading.Event()
    watch.soon(lambda: [].pop())
    watch.soon(done.set)

    assert done.wait(5)


def test_timers_come_in_the_order_of_their_times(watch: Watch) -> None:
    """An early deadline set late must not wait for a late one."""
    heard: list[str] = []
    done = threading.Event()
    watch.after(0.1, done.set)
    watch.after(0.06, lambda: heard.append("second"))
    watch.after(0.03, lambda: heard.append("first"))

    assert done.wait(5)
    assert ["first", "second"] == heard
