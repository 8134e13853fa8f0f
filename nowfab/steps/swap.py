"""Have as much swap as is wanted, by whatever looks after it on the node."""

from __future__ import annotations

from dataclasses import replace

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import Change, WriteFile
from nowfab.plan.questions import File, PathAt, UnitNamed
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.file import file
from nowfab.steps.firmware import AFTER_REBOOT
from nowfab.steps.folder import folder
from nowfab.steps.line import line
from nowfab.steps.service import service
from nowfab.steps.together import together

GENERATOR = "/usr/lib/systemd/system-generators/rpi-swap-generator"
"""Makes swap at boot since Raspberry Pi OS 13 (rpi-swap-generator(8))."""

DROP_INS = "/etc/rpi/swap.conf.d"
OURS = f"{DROP_INS}/90-nowfab.conf"
"""Read after what the distribution says (swap.conf(5)); the package does not bring the folder."""

DPHYS = "/etc/dphys-swapfile"
UNIT = "dphys-swapfile.service"
"""Keeps a swap file up to Raspberry Pi OS 12: makes it anew in its size at each start."""

LIMIT = 2048
"""MiB that dphys-swapfile makes at most unless CONF_MAXSWAP says more."""


def swap(size: int, zram: bool = False) -> Step:
    """Have `size` MiB of swap in a file, or in compressed memory (`zram`); 0 for none.

    A node on which neither rpi-swap nor dphys-swapfile looks after swap is refused.
    """
    title = f"swap of {size} MiB" if size else "no swap"
    new, old = _generated(title, size, zram), _kept(title, size)

    def decide(view: View) -> tuple[Change, ...]:
        if isinstance(view.at(GENERATOR, content=False), File):
            changes = new.decide(view)
            return tuple(
                replace(one, note=AFTER_REBOOT) if isinstance(one, WriteFile) else one for one in changes
            )
        if isinstance(view.at(DPHYS), File):
            if zram and size:
                raise Refused("dphys-swapfile keeps a file and no zram; Raspberry Pi OS 13 has both")
            return old.decide(view)
        raise Refused(
            "neither rpi-swap nor dphys-swapfile looks after swap here; a step `package` brings one"
        )

    return Step(title, (PathAt(GENERATOR, content=False), *new.questions, *old.questions), decide)


def _generated(title: str, size: int, zram: bool) -> Step:
    """Tell rpi-swap, which reads it at boot."""
    how, part = ("zram", "Zram") if zram else ("swapfile", "File")
    said = (
        f"[Main]\nMechanism={how}\n\n[{part}]\nFixedSizeMiB={size}\n" if size else "[Main]\nMechanism=none\n"
    )
    return together(title, (folder(DROP_INS), file(OURS, MemoryBlob(said.encode()))))


def _kept(title: str, size: int) -> Step:
    """Tell dphys-swapfile, and have it make the file anew; without swap it rests, and the file stays."""
    if not size:
        off = service(UNIT, enabled=False, running=False)
        return replace(off, questions=(PathAt(DPHYS), UnitNamed(UNIT)))
    lines = [line(DPHYS, f"CONF_SWAPSIZE={size}", instead_of=r"^#?\s*CONF_SWAPSIZE=")]
    if size > LIMIT:
        lines.append(line(DPHYS, f"CONF_MAXSWAP={size}", instead_of=r"^#?\s*CONF_MAXSWAP="))
    return together(title, (*lines, service(UNIT, enabled=True, running=True, after_change_of=(DPHYS,))))
