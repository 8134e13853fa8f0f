"""Change what stands at a path: wholly or not at all, and so that a power cut cannot halve it.

The bytes of a file are durable before it takes its place; that it did is made durable by `sync_folders`,
once for all changes.
"""

import contextlib
import os
import stat

from nowfab.agent.frames import PIECE
from nowfab.agent.standing import group_id, owner_id, stands_at
from nowfab.agent.words import Trouble, to_bytes, to_text

TEMPORARY = b".nowfab-"
"""Begins the names of what stands beside a path while it is being changed."""


UNIT_FOLDERS = ("/etc/systemd/", "/usr/lib/systemd/", "/lib/systemd/", "/run/systemd/")
"""Their files say what units there are (systemd.unit(5))."""


class Spot:
    """A path to be changed, its folder, and two names beside it that are ours alone."""

    def __init__(self, path: str, run: str, index: int) -> None:
        self.path = to_bytes(path)
        self.folder = os.path.dirname(self.path)
        own = TEMPORARY + to_bytes("%s-%d" % (run, index))
        self.new = os.path.join(self.folder, own)
        self.old = self.new + b"-old"

    def sweep(self) -> None:
        """Remove what an interrupted change has left beside the path."""
        for left in (self.new, self.old):
            with contextlib.suppress(OSError):
                os.rmdir(left) if stat.S_ISDIR(os.lstat(left).st_mode) else os.unlink(left)


def sync_folder(folder: bytes) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folders(paths: "list[str]") -> None:
    """Make durable what stands at these paths; a folder that is gone has nothing to keep."""
    for folder in sorted({os.path.dirname(to_bytes(path)) for path in paths}):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            sync_folder(folder)


def write_path(change: dict, spot: Spot, staged: bytes) -> None:
    """Put a regular file in place; if it does not prove itself there, what stood there comes back."""
    copy_to(spot.new, staged, change, spot.path)
    if change["verify"]:
        keep_old(spot)
    os.rename(spot.new, spot.path)
    if change["verify"]:
        prove(change, spot)


def copy_to(new: bytes, staged: bytes, change: dict, like: bytes) -> None:
    """Write a durable file beside the path, with all that it is to have."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(new, flags, 0o600), "wb") as sink, open(staged, "rb") as source:
        for piece in iter(lambda: source.read(PIECE), b""):
            sink.write(piece)
        sink.flush()
        os.fchown(sink.fileno(), owner_id(change["owner"]), group_id(change["group"]))
        keep_attributes(like, sink.fileno())
        os.fchmod(sink.fileno(), change["mode"])
        os.fsync(sink.fileno())


def keep_copy(spot: Spot, kept: bytes) -> None:
    """Have a copy of what somebody else has edited, which nobody removes."""
    with contextlib.suppress(FileExistsError):
        os.mkdir(kept, 0o700)
    name = os.path.basename(spot.new)[len(TEMPORARY) :] + b"-" + os.path.basename(spot.path)
    copy = kept + b"/" + name
    with contextlib.suppress(FileNotFoundError):
        os.unlink(copy)
    copy_to(copy, spot.path, {"owner": "", "group": "", "mode": 0o600}, spot.path)
    sync_folder(kept)


def keep_attributes(like: bytes, descriptor: int) -> None:
    """Keep the old file's access list, label and users' attributes, as far as the system lets us.

    Not its capabilities, which were given to other bytes. The mode, set after this, bounds the list.
    """
    with contextlib.suppress(OSError, AttributeError):
        for name in os.listxattr(like, follow_symlinks=False):
            if name.startswith("user.") or name in ("system.posix_acl_access", "security.selinux"):
                with contextlib.suppress(OSError):
                    os.setxattr(descriptor, name, os.getxattr(like, name, follow_symlinks=False))


def keep_old(spot: Spot) -> None:
    """Give what stands at the path a second name, so that it can come back as it was."""
    with contextlib.suppress(FileNotFoundError):
        os.link(spot.path, spot.old, follow_symlinks=False)


def prove(change: dict, spot: Spot) -> None:
    """Run what must succeed with the file in its place; else put back what stood there."""
    from nowfab.agent.programs import LOOK_SECONDS, demand

    try:
        demand(change["verify"], LOOK_SECONDS, quiet=change["secret"])
    except BaseException:
        if os.path.lexists(spot.old):
            os.rename(spot.old, spot.path)
        else:
            os.unlink(spot.path)
        sync_folder(spot.folder)
        raise


def put_back_unproved(spot: Spot, news: bytes) -> None:
    """Bring back what stood where a new file was still being proved, unless somebody has changed that."""
    with contextlib.suppress(OSError, Trouble):
        if os.path.lexists(spot.old):
            staged = [stands_at(to_text(news + b"/" + name))[0].get("sha256") for name in os.listdir(news)]
            if stands_at(to_text(spot.path))[0].get("sha256") in staged:
                os.rename(spot.old, spot.path)


def check_staged(change: dict, staged: bytes) -> None:
    """Run what must succeed on the bytes before anything is changed."""
    if change["check"]:
        from nowfab.agent.programs import LOOK_SECONDS, demand, readable

        argv = [word.replace("{}", readable(staged)) for word in change["check"]]
        demand(argv, LOOK_SECONDS, quiet=change["secret"])


def link_path(change: dict, spot: Spot) -> None:
    """Put a symbolic link in place."""
    os.symlink(to_bytes(change["target"]), spot.new)
    os.rename(spot.new, spot.path)


def folder_path(change: dict, spot: Spot) -> None:
    """Make a folder, or give one its owner and mode."""
    there = os.path.lexists(spot.path)
    if not there:
        os.mkdir(spot.new, 0o700)
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(spot.path if there else spot.new, flags)
    try:
        os.fchown(descriptor, owner_id(change["owner"]), group_id(change["group"]))
        os.fchmod(descriptor, change["mode"])
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    if not there:
        os.rename(spot.new, spot.path)


def remove_path(change: dict, spot: Spot) -> None:
    """Remove a file, a link, or an empty folder."""
    if change["was"].get("is") == "folder":
        os.rmdir(spot.path)
    else:
        os.unlink(spot.path)
