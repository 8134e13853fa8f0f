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
    Column("model", least=10),
    Column("system", least=9),
    Column("bits"),
    Column("kernel", least=7),
    Column("RAM", right=True),
    Column("disk", right=True),
    Column("network", least=7),
)

_NETWORKS = {"systemd-networkd": "networkd", "networking": "ifupdown"}
"""What units are called that are better known by another name."""

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
        size(facts.memory),
        size(facts.disk),
        _network(facts.network),
    )


def _model(model: str | None) -> str:
    """Leave out of `Raspberry Pi 4 Model B Rev 1.4` what is in all such names: `Pi 4 B 1.4`."""
    if model is None or not model.startswith("Raspberry Pi "):
        return model or UNKNOWN
    return (
        model.removeprefix("Raspberry ").replace(" Model ", " ").replace(" Rev ", " ").replace(" Plus", "+")
    )


def _network(units: tuple[str, ...] | None) -> str:
    if units is None:
        return UNKNOWN
    return "+".join(_NETWORKS.get(unit, unit) for unit in units) or "none"


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
