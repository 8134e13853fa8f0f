"""Bring back what stood at a path before a guarded run; done twice or cut half way, it does no harm."""

import contextlib
import errno
import os
import stat

from nowfab.agent.paths import Spot, sync_folders
from nowfab.agent.words import Trouble, to_bytes, to_text, why


def restore_all(record: dict) -> "list[str]":
    """Bring all paths back, the last one first, durably; say what of others keeps a folder from going."""
    notes = []
    for each in record["touched"]:
        Spot(each["path"], record["run"], each["index"]).sweep()
    for each in reversed(record["paths"]):
        try:
            note = restore_one(each, Spot(each["path"], record["run"], each["index"]))
        except OSError as error:
            raise Trouble("`%s` cannot be brought back: %s" % (each["path"], why(error))) from None
        if note:
            notes.append(note)
    sync_folders([each["path"] for each in record["paths"]])
    return notes


def restore_one(each: dict, spot: Spot) -> str:
    """Bring back one path; say why a new folder stays."""
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
            return "`%s` stays: there is something in it that is not of this run" % each["path"]
    else:
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            os.unlink(spot.path)
    return ""


def restore_file(old: bytes, spot: Spot) -> None:
    """Put the old inode in its place."""
    if not os.path.lexists(old):
        raise Trouble("`%s` cannot be brought back: `%s` is gone" % (to_text(spot.path), to_text(old)))
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
        os.fchown(descriptor, each["uid"], each["gid"])
        os.fchmod(descriptor, each["mode"])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not there:
        if os.path.lexists(spot.path):
            os.unlink(spot.path)
        os.rename(spot.new, spot.path)


def is_folder(path: bytes) -> bool:
    """Say whether a folder stands there, not a link to one."""
    try:
        return stat.S_ISDIR(os.lstat(path).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
