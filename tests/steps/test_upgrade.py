"""An upgrade is what apt says that it would do, once its lists are young enough."""

from __future__ import annotations

import pytest

from nowfab.plan.changes import FetchLists, Upgrade
from nowfab.plan.dangers import endangers
from nowfab.plan.decide import foresee, next_stage
from nowfab.plan.questions import Answer, OutputOf, Package, Question, Said
from nowfab.plan.steps import Refused
from nowfab.plan.view import View
from nowfab.steps.upgrade import SIMULATED, upgrade
from tests.steps.cases import Case, lawful

LISTS, BRING = upgrade()
AGE = OutputOf(("find", "/var/lib/apt/lists/partial", "-maxdepth", "0", "-mmin", "-1440"))
YOUNG, OLD = Said(0, b"/var/lib/apt/lists/partial\n"), Said(0, b"")
SIMULATION = b"""\
Reading package lists...
Building dependency tree...
Reading state information...
Calculating upgrade...
The following packages have been kept back:
  docker-ce
  k3s-one k3s-two
The following NEW packages will be installed:
  linux-image-6.12
The following packages will be upgraded:
  bash libc6:armhf libpam-modules-bin
3 upgraded, 1 newly installed, 0 to remove and 3 not upgraded.
Inst bash [5.2.15-2+b7] (5.2.15-2+b10 Debian:12.15/oldstable [arm64])
Inst libpam-modules-bin [1.5.2-6] (1:1.5.2-7 Debian-Security:12/x [arm64]) [libpam-modules:arm64 ]
Inst libc6:armhf [2.36-9] (2.36-10 Debian:12.15/oldstable, Debian-Security:12/oldstable-security [armhf]) []
Inst linux-image-6.12 (6.12-1 Raspberry Pi Foundation:stable [arm64])
Conf bash (5.2.15-2+b10 Debian:12.15/oldstable [arm64])
"""
NOTHING = b"""\
Calculating upgrade...
The following packages have been kept back:
  docker-ce
0 upgraded, 0 newly installed, 0 to remove and 1 not upgraded.
"""
UPGRADED = (
    ("bash", "5.2.15-2+b10"),
    ("libpam-modules-bin", "1:1.5.2-7"),
    ("libc6:armhf", "2.36-10"),
    ("linux-image-6.12", "6.12-1"),
)
LINE = "upgrade bash libpam-modules-bin libc6:armhf linux-image-6.12; held back: docker-ce k3s-one k3s-two"


def would(said: bytes, code: int = 0, error: bytes = b"") -> dict[Question, Answer]:
    return {OutputOf(SIMULATED): Said(code, said, error)}


CASES = {
    "lists: old, or never fetched": Case(LISTS, {AGE: OLD}, ["fetch the lists of packages"]),
    "lists: young": Case(LISTS, {AGE: YOUNG}),
    "upgrade: what there is, and what is held": Case(BRING, would(SIMULATION), [LINE]),
    "upgrade: nothing but what is held": Case(BRING, would(NOTHING)),
}


@pytest.mark.parametrize("name", CASES)
def test_each_keeps_the_law_of_steps(name: str) -> None:
    lawful(CASES[name])


def test_an_upgrade_knows_which_versions_come_and_on_what_it_was_decided() -> None:
    (change,) = BRING.decide(View(would(SIMULATION)))

    assert isinstance(change, Upgrade)
    assert UPGRADED == change.to
    assert (
        ("bash", Package("5.2.15-2+b7")),
        ("libpam-modules-bin", Package("1.5.2-6")),
        ("libc6:armhf", Package("2.36-9")),
        ("linux-image-6.12", Package("")),
    ) == change.was
    assert not endangers(change)


def test_what_there_is_to_upgrade_is_asked_once_the_lists_came() -> None:
    view = View({AGE: OLD} | would(SIMULATION))
    stage, seen = next_stage((LISTS, BRING), view), foresee((LISTS, BRING), view)

    assert ((FetchLists(),), (BRING,)) == (stage.changes, stage.rest)
    assert [None, FetchLists()] == [wanted.maybe for wanted in seen.wanted]


def test_with_young_lists_it_is_one_stage() -> None:
    stage = next_stage((LISTS, BRING), View({AGE: YOUNG} | would(SIMULATION)))

    assert ([Upgrade], ()) == ([type(change) for change in stage.changes], stage.rest)


@pytest.mark.parametrize(
    ("code", "error", "reason"),
    [
        (127, b"", "no apt-get on the node"),
        (100, b"W: x\nE: The package lists are broken\n", "E: The package lists are broken"),
    ],
)
def test_what_cannot_be_is_refused_with_its_reason(code: int, error: bytes, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        BRING.decide(View(would(b"", code, error)))
