"""Give what is in an archive, member after member: tar, plain or packed, and zip."""

import functools
import io
import shutil
import stat
import subprocess
import tarfile
import time
import zipfile

from nowfab.agent.errands.fetch import Wrong

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable, Iterator
    from typing import IO

ZSTD = b"\x28\xb5\x2f\xfd"
"""Begins what zstd packed (RFC 8878 section 3.1.1); Python reads it from 3.14 on."""

LINK_LIMIT = 4096
"""PATH_MAX of Linux, for the text of a link in a zip."""


class Member:
    """One member: a folder, a link (`target`), or a file that `open` reads while it is the member's turn."""

    def __init__(self, name: str, mode: int, changed: float) -> None:
        self.name = name
        self.mode = mode
        self.changed = changed
        self.folder = False
        self.target = None  # type: str | None
        self.hard = False
        self.open = io.BytesIO  # type: Callable[[], IO[bytes]]


def members_of(archive: str) -> "Iterator[Member]":
    """Give the members of an archive; Wrong where it is none, or is broken."""
    try:
        with open(archive, "rb") as file:
            start = file.read(len(ZSTD))
        if zipfile.is_zipfile(archive) and start[:2] == b"PK":
            yield from zip_members(archive)
        elif start == ZSTD and not hasattr(tarfile.TarFile, "zstopen"):
            yield from zstd_members(archive)
        else:
            with tarfile.open(archive, "r:*") as tar:
                yield from tar_members(tar)
    except (tarfile.TarError, zipfile.BadZipFile, EOFError) as error:
        why = str(error).partition("\n")[0].rstrip(":")
        raise Wrong("this is no archive that can be read here: %s" % why) from None


def zstd_members(archive: str) -> "Iterator[Member]":
    """Give the members of a tar that the program zstd unpacks."""
    program = shutil.which("zstd")
    if program is None:
        raise Wrong(
            "the archive is packed with zstd, which is not on this node; the package `zstd` brings it"
        )
    argv = [program, "--decompress", "--stdout", "--quiet", "--", archive]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as zstd:
        assert zstd.stdout
        with tarfile.open(fileobj=zstd.stdout, mode="r|") as tar:
            yield from tar_members(tar)
        while zstd.stdout.read(65536):  # what is behind the last member, so that zstd comes to its own end
            pass
    if zstd.returncode:
        raise Wrong("zstd could not unpack the archive to its end")


def tar_members(tar: tarfile.TarFile) -> "Iterator[Member]":
    """Give the members of a tar; a device or a pipe is nobody's software."""
    for info in tar:
        member = Member(info.name, info.mode, info.mtime)
        member.folder = info.isdir()
        if info.issym() or info.islnk():
            member.target, member.hard = info.linkname, info.islnk()
        elif not info.isdir() and not info.isreg():
            raise Wrong("`%s` in the archive is neither file nor folder nor link" % info.name)
        else:
            member.open = opener(tar, info)
        yield member


def opener(tar: tarfile.TarFile, info: tarfile.TarInfo) -> "Callable[[], IO[bytes]]":
    """Give what opens one file of a tar."""

    def opened() -> "IO[bytes]":
        found = tar.extractfile(info)
        assert found is not None
        return found

    return opened


def zip_members(archive: str) -> "Iterator[Member]":
    """Give the members of a zip; its modes are those of whoever packed it under Unix."""
    with zipfile.ZipFile(archive) as packed:
        for info in packed.infolist():
            mode = info.external_attr >> 16
            changed = time.mktime(info.date_time + (0, 0, -1))
            member = Member(info.filename, stat.S_IMODE(mode) or 0o644, changed)
            member.folder = info.filename.endswith("/")
            if stat.S_ISLNK(mode):
                if info.file_size > LINK_LIMIT:
                    raise Wrong("`%s` in the archive is a link with no end" % info.filename)
                member.target = packed.read(info).decode("utf-8", "surrogateescape")
            member.open = functools.partial(packed.open, info)
            yield member
