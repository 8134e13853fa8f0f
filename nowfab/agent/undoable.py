"""Refuse, before anything happens, what a guard could not take back."""

import os

from nowfab.agent.before import existing
from nowfab.agent.goals import PATHS
from nowfab.agent.guardian import WITHOUT
from nowfab.agent.request import Job
from nowfab.agent.words import Trouble, to_bytes

GROUNDS = {
    "has no hard links": ("vfat", "msdos", "exfat", "ntfs", "ntfs3", "fuseblk", "fuse"),
    "is in memory": ("tmpfs", "ramfs", "devtmpfs", "proc", "sysfs", "cgroup", "cgroup2", "configfs"),
    "is not there before the network is": ("nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs"),
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
    if kind == "packages":
        return "packages cannot be taken back; install them in a step before"
    if kind == "run" and not change["undo"]:
        return "`%s` has no undo" % " ".join(change["argv"])
    if kind == "run" and any(os.path.basename(word) in ENDS_ALL for word in change["argv"][:2]):
        return "`%s` starts the node anew, which takes a guarded run back" % " ".join(change["argv"])
    return path_ground(change["path"], mounts) if kind in PATHS else ""


def path_ground(path: str, mounts: "list[tuple]") -> str:
    """Say why what stands at a path could not come back, "" where it can."""
    folder = os.path.realpath(existing(os.path.dirname(to_bytes(path))))
    over = [row for row in mounts if folder == row[0] or folder.startswith(row[0].rstrip(b"/") + b"/")]
    if not over:
        return ""
    # of two that are mounted at one place, the later one is seen
    name = max(enumerate(over), key=lambda row: (len(row[1][0]), row[0]))[1][1]
    for ground, names in GROUNDS.items():
        if name in names:
            return "`%s` is on a file system that %s (%s)" % (path, ground, name)
    return ""


def file_systems() -> "list[tuple]":
    """Give where each file system is mounted, and its kind (proc_pid_mountinfo(5))."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            rows = [line.split() for line in file]
    except OSError:
        return []
    return [
        (row[4].decode("unicode_escape").encode("latin-1"), row[row.index(b"-") + 1].decode())
        for row in rows
        if b"-" in row
    ]
