"""Decide who runs when: interleaved, those that nowfab is held against first, in the time there is."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence

from bench.peers import Peer
from bench.runs import Run
from bench.works import Work

RIVALS = {
    "a": ("asyncssh", "clush", "pdsh"),
    "b": ("asyncssh", "fabric"),
    "c": ("asyncssh", "pdsh"),
    "d": ("ssh",),
    "e": (),
}
"""Whom `targets` hold nowfab against, by the work's letter."""

SLOW = 60.0
"""Seconds; who took longer in round one is not measured again."""
LIMIT = 300.0
"""Seconds; a run that takes longer is cut."""

Measure = Callable[[Peer, Work, int, float], Run]


def carry_out(
    works: Sequence[Work],
    peers: Sequence[Peer],
    rounds: int,
    left: Callable[[], float],
    measure: Measure,
) -> Iterator[Run]:
    """Give one run after the other; `left` says how many seconds there are still."""
    done: list[Run] = []
    for number in range(1, rounds + 1):
        for work, peer in _round(works, peers, number):
            before = [run for run in done if (run.work, run.peer) == (work.name, peer.name)]
            kept = 0.0 if _first(work, peer) else _still(done, works, rounds)
            expected = statistics.median(run.wall for run in before) if before else 0.0
            slow = any(run.cut or run.wall > SLOW for run in before)
            if slow or left() - kept <= max(expected, 1.0):
                continue
            done.append(measure(peer, work, number, min(LIMIT, left() - kept)))
            yield done[-1]


def _round(works: Sequence[Work], peers: Sequence[Peer], number: int) -> Iterator[tuple[Work, Peer]]:
    """Give the pairs of one round; who begins changes from round to round."""
    pairs = [
        (work, peer)
        for work in works
        for peer in (*peers[number % len(peers) :], *peers[: number % len(peers)])
        if not peer.only or work.name[0] == peer.only
    ]
    if number == 1:  # what the rivals took tells how much time the others may have
        pairs.sort(key=lambda pair: not _first(*pair))
    yield from pairs


def _first(work: Work, peer: Peer) -> bool:
    return peer.name == "nowfab" or peer.name in RIVALS[work.name[0]]


def _still(done: Sequence[Run], works: Sequence[Work], rounds: int) -> float:
    """Give the seconds that nowfab and its rivals will need for the rounds that they still have."""
    letters = {work.name: work.name[0] for work in works}
    took: dict[tuple[str, str], list[Run]] = {}
    for run in done:
        if run.peer == "nowfab" or run.peer in RIVALS[letters[run.work]]:
            took.setdefault((run.work, run.peer), []).append(run)
    return sum(
        (rounds - len(runs)) * statistics.median(run.wall for run in runs)
        for runs in took.values()
        if not any(run.cut or run.wall > SLOW for run in runs)
    )
