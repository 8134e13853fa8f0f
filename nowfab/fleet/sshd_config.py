"""Configure an sshd that needs no root, no PAM and no DNS, and lets in one key."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence
from pathlib import Path

from nowfab.inventory.node import Node


def lines(folder: Path, program: str, group: Sequence[Node]) -> list[str]:
    """Give the lines for an sshd that serves this group of nodes, named by the first of them."""
    leader = group[0].name
    return [
        *(f"ListenAddress {node.address}:{node.port}" for node in group),
        f'HostKey "{folder}/{leader}.host"',
        f'PidFile "{folder}/{leader}.pid"',
        f'AuthorizedKeysFile "{folder}/id.pub"',
        "StrictModes no",
        f'SetEnv "HOME={folder}/home"',  # the user's own start-up files are not the nodes'
        "UsePAM no",
        "UseDNS no",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "PermitRootLogin prohibit-password",
        "PermitUserRC no",
        "MaxStartups 1000",
        "LogLevel VERBOSE",
        *(["PerSourcePenalties no"] if _version(program) >= (9, 8) else []),
    ]


def _version(program: str) -> tuple[int, int]:
    """Ask sshd for its version; older ones do not know -V, but say it as they complain."""
    said = subprocess.run(  # noqa: S603 # the program that find() gave
        [program, "-V"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=5
    )
    found = re.search(r"OpenSSH_(\d+)\.(\d+)", said.stderr + said.stdout)
    return (int(found[1]), int(found[2])) if found else (0, 0)
