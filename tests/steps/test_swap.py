"""Swap is what the node's own keeper of it is told, as a table of cases."""

from __future__ import annotations

import pytest

from nowfab.plan.questions import Absent, Answer, Folder, Question, Unit, UnitNamed
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.swap import DPHYS, DROP_INS, GENERATOR, OURS, UNIT, swap
from tests.steps.cases import Case, a_file, at, lawful

STOCK = b"#CONF_SWAPFILE=/var/swap\nCONF_SWAPSIZE=100\n#CONF_SWAPFACTOR=2\n#CONF_MAXSWAP=2048\n"
ON = Unit("enabled", "active", 10.0)
OFF = Unit("disabled", "inactive")
FILE = b"[Main]\nMechanism=swapfile\n\n[File]\nFixedSizeMiB=1024\n"
ZRAM = b"[Main]\nMechanism=zram\n\n[Zram]\nFixedSizeMiB=1024\n"


def bookworm(text: bytes = STOCK, unit: Unit = ON, size: int = 1024) -> dict[Question, Answer]:
    answers = {
        **at(GENERATOR, Absent(), False),
        **at(DROP_INS, Absent(), False),
        **at(OURS, Absent()),
        **at(DPHYS, a_file(text)),
        UnitNamed(UNIT): unit,
    }
    return {**answers, **at(DPHYS, a_file(text, changed=5.0), False)} if size else answers


def trixie(ours: Answer, folder: Answer | None = None, size: int = 1024) -> dict[Question, Answer]:
    answers = {
        **at(GENERATOR, a_file(b"", 0o755), False),
        **at(DROP_INS, folder or Folder(0o755, "root", "root"), False),
        **at(OURS, ours),
        **at(DPHYS, Absent()),
        UnitNamed(UNIT): Unit(),
    }
    return {**answers, **at(DPHYS, Absent(), False)} if size else answers


CASES = {
    "dphys-swapfile: another size": Case(
        swap(1024),
        bookworm(),
        [f"change {DPHYS}: {len(STOCK) + 1} bytes", f"restart {UNIT}"],
        STOCK.replace(b"=100", b"=1024"),
    ),
    "dphys-swapfile: as it should be": Case(swap(100), bookworm()),
    "dphys-swapfile: it was off": Case(swap(100), bookworm(unit=OFF), [f"enable, start {UNIT}"]),
    "dphys-swapfile: none": Case(swap(0), bookworm(size=0), [f"disable, stop {UNIT}"]),
    "dphys-swapfile: none, as it should be": Case(swap(0), bookworm(unit=OFF, size=0)),
    "rpi-swap: a file": Case(
        swap(1024),
        trixie(Absent(), Absent()),
        [f"make folder {DROP_INS} 0755", f"write {OURS} 0644, {len(FILE)} bytes; counts after a reboot"],
        FILE,
    ),
    "rpi-swap: compressed memory": Case(
        swap(1024, zram=True),
        trixie(a_file(FILE)),
        [f"change {OURS}: {len(ZRAM)} bytes; counts after a reboot"],
        ZRAM,
    ),
    "rpi-swap: none": Case(
        swap(0),
        trixie(a_file(FILE), size=0),
        [f"change {OURS}: 22 bytes; counts after a reboot"],
        b"[Main]\nMechanism=none\n",
    ),
    "rpi-swap: as it should be": Case(swap(1024), trixie(a_file(FILE))),
}


@pytest.mark.parametrize("name", CASES)
def test_each_keeps_the_law_of_steps(name: str) -> None:
    lawful(CASES[name])


def test_more_than_dphys_swapfile_makes_needs_its_limit_raised() -> None:
    written = [change for change in swap(4096).decide(View(bookworm())) if hasattr(change, "content")]

    assert b"#CONF_SWAPFILE=/var/swap\nCONF_SWAPSIZE=4096\n#CONF_SWAPFACTOR=2\nCONF_MAXSWAP=4096\n" == (
        written[-1].content.head(999)
    )


REFUSED: dict[str, tuple[Step, dict[Question, Answer], str]] = {
    "nobody who looks after it": (
        swap(1024),
        bookworm() | at(DPHYS, Absent()),
        "neither rpi-swap nor dphys-swapfile",
    ),
    "zram of dphys-swapfile": (swap(1024, zram=True), bookworm(), "keeps a file and no zram"),
    "dphys-swapfile without its unit": (swap(1024), bookworm(unit=Unit()), "no unit `dphys-swapfile"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(name: str) -> None:
    step, answers, reason = REFUSED[name]
    with pytest.raises(Refused, match=reason):
        step.decide(View(answers))
