"""Have a user become root by sudo."""

from __future__ import annotations

from nowfab.blobs import MemoryBlob
from nowfab.plan.steps import Step
from nowfab.steps.file import file
from nowfab.steps.rights import Rights

FOLDER = "/etc/sudoers.d"
"""sudo reads no file there whose name has a dot in it or ends in a tilde (sudoers(5))."""


def sudo(user: str, password: bool = True) -> Step:
    """Let the user do everything; with `password` false without being asked for one.

    The file is one that visudo takes, or it is not put in place.
    """
    how = "ALL" if password else "NOPASSWD: ALL"
    content = MemoryBlob(f"{user} ALL=(ALL:ALL) {how}\n".encode())
    rights = Rights(0o440, "root", "root")
    check = ("visudo", "-cqf", "{}")
    return file(f"{FOLDER}/010_nowfab-{user.replace('.', '_')}", content, rights, check=check)
