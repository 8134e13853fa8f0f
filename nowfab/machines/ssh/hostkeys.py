"""Judge the key that a host shows by what known_hosts says of it.

The rules are OpenSSH's, tried with its client and read in its hostfile.c and sshconnect.c:

- A key that stands under the host's name is known. A `@revoked` one never is.
- A host that has keys on file, but not the one it shows, is *changed*, also when it shows a key of
  another type: otherwise who stands in between only had to choose a type that nobody knows yet.
  `kinds` is there so that the key exchange asks for the types on file first.
- With a port in the look-up (`[red01]:2222`), the same key under the bare name is good, too.
- `@cert-authority` lines are no keys of hosts. paramiko takes no host certificates, so they help
  nobody here: such a host shows its plain key and is unknown until that one is on file.

Ours is the rule for several look-ups: one hit is enough, but a look-up that has a key of the same
type and not this one means changed.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256
from pathlib import Path

from nowfab.errors import Place
from nowfab.machines.ssh import knownhosts_hash, knownhosts_lines, wildcards
from nowfab.machines.ssh.knownhosts_file import append as append
from nowfab.machines.ssh.knownhosts_hash import Hashed
from nowfab.machines.ssh.knownhosts_lines import Entry, Marker
from nowfab.machines.ssh.wildcards import Pattern

SSH_PORT = 22


class State(Enum):
    """What known_hosts says of a key."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What known_hosts says of a key, and the line that decided it.

    `known` are the keys on file under these names: type, fingerprint, place.
    """

    state: State
    place: Place | None
    known: tuple[tuple[str, str, Place], ...]


def lookup_name(host: str, port: int) -> str:
    """Write a host as known_hosts does: `red01`, or `[red01]:2222` for a port of its own."""
    name = host.lower()
    return name if port == SSH_PORT else f"[{name}]:{port}"


def fingerprint(blob: bytes) -> str:
    """Give a key's fingerprint as OpenSSH prints it."""
    return "SHA256:" + base64.b64encode(sha256(blob).digest()).decode().rstrip("=")


class KnownHosts:
    """All known_hosts files of a run, read once; safe to ask from many threads.

    `problems` are sentences about the lines that were passed over.
    """

    __slots__ = ("_claimed", "_entries", "_found", "_hashed", "_lock", "_plain", "_wild", "problems")

    def __init__(self, entries: Sequence[Entry], problems: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self._entries = tuple(entries)
        self._plain: dict[str, list[int]] = {}
        self._wild: list[tuple[int, tuple[Pattern, ...]]] = []
        self._hashed: list[tuple[int, Hashed]] = []
        self._claimed: set[int] = set()
        self._lock = threading.Lock()
        self._found: dict[str, tuple[Entry, ...]] = {}
        for number, entry in enumerate(entries):
            self._index(number, entry.names.lower() if entry.names[0] != "|" else entry.names)

    @classmethod
    def read(cls, files: Sequence[Path]) -> KnownHosts:
        """Read these files in order; a missing one is empty, FileError for one that cannot be read."""
        entries: list[Entry] = []
        problems: list[str] = []
        for file in files:
            some, bad = knownhosts_lines.parse(knownhosts_lines.load(file), str(file))
            entries += some
            problems += bad
        return cls(entries, problems)

    def check(self, lookups: Sequence[str], kind: str, blob: bytes) -> Verdict:
        """Judge a key that a host shows; `lookups` are its names, as lookup_name writes them."""
        own = [self._keys(name) for name in lookups]
        known = tuple(dict.fromkeys((e.kind, fingerprint(e.blob), e.place) for keys in own for e in keys))
        for entry in self._under((*lookups, *_bare(lookups)), Marker.REVOKED):
            if entry.blob == blob:
                return Verdict(State.REVOKED, entry.place, known)
        others = [key for keys in own if not _holds(keys, blob) for key in keys]
        rivals = [key for key in others if key.kind == kind]
        hit = next((key for keys in own for key in keys if key.blob == blob), None)
        if rivals or (others and hit is None):
            return Verdict(State.CHANGED, (rivals or others)[0].place, known)
        hit = hit or next((key for key in self._under(_bare(lookups)) if key.blob == blob), None)
        return Verdict(State.KNOWN if hit else State.UNKNOWN, hit.place if hit else None, known)

    def kinds(self, lookups: Sequence[str]) -> tuple[str, ...]:
        """Give the types of the keys on file for these names, in the order of the files."""
        keys = [*self._under(lookups)] or [*self._under(_bare(lookups))]
        return tuple(dict.fromkeys(key.kind for key in keys))

    def _under(self, names: Sequence[str], marker: Marker = Marker.NONE) -> Iterator[Entry]:
        return (entry for name in names for entry in self._look_up(name) if entry.marker is marker)

    def _keys(self, name: str) -> list[Entry]:
        return [*self._under([name])]

    def _look_up(self, name: str) -> tuple[Entry, ...]:
        name = name.lower()
        with self._lock:
            if name not in self._found:
                self._found[name] = self._search(name)
            return self._found[name]

    def _search(self, name: str) -> tuple[Entry, ...]:
        numbers = {*self._plain.get(name, ()), *self._wild_ones(name), *self._hashed_ones(name)}
        return tuple(self._entries[number] for number in sorted(numbers))

    def _wild_ones(self, name: str) -> Iterator[int]:
        return (number for number, patterns in self._wild if wildcards.fits(name, patterns))

    def _hashed_ones(self, name: str) -> Iterator[int]:
        """Find hashed lines; a line that was found under one name is not tried under others."""
        data = name.encode("latin-1", "replace")
        for number, hashed in self._hashed:
            if number not in self._claimed and hashed.fits(data):
                self._claimed.add(number)
                yield number

    def _index(self, number: int, names: str) -> None:
        hashed = knownhosts_hash.unhash(names)
        if hashed is not None:
            self._hashed.append((number, hashed))
        elif any(char in names for char in "*?!"):
            self._wild.append((number, wildcards.patterns(names.split(","))))
        else:
            for name in names.split(","):
                self._plain.setdefault(name, []).append(number)


def _holds(keys: Sequence[Entry], blob: bytes) -> bool:
    return any(key.blob == blob for key in keys)


def _bare(lookups: Sequence[str]) -> tuple[str, ...]:
    """Give the names without their ports, of those that have one."""
    return tuple(name[1 : name.rindex("]:")] for name in lookups if name[:1] == "[" and "]:" in name)
