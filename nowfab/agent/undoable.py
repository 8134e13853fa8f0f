"""Refuse, before anything happens, what a guard could not take back."""

import os

from nowfab.agent.before import existing, unescaped
from nowfab.agent.goals import PATHS
from nowfab.agent.guardian import UNITS, WITHOUT
from nowfab.agent.request import Job
from nowfab.agent.roots import root_forgets
from nowfab.agent.words import Trouble, to_bytes, to_text

GROUNDS = {
    "has no hard links": ("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "fuse"),
    "is in memory": ("tmpfs", "ramfs", "devtmpfs", "proc", "sysfs", "cgroup", "cgroup2", "configfs"),
    "is not there before the network is": ("nfs", "nfs4", "cifs", "smb3", "9p", "ceph", "fuse.sshfs"),
}
"""Why what lies on these file systems cannot come back after a power cut."""

ENDS_ALL = ("reboot", "shutdown", "poweroff", "halt", "kexec")


def refuse_unguardable(job: Job) -> None:
    """See that each change can be taken back with nothing but the disk."""
    mounts = file_systems()
    for number, change in enumerate(job.changes):
        ground = ground_against(change, mounts)
        if ground:
            raise Trouble("change %d cannot be guarded: %s%s" % (number, ground, WITHOUT))
    if not job.changes:
        raise Trouble("there is nothing to be guarded")


def ground_against(change: dict, mounts: "list[tuple]") -> str:
    """Say why a change cannot be taken back, "" where it can."""
    kind = change["do"]
    if kind in ("packages", "upgrade", "lists"):
        return "packages cannot be taken back; install them in a step before"
    if kind == "run" and not change["undo"]:
        return "`%s` has no undo" % " ".join(change["argv"])
    if kind == "run" and any(os.path.basename(word) in ENDS_ALL for word in change["argv"][:2]):
        return "`%s` starts the node anew, which takes a guarded run back" % " ".join(change["argv"])
    return path_ground(change["path"], mounts) if kind in PATHS else ""


def refuse_forgetful(state: bytes) -> None:
    """See that a power cut leaves what takes a run back: our own folder, and the boot guard."""
    mounts = file_systems()
    for what, folder in (("the state folder", state), ("the boot guard's folder", UNITS)):
        ground = ground_of(folder, mounts)
        if not ground and mount_over(folder, mounts)[0] == "overlay" and root_forgets():
            ground = "is in memory (the root's overlay)"
        if ground:
            words = (what, to_text(folder), ground, WITHOUT)
            raise Trouble("nothing can be guarded: %s `%s` is on a file system that %s%s" % words)


def path_ground(path: str, mounts: "list[tuple]") -> str:
    """Say why what stands at a path could not come back, "" where it can."""
    ground = ground_of(os.path.dirname(to_bytes(path)), mounts)
    return "`%s` is on a file system that %s" % (path, ground) if ground else ""


def ground_of(folder: bytes, mounts: "list[tuple]") -> str:
    """Say why what lies in a folder, or will, could not come back after a power cut."""
    name, layer = mount_over(folder, mounts)
    # of a container's root, the upper layer lies where only the host sees it
    if name == "overlay" and layer and os.path.isdir(layer):
        name = mount_over(layer, mounts)[0]
    for ground, names in GROUNDS.items():
        if name in names:
            return "%s (%s)" % (ground, name)
    return ""


def mount_over(folder: bytes, mounts: "list[tuple]") -> "tuple[str, bytes]":
    """Give the kind of file system on which a folder is, or will be, and the upper layer of an overlay."""
    folder = os.path.realpath(existing(folder))
    over = [row for row in mounts if folder == row[0] or folder.startswith(row[0].rstrip(b"/") + b"/")]
    if not over:
        return "", b""
    # of two that are mounted at one place, the later one is seen
    return max(enumerate(over), key=lambda row: (len(row[1][0]), row[0]))[1][1:]


def file_systems() -> "list[tuple]":
    """Give where each file system is mounted, its kind, an overlay's upper layer (proc_pid_mountinfo(5))."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [(unescaped(row[4]),) + kind_of(row[row.index(b"-") + 1 :]) for row in rows if b"-" in row]


def kind_of(behind: "list[bytes]") -> "tuple[str, bytes]":
    """Read the kind of a file system, and its upper layer."""
    options = behind[-1].split(b",") if len(behind) > 2 else []
    layers = [unescaped(each[len(b"upperdir=") :]) for each in options if each.startswith(b"upperdir=")]
    return behind[0].decode(), (layers or [b""])[0]
