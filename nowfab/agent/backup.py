"""Keep what a guarded run is about to change, so that it can come back from the disk alone.

A file is kept as a hard link to its inode: owner, mode, access list and bytes are its own; it takes no room.
"""

import contextlib
import errno
import os
import stat

from nowfab.agent.goals import PATHS, state_now
from nowfab.agent.paths import UNIT_FOLDERS, Spot, sync_folder
from nowfab.agent.request import Job
from nowfab.agent.words import Trouble, to_bytes, to_text, why


def back_up(job: Job, wanted: "list[bool]", folder: bytes) -> dict:
    """Keep all that will be changed, durably; give the list by which it comes back."""
    os.mkdir(folder + b"/old", 0o700)
    paths, acts, touched = {}, [], []  # type: dict, list, list
    for index, change in enumerate(job.changes):
        if not wanted[index]:
            continue
        if change["do"] not in PATHS:
            acts.append(before_act(change, index))
            continue
        touched.append({"path": change["path"], "index": index})
        if change["path"] not in paths:
            paths[change["path"]] = dict(before_path(change["path"], index, job.run, folder), index=index)
    kept = sorted(paths.values(), key=lambda each: each["index"])
    for each in sorted({os.path.dirname(to_bytes(each["old"])) for each in kept if "old" in each}):
        sync_folder(each)
    sync_folder(folder + b"/old")
    reload_wanted = any(path.startswith(UNIT_FOLDERS) for path in paths)
    return {"run": job.run, "paths": kept, "touched": touched, "acts": acts, "reload": reload_wanted}


def before_path(path: str, index: int, run: str, folder: bytes) -> dict:
    """Keep what stands at a path."""
    raw = to_bytes(path)
    try:
        found = os.lstat(raw)
    except (FileNotFoundError, NotADirectoryError):
        return {"path": path, "is": "absent"}
    if stat.S_ISDIR(found.st_mode):
        rights = {"mode": stat.S_IMODE(found.st_mode), "uid": found.st_uid, "gid": found.st_gid}
        return dict(rights, path=path, **{"is": "folder"})
    return {"path": path, "is": "file", "old": to_text(hard_link(raw, index, run, folder))}


def hard_link(raw: bytes, index: int, run: str, folder: bytes) -> bytes:
    """Give an inode a second name, among ours or, where that is another file system, beside the first."""
    places = [folder + b"/old/%d" % index, kept_beside(to_text(raw), run, index)]
    for place in places:
        try:
            os.link(raw, place, follow_symlinks=False)
            return place
        except OSError as error:
            if error.errno == errno.EXDEV and place != places[-1]:
                continue
            words = (to_text(raw), why(error))
            raise Trouble("`%s` cannot be guarded, its file system makes no hard link: %s" % words) from None
    raise AssertionError


def drop_kept(changes: "list[dict]", run: str) -> None:
    """Remove what was kept beside paths."""
    for index, change in enumerate(changes):
        if "path" in change:
            with contextlib.suppress(OSError):
                os.unlink(kept_beside(change["path"], run, index))


def kept_beside(path: str, run: str, index: int) -> bytes:
    """Give the name that a kept file has beside its path."""
    return Spot(path, run, index).new + b"-kept"


def before_act(change: dict, index: int) -> dict:
    """Keep what is at no path: how a unit is, the value of a parameter, what takes a program's work back."""
    kind = change["do"]
    if kind == "run":
        return {"do": kind, "index": index, "undo": change["undo"], "secret": change["stdin"] is not None}
    now = state_now(change)
    if kind == "sysctl":
        if now["value"] is None:
            raise Trouble("there is no kernel parameter `%s`" % change["key"])
        return {"do": kind, "index": index, "key": change["key"], "value": now["value"]}
    unit = {"name": change["name"], "enabled": now["enabled"], "active": now["active"]}
    moves = change["running"] is not None or change["restart"]
    wants = {"enables": change["enabled"] is not None, "moves": moves, "restart": change["restart"]}
    return dict(unit, do=kind, index=index, **wants)
