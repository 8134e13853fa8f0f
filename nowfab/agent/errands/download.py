"""Have the file of a URL stand at a path, whole or not at all, with its mode and owner."""

import grp
import hashlib
import os
import pwd
import stat

from nowfab.agent.errands.fetch import PIECE, Wrong, fetch, need_folder, remove, sync_names

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Callable


def download(url: str, sha256: str, path: str, mode: str, owner: str, group: str) -> None:
    """Fetch the file unless it is there already; it takes its place once it is whole and durable."""
    folder = os.path.dirname(path) or "/"
    need_folder(folder)
    new = os.path.join(folder, ".nowfab-download")
    remove(new)
    try:
        there = sha256_of(path) == sha256
        if not there:
            fetch(url, sha256, new)
        give(path if there else new, int(mode, 8), owner, group)
        if not there:
            os.rename(new, path)
            sync_names(folder)
    finally:
        remove(new)


def sha256_of(path: str) -> str:
    """Give the sha256 of a regular file, "" where something else or nothing stands."""
    if not os.path.lexists(path) or not stat.S_ISREG(os.lstat(path).st_mode):
        return ""
    digest = hashlib.sha256()
    with open(path, "rb") as source:
        for piece in iter(lambda: source.read(PIECE), b""):
            digest.update(piece)
    return digest.hexdigest()


def give(path: str, mode: int, owner: str, group: str) -> None:
    """Give a file its owner and then its mode, which a new owner would bound; "" leaves one as it is."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fchown(descriptor, number_of(owner, pwd.getpwnam, 2), number_of(group, grp.getgrnam, 2))
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def number_of(name: str, find: "Callable[[str], tuple]", place: int) -> int:
    """Give the number of a user or group; -1 leaves it as it is (chown(2))."""
    if not name or name.isdigit():
        return int(name or -1)
    try:
        return find(name)[place]
    except KeyError:
        raise Wrong("there is no user or group `%s` here" % name) from None
