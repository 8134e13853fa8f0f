"""Name what can be asked of a node, and what it can answer."""

from __future__ import annotations

from dataclasses import dataclass

from nowfab.blobs import Blob


@dataclass(frozen=True, slots=True)
class PathAt:
    """What stands at an absolute path; links are not followed. Answered by one of Standing.

    Without `content` the bytes of a file stay where they are: they are a secret.
    """

    path: str
    content: bool = True


@dataclass(frozen=True, slots=True)
class PackageNamed:
    """Whether a Debian package is installed. Answered by Package."""

    name: str


@dataclass(frozen=True, slots=True)
class UnitNamed:
    """How a systemd unit is. Answered by Unit."""

    name: str


@dataclass(frozen=True, slots=True)
class SysctlNamed:
    """What a kernel parameter is now. Answered by Sysctl."""

    key: str


@dataclass(frozen=True, slots=True)
class OutputOf:
    """What a program says, which must change nothing. Answered by Said."""

    argv: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TcpTo:
    """Whether the node can connect to a port. Answered by Reached."""

    host: str
    port: int


Question = PathAt | PackageNamed | UnitNamed | SysctlNamed | OutputOf | TcpTo


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing stands at the path."""


@dataclass(frozen=True, slots=True)
class File:
    """A regular file. `content` is None where it is too large to be sent, or secret.

    `changed` is the second since 1970 of its last change of any kind (ctime), by the node's clock.
    """

    sha256: bytes
    mode: int
    owner: str
    group: str
    content: Blob | None = None
    changed: float = 0.0


@dataclass(frozen=True, slots=True)
class Link:
    """A symbolic link, and where it points."""

    target: str


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder."""

    mode: int
    owner: str
    group: str


@dataclass(frozen=True, slots=True)
class Other:
    """Something that no change may touch: a device, a pipe, a socket."""

    what: str


Standing = Absent | File | Link | Folder | Other


@dataclass(frozen=True, slots=True)
class Package:
    """A package: its installed version, "" without one."""

    version: str = ""
    held: bool = False


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: `enabled` and `active` are systemctl's words, "" and "inactive" for one that is not there.

    `since` is the second since 1970 at which it was started last, by the node's clock of now.
    """

    enabled: str = ""
    active: str = "inactive"
    since: float = 0.0

    @property
    def known(self) -> bool:
        """Whether there is such a unit."""
        return bool(self.enabled)


@dataclass(frozen=True, slots=True)
class Sysctl:
    """The value of a kernel parameter, None where the kernel has none of that name."""

    value: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """How a program ended, and what it wrote."""

    code: int
    stdout: bytes
    stderr: bytes = b""


@dataclass(frozen=True, slots=True)
class Reached:
    """Whether somebody took the connection."""

    yes: bool


@dataclass(frozen=True, slots=True)
class CannotTell:
    """The node could not answer, and why: no apt there, no systemd, not allowed."""

    reason: str


Answer = Absent | File | Link | Folder | Other | Package | Unit | Sysctl | Said | Reached | CannotTell
