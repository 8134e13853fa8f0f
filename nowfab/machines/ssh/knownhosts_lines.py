"""Read what stands in a known_hosts file, line by line.

The format is that of sshd(8), SSH_KNOWN_HOSTS FILE FORMAT. It was OpenSSH's reader that decided
where the page is silent: a line that cannot be understood is passed over, the others count.
"""

from __future__ import annotations

import binascii
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from nowfab.errors import FileError, Place
from nowfab.machines.ssh.knownhosts_hash import unhash

LIMIT = 64 * 1024 * 1024
"""Bytes of a known_hosts file that are read at most."""

_FIELDS = {
    "ssh-ed25519": 2,
    "ssh-rsa": 3,
    "ssh-dss": 5,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "sk-ssh-ed25519@openssh.com": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
}
"""Strings in a public key of each type, its name counted (RFC 4253, 5656, 8709; PROTOCOL.u2f)."""


class Marker(Enum):
    """What a line says about its key."""

    NONE = ""
    AUTHORITY = "@cert-authority"
    REVOKED = "@revoked"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: whose key it is, as it stands there, and the key."""

    marker: Marker
    names: str
    kind: str
    blob: bytes
    place: Place


class _Bad(Exception):
    """A line that is passed over; the message says why."""


def load(path: Path) -> bytes:
    """Give a file's bytes, none for a file that is not there; FileError for anything else in the way."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise FileError(str(path), _because(error)) from error
    try:
        return contents(descriptor, path)
    except OSError as error:
        raise FileError(str(path), _because(error)) from error
    finally:
        os.close(descriptor)


def contents(descriptor: int, path: Path) -> bytes:
    """Give what an open file holds; FileError for what is neither a file nor /dev/null."""
    found = os.fstat(descriptor)
    if is_null(found):
        return b""
    if not stat.S_ISREG(found.st_mode):
        what = "a folder" if stat.S_ISDIR(found.st_mode) else "no regular file"
        raise FileError(str(path), f"cannot be read: it is {what}")
    if found.st_size > LIMIT:
        raise FileError(str(path), f"is larger than {LIMIT // 1024 // 1024} MiB")
    pieces = []
    at = 0
    while piece := os.pread(descriptor, 1024 * 1024, at):
        pieces.append(piece)
        at += len(piece)
    return b"".join(pieces)


def is_null(found: os.stat_result) -> bool:
    """Tell whether this is /dev/null, which people name to have no known_hosts at all."""
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == Path(os.devnull).stat().st_rdev


def parse(data: bytes, file: str) -> tuple[list[Entry], list[str]]:
    """Give the entries, and a sentence for each line that is passed over."""
    entries: list[Entry] = []
    problems: list[str] = []
    for place, line in _lines(data, file):
        try:
            entries.append(_entry(line, place))
        except _Bad as bad:
            problems.append(f"{place}: {bad}")
    return entries, problems


def _lines(data: bytes, file: str) -> Iterator[tuple[Place, str]]:
    for number, raw in enumerate(data.split(b"\n"), 1):
        line = raw.decode("latin-1").strip(" \t\r")
        if line and line[0] != "#":
            yield Place(file, number), line


def _entry(line: str, place: Place) -> Entry:
    marker = Marker.NONE
    if line[0] == "@":
        word, line = _word(line)
        try:
            marker = Marker(word)
        except ValueError:
            raise _Bad(f"unknown marker `{ascii(word)[1:-1]}`") from None
    names, line = _word(line)
    if names[:1] == "|" and unhash(names) is None:
        raise _Bad("the hashed name is not whole")
    kind, line = _word(line)
    text, _ = _word(line)
    if not text or kind[0] == "#":
        raise _Bad("a key is missing")
    if kind.isdigit():
        raise _Bad("a key of SSH version 1")
    blob = _decoded(text)
    return Entry(marker, names, _kind(kind, blob), blob, place)


def _word(line: str) -> tuple[str, str]:
    """Split at the first blank or tab."""
    end = len(line)
    for blank in " \t":
        at = line.find(blank, 0, end)
        end = at if at >= 0 else end
    return line[:end], line[end:].lstrip(" \t")


def _decoded(text: str) -> bytes:
    """Give the bytes of a base64 word."""
    try:
        return binascii.a2b_base64(text.encode("latin-1"), strict_mode=True)
    except ValueError:
        raise _Bad("the key is not base64") from None


def _kind(said: str, blob: bytes) -> str:
    """Give the type that the key itself names, once it is whole and the line agrees."""
    fields = _fields(blob)
    kind = fields[0].decode("latin-1")
    if said != kind:
        raise _Bad(f"a key of type `{ascii(kind)[1:-1]}` is said to be `{ascii(said)[1:-1]}`")
    if len(fields) != _FIELDS.get(kind, len(fields)):
        raise _Bad("the key is not whole")
    if kind == "ssh-ed25519" and len(fields[1]) != 32:
        raise _Bad("the key is not whole")
    return kind


def _fields(blob: bytes) -> list[bytes]:
    """Take a public key apart into its strings (RFC 4251 section 5)."""
    fields = []
    at = 0
    while at < len(blob):
        start = at + 4
        at = start + int.from_bytes(blob[at:start], "big")
        fields.append(blob[start:at])
    if not fields or at != len(blob):
        raise _Bad("the key is not whole")
    return fields


def _because(error: OSError) -> str:
    if error.errno in (errno.EISDIR, errno.ENOTDIR):
        return f"cannot be read: {'it' if error.errno == errno.EISDIR else 'something above it'} is no file"
    return f"cannot be read: {(error.strerror or str(error)).lower()}"
