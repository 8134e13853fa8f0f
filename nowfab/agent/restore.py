"""Bring back what stood at a path before a guarded run; done twice or cut half way, it does no harm."""

import contextlib
import errno
import os
import stat

from nowfab.agent.paths import Spot, sync_folder
from nowfab.agent.words import Trouble, to_bytes, to_text, why


def restore_all(record: dict) -> "tuple[list[str], list[str]]":
    """Bring all paths back, the last one first, durably, as far as that goes.

    Say what of others keeps a new folder from going, and what else is not as before.
    """
    stays, lost = [], []
    for each in record["touched"]:
        Spot(each["path"], record["run"], each["index"]).sweep()
    for each in reversed(record["paths"]):
        spot = Spot(each["path"], record["run"], each["index"])
        try:
            stays += restore_one(each, spot)
        except OSError as error:
            lost.append("`%s` cannot be brought back: %s" % (each["path"], why(error)))
        except Trouble as trouble:
            lost.append("`%s` cannot be brought back: %s" % (each["path"], trouble.reason))
        spot.sweep()
    return stays, lost + sync_restored(record["paths"])


def sync_restored(paths: "list[dict]") -> "list[str]":
    """Make durable what was brought back; say where that cannot be done."""
    lost = []
    for folder in sorted({os.path.dirname(to_bytes(each["path"])) for each in paths}):
        try:
            sync_folder(folder)
        except (FileNotFoundError, NotADirectoryError):
            pass
        except OSError as error:
            lost.append("`%s` cannot be made durable: %s" % (to_text(folder), why(error)))
    return lost


def restore_one(each: dict, spot: Spot) -> "list[str]":
    """Bring back one path; say why a new folder stays."""
    if each["is"] != "absent" and not os.path.isdir(spot.folder):
        raise Trouble("there is no folder `%s` any more" % to_text(spot.folder))
    if each["is"] == "folder":
        restore_folder(each, spot)
    elif each["is"] == "file":
        restore_file(to_bytes(each["old"]), spot)
    elif is_folder(spot.path):
        try:
            os.rmdir(spot.path)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            return ["`%s` stays: there is something in it that is not of this run" % each["path"]]
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(spot.path)
    return []


def restore_file(old: bytes, spot: Spot) -> None:
    """Put the old inode in its place."""
    if not os.path.lexists(old):
        raise Trouble("`%s` is gone" % to_text(old))
    if os.path.lexists(spot.path) and os.path.samestat(os.lstat(old), os.lstat(spot.path)):
        return
    os.link(old, spot.new, follow_symlinks=False)
    if is_folder(spot.path):
        os.rmdir(spot.path)
    os.rename(spot.new, spot.path)
    # a rename of two names of one inode does nothing
    with contextlib.suppress(FileNotFoundError):
        os.unlink(spot.new)


def restore_folder(each: dict, spot: Spot) -> None:
    """Make the folder again, or give it its rights back."""
    there = is_folder(spot.path)
    if not there:
        os.mkdir(spot.new, 0o700)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(spot.path if there else spot.new, flags)
    try:
        if not has_rights(each, os.fstat(descriptor)):  # what is immutable may be so if it is as before
            os.fchown(descriptor, each["uid"], each["gid"])
            os.fchmod(descriptor, each["mode"])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not there:
        if os.path.lexists(spot.path):
            os.unlink(spot.path)
        os.rename(spot.new, spot.path)


def has_rights(each: dict, found: os.stat_result) -> bool:
    """Say whether a folder has its old mode and owner."""
    return (each["mode"], each["uid"], each["gid"]) == (
        stat.S_IMODE(found.st_mode),
        found.st_uid,
        found.st_gid,
    )


def is_folder(path: bytes) -> bool:
    """Say whether a folder stands there, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
