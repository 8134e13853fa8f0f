"""Say what a node is: its model, its system, its sizes, and who sees to its network."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nowfab.facts import reading
from nowfab.facts.material import NETWORKS, Sections

ASKS = (
    *("model", "product", "os", "kernel", "machine", "bits", "packages", "cpus"),
    *("memory", "disk", "network", "python"),
)

_ACTIVE = frozenset({"active", "reloading"})
_STATES = _ACTIVE | {"inactive", "failed", "activating", "deactivating", "unknown", "maintenance"}
_CODENAME = re.compile(r"\(([a-z]+)\)")


@dataclass(frozen=True, slots=True)
class Facts:
    """What a node is; None is unknown.

    `system` is its name as it gives it, `system_id`, `version` and `codename` are os-release's. `machine`
    is the kernel's architecture, `userland_bits` and `packages` that of its programs: a 64-bit kernel may
    carry a system of 32 bits. `memory` and `disk`, the file system of `/`, are in bytes. `network` names
    the units that see to the network, of NETWORKS.
    """

    model: str | None = None
    system: str | None = None
    system_id: str | None = None
    version: str | None = None
    codename: str | None = None
    kernel: str | None = None
    machine: str | None = None
    userland_bits: int | None = None
    packages: str | None = None
    cpus: int | None = None
    memory: int | None = None
    disk: int | None = None
    network: tuple[str, ...] | None = None
    python: str | None = None


def read(sections: Sections) -> Facts:
    """Make facts of what a node said; whatever it said, there is no error."""
    release = reading.settings(sections.get("os", ()))
    size, _, _ = reading.disk(sections.get("disk", ()))
    bits = reading.whole(reading.first(sections, "bits"))
    python = re.fullmatch(r"Python ([0-9]+\.[0-9]+\S*)", reading.first(sections, "python") or "")
    return Facts(
        reading.first(sections, "model") or reading.first(sections, "product"),
        release.get("PRETTY_NAME"),
        release.get("ID"),
        release.get("VERSION_ID"),
        release.get("VERSION_CODENAME") or _codename(release.get("VERSION", "")),
        reading.first(sections, "kernel"),
        reading.first(sections, "machine"),
        bits if bits in (32, 64) else None,
        reading.first(sections, "packages"),
        reading.count(reading.first(sections, "cpus")),
        reading.memory(sections.get("memory", ()), "MemTotal"),
        size,
        _network(sections.get("network", ())),
        python[1] if python else None,
    )


def _codename(version: str) -> str | None:
    """Find the codename in `9 (stretch)`; releases before Debian 10 say it nowhere else."""
    found = _CODENAME.search(version)
    return found[1] if found else None


def _network(states: tuple[str, ...]) -> tuple[str, ...] | None:
    """Tell which units are active; `systemctl is-active` gives one word for each, in their order."""
    if len(states) != len(NETWORKS) or not _STATES.issuperset(states):
        return None
    return tuple(unit for unit, state in zip(NETWORKS, states, strict=True) if state in _ACTIVE)
