"""See, before the first change is made, that each of them can be."""

import os

from nowfab.agent.goals import PATHS, UNSEEN, goal_of, needed, state_now, subject
from nowfab.agent.request import Job
from nowfab.agent.standing import described, group_id, owner_id
from nowfab.agent.words import Trouble, to_bytes, to_text, why

ANYTHING = ("packages", "upgrade", "run")
"""Changes that may bring users, folders and more: what comes after them is seen only when it is made."""


def look_before(job: Job) -> "list[bool]":
    """Look at all that the changes were decided on and need; say of each whether there is something to do."""
    wants = []
    seen = {}  # type: dict
    room = {}  # type: dict
    mounts = mount_points()
    foreseen = True
    for change in job.changes:
        about = subject(change)
        if about in seen:
            now = seen[about]
        else:
            now = state_now(change) if foreseen or change["do"] in PATHS else None
        wanted = True
        if now is not None and change["do"] not in UNSEEN:
            wanted = needed(change, job, now)
            if wanted and change["do"] in PATHS and foreseen:
                see_path(change, job, now, seen, room, mounts)
            seen[about] = goal_of(change, job, now)
        wants.append(wanted)
        foreseen = foreseen and change["do"] not in ANYTHING
    see_room(room)
    return wants


def see_path(change: dict, job: Job, now: dict, seen: dict, room: dict, mounts: "set[bytes]") -> None:
    """See that a path can be changed: its folder, its owner, what stands there, room for it."""
    path, kind = change["path"], change["do"]
    if now["is"] == "other" or (kind in ("write", "link") and now["is"] == "folder"):
        raise Trouble("`%s` is %s, nothing was changed" % (path, described(now)))
    if kind == "folder" and now["is"] not in ("absent", "folder"):
        raise Trouble("`%s` is %s; remove it in a step before" % (path, described(now)))
    if kind in ("write", "folder"):
        see_owner(change, now)
    if to_bytes(path) in mounts and kind != "folder":
        raise Trouble("`%s` is a mount of its own (a container's file?), it cannot be replaced" % path)
    see_folder(path, now, seen)
    if kind == "write":
        folder = existing(os.path.dirname(to_bytes(path)))
        need = room.setdefault(os.stat(folder).st_dev, [folder, 0])
        need[1] += job.blobs[change["blob"]]["size"] + 4096


def see_folder(path: str, now: dict, seen: dict) -> None:
    """See that there is a folder for the path, and that we may write there."""
    folder = os.path.dirname(to_bytes(path))
    if seen.get(("path", to_text(folder)), {}).get("is") == "folder" and not os.path.isdir(folder):
        return
    if not os.path.isdir(folder):
        raise Trouble("there is no folder `%s` for `%s`; make it in a step before" % (to_text(folder), path))
    if not os.access(folder, os.W_OK | os.X_OK):
        raise Trouble("nothing can be written in `%s`: %s" % (to_text(folder), hindrance(folder)))
    # root may write to what it does not own, but not to what is immutable
    raw = to_bytes(path)
    there = os.path.lexists(raw) and now["is"] in ("file", "folder")
    if there and os.geteuid() == 0 and not os.access(raw, os.W_OK):
        raise Trouble("`%s` cannot be changed: %s" % (path, hindrance(raw)))


def hindrance(path: bytes) -> str:
    """Say why a path cannot be written to."""
    if os.geteuid() != 0:
        return "not allowed without sudo"
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return "the file system is read-only"
    return "it is immutable (`chattr -i` would change that)"


def see_owner(change: dict, now: dict) -> None:
    """See that owner and group exist, and that we may give a file to them."""
    owner, group = owner_id(change["owner"]), group_id(change["group"])
    if os.geteuid() == 0:
        return
    mine = set(os.getgroups()) | {os.getegid(), -1}
    if owner not in (-1, os.geteuid()) or group not in mine:
        giver = "only root can give `%s` to %s:%s"
        raise Trouble(giver % (change["path"], change["owner"], change["group"]))
    if now["is"] == "folder" and owner_id(now["owner"]) != os.geteuid():
        raise Trouble("`%s` is %s: only its owner or root can change it" % (change["path"], described(now)))


def see_room(room: dict) -> None:
    """See that each file system has room for what is to be written there."""
    for folder, size in room.values():
        try:
            found = os.statvfs(folder)
        except OSError as error:
            raise Trouble("`%s` cannot be looked at: %s" % (to_text(folder), why(error))) from None
        free = found.f_frsize * (found.f_bavail if os.geteuid() else found.f_bfree)
        if size > free or (found.f_files and not found.f_ffree):
            raise Trouble(
                "no room is left in `%s` for %d bytes, nothing was changed" % (to_text(folder), size)
            )


def existing(folder: bytes) -> bytes:
    """Give the folder, or the nearest above it that is there."""
    while not os.path.isdir(folder):
        folder = os.path.dirname(folder)
    return folder


def mount_points() -> "set[bytes]":
    """Give all paths on which something is mounted: a rename over one fails."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            rows = [line.split() for line in file]
    except OSError:
        return set()
    return {unescaped(row[4]) for row in rows if len(row) > 4}


def unescaped(name: bytes) -> bytes:
    """Read a name of a mount: blanks and backslashes are written in octal (proc_pid_mountinfo(5))."""
    return name.decode("unicode_escape").encode("latin-1")


def refuse_practice(job: Job) -> None:
    """Change nothing of the computer that a practice node is on, beyond that node's home."""
    if os.environ.get("NOWFAB_PRACTICE") != "1":
        return
    home = os.path.realpath(to_bytes(os.environ.get("HOME") or "/nowhere"))
    refusal = (
        "this is a practice node, on a person's own computer: only paths below its home `%s` can be changed"
    )
    if not job.state.startswith("~/") and not is_below(job.state, home):
        raise Trouble((refusal + ", and the state folder must be there") % to_text(home))
    for change in job.changes:
        inside = change["do"] in PATHS and is_below(change["path"], home)
        if not inside:
            what = (
                "`%s`" % change["path"] if change["do"] in PATHS else "a change of kind `%s`" % change["do"]
            )
            raise Trouble((refusal + ", not %s") % (to_text(home), what))


def is_below(path: str, home: bytes) -> bool:
    """Say whether a path lies below a folder, wherever links lead."""
    folder = os.path.realpath(os.path.dirname(to_bytes(path)))
    return folder == home or folder.startswith(home + b"/")
