"""Judge host keys by known_hosts files, with OpenSSH's meaning (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT)."""

from __future__ import annotations

import base64
import binascii
import fnmatch
import hashlib
import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nowfab.errors import FileError, Place

PORT = 22

MARKERS = ("@cert-authority", "@revoked")

Known = tuple[str, str, Place]
"""A kind of key, its fingerprint, and where it stands."""


class State(Enum):
    """What is known of a host key that was shown."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    CHANGED = "changed"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A judgement: the deciding line, and all keys on file under the names that were looked up."""

    state: State
    place: Place | None = None
    known: tuple[Known, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: the names that it is for, and a key."""

    marker: str
    names: str
    kind: str
    blob: bytes
    place: Place


def lookup_name(host: str, port: int) -> str:
    """Write a host as known_hosts does: `[host]:port` where the port is not 22."""
    return host.lower() if port == PORT else f"[{host.lower()}]:{port}"


def fingerprint(blob: bytes) -> str:
    """Give what `ssh-keygen -l` prints: SHA256 and unpadded base64."""
    digest = base64.b64encode(hashlib.sha256(blob).digest()).decode()
    return f"SHA256:{digest.rstrip('=')}"


class KnownHosts:
    """The entries of some files. `problems` names the lines that no meaning could be found in.

    Lines for certificate authorities are kept out of a plain key's judgement, as OpenSSH does;
    host certificates themselves are not used.
    """

    def __init__(self, entries: Sequence[Entry], problems: Sequence[Place] = ()) -> None:
        self.problems = tuple(problems)
        self._literal: dict[str, list[Entry]] = {}
        self._rest: list[Entry] = []
        self._found: dict[str, list[Entry]] = {}
        for entry in entries:
            if entry.names.startswith("|") or any(c in entry.names for c in "*?!"):
                self._rest.append(entry)
            else:
                for name in entry.names.lower().split(","):
                    self._literal.setdefault(name, []).append(entry)

    @classmethod
    def read(cls, files: Sequence[Path]) -> KnownHosts:
        """Read files; a missing one is empty. FileError when one cannot be read: nothing is known then."""
        entries: list[Entry] = []
        problems: list[Place] = []
        for file in files:
            for number, line in enumerate(_lines(file), 1):
                entry = _entry(line, Place(str(file), number))
                if isinstance(entry, Entry):
                    entries.append(entry)
                elif entry is not None:
                    problems.append(entry)
        return cls(entries, problems)

    def check(self, lookups: Sequence[str], kind: str, blob: bytes) -> Verdict:
        """Judge a key that was shown by a host that goes by these names.

        One hit under any name is enough; another key of the same kind under any of them is a
        change. A key of another kind than those on file is unknown when nothing else is known of
        it, which OpenSSH asks about too.
        """
        entries = list(dict.fromkeys(entry for name in lookups for entry in self._of(name)))
        known = tuple((e.kind, fingerprint(e.blob), e.place) for e in entries if not e.marker)
        for entry in entries:
            if entry.marker == "@revoked" and entry.blob == blob:
                return Verdict(State.REVOKED, entry.place, known)
        plain = [entry for entry in entries if not entry.marker]
        for name in lookups:
            mine = [e for e in self._of(name) if not e.marker]
            if any(e.kind == kind for e in mine) and not any(e.blob == blob for e in mine):
                wrong = next(e for e in mine if e.kind == kind)
                return Verdict(State.CHANGED, wrong.place, known)
        hit = next((entry for entry in plain if entry.blob == blob), None)
        if hit is not None:
            return Verdict(State.KNOWN, hit.place, known)
        return Verdict(State.UNKNOWN, None, known)

    def kinds(self, lookups: Sequence[str]) -> tuple[str, ...]:
        """Give the kinds of key on file under these names, in the order of the files."""
        found = (e.kind for name in lookups for e in self._of(name) if not e.marker)
        return tuple(dict.fromkeys(found))

    def _of(self, name: str) -> list[Entry]:
        name = name.lower()
        if name not in self._found:
            rest = [entry for entry in self._rest if _matches(entry.names, name)]
            self._found[name] = [*self._literal.get(name, ()), *rest]
        return self._found[name]


def _lines(file: Path) -> Iterator[str]:
    try:
        data = file.read_bytes()
    except FileNotFoundError:
        return iter(())
    except OSError as error:
        raise FileError(str(file), f"known hosts cannot be read: {(error.strerror or '').lower()}") from error
    return iter(data.decode("latin-1").split("\n"))


def _entry(line: str, place: Place) -> Entry | Place | None:
    """Read one line: an entry, its place when it means nothing, None when it is empty or a comment."""
    words = line.split()
    if not words or words[0].startswith("#"):
        return None
    marker = words.pop(0) if words[0].startswith("@") else ""
    if (marker and marker not in MARKERS) or len(words) < 3:
        return place
    names, kind, key = words[:3]
    try:
        blob = base64.b64decode(key, validate=True)
    except (binascii.Error, ValueError):
        return place
    size = int.from_bytes(blob[:4], "big")
    if blob[4 : 4 + size].decode("latin-1") != kind:
        return place
    return Entry(marker, names, kind, blob, place)


def _matches(names: str, name: str) -> bool:
    """Match one name field: hashed, or patterns of which a negated one decides."""
    if names.startswith("|"):
        return _hashed(names, name)
    matched = False
    for pattern in names.lower().split(","):
        negated = pattern.startswith("!")
        if _glob(pattern.removeprefix("!"), name):
            if negated:
                return False
            matched = True
    return matched


def _glob(pattern: str, name: str) -> bool:
    """Match `*` and `?`; brackets are no wildcards here, they stand for themselves."""
    return fnmatch.fnmatchcase(name, pattern.replace("[", "[[]"))


def _hashed(names: str, name: str) -> bool:
    parts = names.split("|")
    if len(parts) != 4 or parts[1] != "1":
        return False
    try:
        salt, digest = base64.b64decode(parts[2]), base64.b64decode(parts[3])
    except (binascii.Error, ValueError):
        return False
    return hmac.compare_digest(digest, hmac.digest(salt, name.encode(), "sha1"))
