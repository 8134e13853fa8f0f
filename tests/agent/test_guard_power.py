"""Whatever a power cut leaves of a guarded run, the next start of the node makes it whole."""

from __future__ import annotations

import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import new_run, tree
from tests.agent.inside import Doors, Inside
from tests.agent.power import Disk, Image, images

Phase = Callable[[Inside, str], None]

CONFIRMED: tuple[Phase, ...] = (Inside.arm, Inside.apply, Inside.confirm)
REVERTED: tuple[Phase, ...] = (Inside.arm, Inside.apply, Inside.time_out)


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is one: thousands of small trees are laid out in it."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@dataclass(frozen=True, slots=True)
class Followed:
    """What was done on the way of a run, and where each of its phases begins."""

    node: Inside
    run: str
    disk: Disk
    begins: tuple[int, ...]
    old: dict[str, Any]
    new: dict[str, Any]

    def may_be(self, moment: int, road: Sequence[Phase]) -> tuple[dict[str, Any], ...]:
        """Give what may stand there after a cut at a moment and the next start."""
        if Inside.confirm not in road or moment < self.begins[2]:
            return (self.old,)
        return (self.new,) if moment == len(self.disk.moments) - 1 else (self.old, self.new)


def followed(place: Path, road: Sequence[Phase], lost: str = "") -> Followed:
    """Go a road with the model of the disk beside the real one."""
    node, run = Inside(place), new_run()
    node.prepare()
    old, new, disk, begins = seen(node), dict[str, Any](), Disk(place, lost), []
    disk.take_in()
    Doors(disk.announce, disk.done).put_into(node.names)
    for phase in road:
        begins.append(len(disk.moments))
        phase(node, run)
        new = new if phase is Inside.time_out else seen(node)
    disk.announce("end")
    Doors(without_waiting).put_into(node.names)
    return Followed(node, run, disk, tuple(begins), old, new)


def without_waiting(name: str, *_: Any) -> bool:
    """Leave out what only a real power cut would make a difference for."""
    return name not in ("fsync", "sync")


def seen(node: Inside) -> dict[str, Any]:
    return {name: what for name, what in tree(node.top).items() if ".nowfab-" not in name}


def started(node: Inside, run: str, image: Image) -> dict[str, Any] | str:
    """Start a node anew that has this disk; give what stands there then, or what went wrong."""
    image.lay_out(node.place)
    try:
        if (node.state / "armed").exists():
            (guard,) = (node.units / "sysinit.target.wants").iterdir()
            assert f"{node.state}/armed" in guard.read_text()
            assert node.names["TEXT"] == (node.state / run / "agent.py").read_bytes()
        node.boot(run)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return "still armed" if (node.state / "armed").exists() else seen(node)


def swept(way: Followed, road: Sequence[Phase], most: int, enough: int = 1000) -> tuple[int, Counter[str]]:
    """Cut the power at every moment until enough is bad; give how many states were tried, and bad moments."""
    chance, states, bad = random.Random(1), 0, Counter[str]()
    for number, moment in enumerate(way.disk.moments):
        for image in images(moment, chance, most):
            states += 1
            if started(way.node, way.run, image) not in way.may_be(number, road):
                bad[moment[0]] += 1
            if sum(bad.values()) == enough:
                return states, bad
    return states, bad


@pytest.mark.timeout(600)
@pytest.mark.parametrize("road", [CONFIRMED, REVERTED], ids=["confirmed", "not confirmed"])
def test_G10_a_power_cut_at_any_moment_leaves_all_old_or_all_new(
    road: Sequence[Phase], memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The real agent, on a model of the disk: what was not synced is lost or kept, each on its own."""
    way = followed(memory / "node", road)
    states, bad = swept(way, road, 16)

    with capsys.disabled():
        counts = f"{len(way.disk.moments)} moments, {states} states, {sum(bad.values())} bad"
        sys.stdout.write(f"\npower cut, {road[-1].__name__}: {counts}\n")
    assert Counter() == bad
    assert states > 2000


@pytest.mark.timeout(600)
def test_G10_the_power_may_go_again_while_a_run_is_taken_back(
    memory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """I7: what takes a run back can itself be cut at any moment; the start after that goes on with it."""
    way, chance, states = followed(memory / "node", CONFIRMED), random.Random(2), 0
    first = [way.disk.moments[n] for n in range(way.begins[1], way.begins[2] + 1, 12)]
    for moment in first:
        for image in images(moment, chance, 0):
            if chance.random() > 0.1:
                continue
            image.lay_out(way.node.place)
            disk = Disk(way.node.place)
            disk.take_in()
            Doors(disk.announce, disk.done).put_into(way.node.names)
            way.node.boot(way.run)
            disk.announce("end")
            Doors(without_waiting).put_into(way.node.names)
            for again in disk.moments:
                for second in images(again, chance, 0):
                    states += 1
                    assert way.old == started(way.node, way.run, second), (moment[0], again[0])
    with capsys.disabled():
        sys.stdout.write(f"\npower cut twice: {states} states, 0 bad\n")
    assert states > 2000


NEEDED = {
    "the folder of old names": "/old",
    "the way back": "/undo.json.new",
    "the folder of the run": "/RUN",
    "the program": "/agent.py",
    "the bytes of armed": "/armed.new",
    "the state folder": "/state",
    "the bytes of a new file": "/.nowfab-RUN-2",
    "the folder that was changed": "/top",
    "the boot guard": ".service.new",
    "the folder that enables the boot guard": "/sysinit.target.wants",
}
"""Syncs without which the model must find a bad state: otherwise it would prove nothing."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("what", list(NEEDED))
def test_each_sync_is_needed(what: str, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that only pretends to do one of them loses a file in some power cut."""
    run = "20261123T083412Z-ffffffff"
    monkeypatch.setattr("tests.agent.test_guard_power.new_run", lambda: run)
    road = REVERTED if what == "the folder that was changed" else CONFIRMED
    way = followed(memory / "node", road, NEEDED[what].replace("RUN", run))
    _, bad = swept(way, road, 0, enough=1)

    assert sum(bad.values()) > 0
