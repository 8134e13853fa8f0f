"""Killed at any operation on the disk, a guarded run is wholly back after the next start, or wholly there."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import new_run, tree
from tests.agent.inside import Doors, Inside

Phase = Callable[[Inside, str], None]

ROADS: dict[str, tuple[Phase, ...]] = {
    "confirmed": (Inside.arm, Inside.apply, Inside.confirm),
    "not confirmed": (Inside.arm, Inside.apply, Inside.time_out),
    "taken back before it was applied": (Inside.arm, Inside.time_out),
}


def killed_at(number: int, action: Callable[[], None], names: dict[str, Any]) -> bool:
    """Do something in a process that is killed before its n-th operation; say whether it came to that."""
    child = os.fork()
    if not child:
        left = number

        def announce(*_: Any) -> bool:
            nonlocal left
            left -= 1
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            return True

        try:
            Doors(announce).put_into(names)
            action()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, -signal.SIGKILL)
    return code != 0


def cuts(node: Inside, road: tuple[Phase, ...], phase: int) -> Iterator[tuple[str, bool]]:
    """Have one phase killed before each of its operations; the last time it comes through."""
    for number in range(1, 1000):
        run = new_run()
        node.prepare()
        for before in road[:phase]:
            before(node, run)
        cut = killed_at(number, partial(road[phase], node, run), node.names)
        yield run, cut
        if not cut:
            return


@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", list(ROADS))
def test_G10_killed_anywhere_a_guarded_run_is_whole_after_the_next_start(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every operation of every process in turn: then the boot guard runs, and nothing is mixed."""
    road = ROADS[name]
    node = Inside(tmp_path / "node")
    node.prepare()
    old, run = tree(node.top), new_run()
    node.arm(run)
    node.apply(run)
    new = tree(node.top)
    told = []
    for phase in range(len(road)):
        whole = count = 0
        for run, cut in cuts(node, road, phase):
            node.boot(run)
            found, confirmed = tree(node.top), False
            if (node.state / run / "result.json").exists():
                confirmed = node.ask("confirm", run).state == "confirmed"
            count += 1
            whole += found == (new if confirmed else old)
            assert not (node.state / "armed").exists()
            node.settle()
            left = [path.name for path in (*node.top.rglob(".nowfab-*"), *node.state.glob("*/old"))]
            assert ([], found) == (left, tree(node.top))
            assert cut or confirmed == (road[phase] is Inside.confirm)
        told.append(f"{road[phase].__name__} {whole}/{count}")
        assert (whole, True) == (count, count > 20)
    with capsys.disabled():
        sys.stdout.write(f"\n{name}, whole after a kill before each operation: {', '.join(told)}\n")


def test_a_run_that_was_ended_before_it_was_armed_can_be_armed_again(tmp_path: Path) -> None:
    """It touched nothing; what it left is swept, and its RUN is not used up."""
    node, run = Inside(tmp_path / "node"), new_run()
    node.prepare()
    for number in range(1, 400):
        if not killed_at(number, partial(node.arm, run), node.names):
            break
        if (node.state / "armed").exists():
            node.boot(run)
            run = new_run()
    node.apply(run)
    node.confirm(run)

    assert number > 40
    assert b"newer\n" == (node.top / "kept").read_bytes()
