"""Show what nodes are: a row of facts for each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from nowfab.facts import material, nature
from nowfab.facts.nature import Facts
from nowfab.report.across import UNKNOWN, Column, lay, size
from nowfab.report.table import Table
from nowfab.results import GOOD, Report, Result

COLUMNS = (
    Column("model", wide=True),
    Column("system", wide=True),
    Column("bits"),
    Column("kernel", wide=True),
    Column("cpus", right=True),
    Column("memory", right=True),
    Column("disk", right=True),
    Column("network", wide=True),
)

_BITS = {"aarch64": 64, "x86_64": 64, "riscv64": 64, "armv6l": 32, "armv7l": 32, "armv8l": 32, "i686": 32}
"""The bits of kernels, by `uname -m`."""


def rows(report: Report, columns: int | None) -> Table:
    """Lay the facts out for a terminal of `columns`, None for no terminal."""
    return lay(COLUMNS, [(one, _cells(told(one))) for one in report.results], columns)


def members(result: Result) -> Mapping[str, object]:
    """Give what is JSON's own of a row: `facts`, null where the node did not tell any."""
    facts = told(result)
    return {"facts": None if facts is None else asdict(facts)}


def told(result: Result) -> Facts | None:
    """Read a row's output."""
    sections = material.cut(result.stdout.head(material.LONGEST)) if result.status in GOOD else None
    return None if sections is None else nature.read(sections)


def _cells(facts: Facts | None) -> tuple[str, ...]:
    if facts is None:
        return ()
    return (
        _model(facts.model),
        _system(facts),
        _bits(facts),
        facts.kernel or UNKNOWN,
        UNKNOWN if facts.cpus is None else str(facts.cpus),
        size(facts.memory),
        size(facts.disk),
        UNKNOWN if facts.network is None else "+".join(facts.network) or "none",
    )


def _model(model: str | None) -> str:
    """Leave out of `Raspberry Pi 4 Model B Rev 1.4` what all of them are called."""
    return UNKNOWN if model is None else model.removeprefix("Raspberry ").replace(" Rev ", " ")


def _system(facts: Facts) -> str:
    if facts.system_id and facts.version:
        return f"{facts.system_id} {facts.version}"
    return facts.system or UNKNOWN


def _bits(facts: Facts) -> str:
    """Say `64`, or `64/32` where the kernel's programs are of another size."""
    kernel, userland = _BITS.get(facts.machine or ""), facts.userland_bits
    if kernel is None or userland is None or kernel == userland:
        return str(userland or kernel or UNKNOWN)
    return f"{kernel}/{userland}"
