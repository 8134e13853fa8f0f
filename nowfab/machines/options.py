"""Say how the machines are to be reached in one run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Literal

from nowfab.blobs import Secret

HostKeys = Literal["strict", "accept-new"]
"""What to do with a host key that is not on file. A changed one is refused by both."""


@dataclass(frozen=True, slots=True)
class Options:
    """Everything that reaching nodes needs to be told; `environ` is the caller's environment.

    `host_keys` None means what ssh_config says, else strict. `fanout` is how many nodes are worked on
    at once, `connect_timeout` the seconds from DNS to the end of authentication (None: what
    ssh_config says, else 10), `silence` the seconds without a sign of life after which a connection
    counts as gone, `live` whether Output events are wanted, `password` what a node is told that
    refused every key.
    """

    home: Path
    fanout: int = 64
    connect_timeout: float | None = None
    host_keys: HostKeys | None = None
    silence: float = 45.0
    live: bool = False
    password: Secret | None = None
    environ: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
