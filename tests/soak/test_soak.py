"""The soak finds what it looks for, and a short one finds nothing."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.fleet import sshd
from nowfab.results import Result, Status
from tests.soak import growth, truth, weather
from tests.soak.chores import Chore
from tests.soak.growth import Sample
from tests.soak.weather import Toxic

PROJECT = Path(__file__).parent.parent.parent

HELLO = Chore("echo hi", Status.OK, stdout=(b"hi\n", 3))
SLEEP = Chore("sleep 9", Status.TIMED_OUT, None, timeout=1.0)
CUT = Toxic("limit_data", "up", 99)


def row(status: Status, code: int | None = None, said: bytes = b"") -> Result:
    return Result("red01", status, code, stdout=MemoryBlob(said))


@pytest.mark.parametrize(
    ("said", "chore", "toxic", "ran"),
    [
        (row(Status.OK, 0, b"hi\n"), HELLO, CUT, 1),
        (row(Status.UNREACHABLE), HELLO, CUT, 0),
        (row(Status.LOST), HELLO, CUT, 0),
        (row(Status.LOST), HELLO, CUT, 1),
        (row(Status.TIMED_OUT), SLEEP, Toxic(), 1),
        (row(Status.LOST), SLEEP, Toxic(), 1),
    ],
)
def test_a_truthful_row_passes(said: Result, chore: Chore, toxic: Toxic, ran: int) -> None:
    """A soak that cries wolf is switched off."""
    assert "" == truth.lie(said, chore, toxic, cancelled=False, ran=ran, alive=False)


@pytest.mark.parametrize(
    ("said", "chore", "toxic", "ran", "alive"),
    [
        (row(Status.OK, 0, b"hi\n"), HELLO, CUT, 2, False),
        (row(Status.LOST), HELLO, CUT, 2, False),
        (row(Status.OK, 0, b"hi\n"), HELLO, CUT, 0, False),
        (row(Status.OK, 0, b"h"), HELLO, CUT, 1, False),
        (row(Status.FAILED, 1), HELLO, CUT, 1, False),
        (row(Status.UNREACHABLE), HELLO, CUT, 1, False),
        (row(Status.UNREACHABLE), HELLO, Toxic(), 0, False),
        (row(Status.LOST), HELLO, Toxic(), 1, False),
        (row(Status.STOPPED), HELLO, CUT, 1, False),
        (row(Status.TIMED_OUT), HELLO, CUT, 1, False),
        (row(Status.TIMED_OUT), SLEEP, CUT, 1, True),
    ],
)
def test_a_lie_is_found(said: Result, chore: Chore, toxic: Toxic, ran: int, alive: bool) -> None:
    """Ten minutes without a lie mean something only if a lie would have shown."""
    assert "" != truth.lie(said, chore, toxic, cancelled=False, ran=ran, alive=alive)


def test_growth_is_told_from_a_large_but_steady_size() -> None:
    """A process may be large; it may not be larger in every hour."""
    steady = [Sample(3, 9, 50_000 + number % 7 * 100) for number in range(120)]
    leaky = [Sample(3 + number // 25, 9 + number, 50_000 + number * 99) for number in range(120)]

    assert ([], ["threads", "descriptors", "memory"]) == (
        growth.grown(steady),
        [said.split()[0] for said in growth.grown(leaky)],
    )


def test_the_same_seed_is_the_same_weather() -> None:
    """A soak that found something can be had again."""
    names = [f"red{number:02}" for number in range(32)]
    first, second = (weather.draw(names, random.Random(7)) for _ in range(2))

    assert first == second


@pytest.mark.timeout(300)
def test_a_short_soak_finds_no_lie() -> None:
    """The whole one is `make soak`, and about growth it alone can tell."""
    if sys.platform != "linux" or sshd.find() is None:
        pytest.skip("a soak needs Linux and an sshd")
    answer = subprocess.run(
        [sys.executable, "-m", "tests.soak"],
        cwd=PROJECT,
        env={**os.environ, "MINUTES": "0.2"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=280,
    )

    assert 0 == answer.returncode, answer.stdout + answer.stderr
