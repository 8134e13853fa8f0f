"""Have a node bear its name."""

from __future__ import annotations

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.questions import OutputOf
from nowfab.plan.steps import Step
from nowfab.plan.view import View
from nowfab.steps.file import file
from nowfab.steps.line import line
from nowfab.steps.together import together

_NOW = ("hostname",)
KERNEL = "/proc/sys/kernel/hostname"
"""Where the kernel shows the name that it has now (proc(5))."""


def hostname(name: str) -> Step:
    """Give the node this name: now, in /etc/hostname, and in the line of /etc/hosts that is its own.

    Debian gives the name 127.0.1.1 (Debian Reference 5.1.1), so that it means something without DNS.
    """

    def decide(view: View) -> tuple[Change, ...]:
        said = view.said(*_NOW).stdout.strip()
        return () if said == name.encode() else (RunArgv(("hostname", name), alters=(KERNEL,)),)

    steps = (
        file("/etc/hostname", MemoryBlob(f"{name}\n".encode())),
        line("/etc/hosts", f"127.0.1.1\t{name}", instead_of=r"^127\.0\.1\.1\s"),
    )
    return together(f"hostname {name}", steps, Step(f"hostname {name}", (OutputOf(_NOW),), decide))
