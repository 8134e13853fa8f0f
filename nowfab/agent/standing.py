"""Say what stands at a path, and whether two such answers are the same."""

import grp
import os
import pwd
import stat

from nowfab.agent.words import Trouble, new_sha256, to_bytes, to_text, why

KINDS = {stat.S_IFBLK: "a disk", stat.S_IFCHR: "a device", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket"}


def stands_at(path: str, limit: int = -1) -> "tuple[dict, bytes | None]":
    """Look at a path without following a link there; a file of at most `limit` bytes gives these too."""
    raw = to_bytes(path)
    try:
        found = os.lstat(raw)
        if stat.S_ISREG(found.st_mode):
            return file_at(raw, limit)
        if stat.S_ISLNK(found.st_mode):
            return {"is": "link", "target": to_text(os.readlink(raw))}, None
    except (FileNotFoundError, NotADirectoryError):
        return {"is": "absent"}, None
    except OSError as error:
        raise Trouble("`%s` cannot be looked at: %s" % (path, why(error))) from None
    if stat.S_ISDIR(found.st_mode):
        return dict(rights_of(found), **{"is": "folder"}), None
    return {"is": "other", "what": KINDS.get(stat.S_IFMT(found.st_mode), "something unknown")}, None


def file_at(raw: bytes, limit: int) -> "tuple[dict, bytes | None]":
    """Read a regular file for its sha256, and for its bytes where they are few enough."""
    digest, size, kept = new_sha256(), 0, bytearray()
    # a pipe that took the file's place would let us wait for ever
    with os.fdopen(os.open(raw, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY), "rb") as file:
        found = os.fstat(file.fileno())
        while True:
            piece = file.read(65536)
            if not piece:
                break
            digest.update(piece)
            size += len(piece)
            if size <= limit:
                kept += piece
    standing = dict(rights_of(found), sha256=digest.hexdigest(), changed=found.st_ctime, size=size, blob=None)
    return dict(standing, **{"is": "file"}), bytes(kept) if size <= limit else None


def rights_of(found: os.stat_result) -> dict:
    """Give mode, owner and group; a number as text where there is no name."""
    owner, group = owner_name(found.st_uid), group_name(found.st_gid)
    return {"mode": stat.S_IMODE(found.st_mode), "owner": owner, "group": group}


def owner_name(number: int) -> str:
    """Give the name of an owner, or the number as text."""
    try:
        return pwd.getpwuid(number).pw_name
    except (KeyError, OverflowError):
        return str(number)


def group_name(number: int) -> str:
    """Give the name of a group, or the number as text."""
    try:
        return grp.getgrgid(number).gr_name
    except (KeyError, OverflowError):
        return str(number)


def owner_id(name: str) -> int:
    """Give the number of an owner; -1 for "", which leaves it as it is."""
    try:
        return -1 if not name else int(name) if name.isdigit() else pwd.getpwnam(name).pw_uid
    except (KeyError, UnicodeError):
        raise Trouble("there is no user `%s` on this node" % name) from None


def group_id(name: str) -> int:
    """Give the number of a group; -1 for "", which leaves it as it is."""
    try:
        return -1 if not name else int(name) if name.isdigit() else grp.getgrnam(name).gr_gid
    except (KeyError, UnicodeError):
        raise Trouble("there is no group `%s` on this node" % name) from None


def same(one: dict, other: dict) -> bool:
    """Say whether two standings are alike in all that counts; an owner "" is whoever it is."""
    if one.get("is") != other.get("is"):
        return False
    for name in ("owner", "group"):
        if one.get(name) and other.get(name) and one[name] != other[name]:
            return False
    return all(one.get(name) == other.get(name) for name in ("sha256", "mode", "target", "what"))


def described(standing: dict) -> str:
    """Say a standing in a few words, which tell nothing of a file's content."""
    kind = standing.get("is")
    if kind in ("file", "folder"):
        rights = (kind, standing.get("owner", ""), standing.get("group", ""), standing.get("mode", 0))
        return "a %s of %s:%s with mode %04o" % rights
    if kind == "link":
        return "a link to `%s`" % standing.get("target")
    return "nothing" if kind == "absent" else str(standing.get("what", kind))


def both(then: dict, now: dict) -> str:
    """Say the two sides of a conflict."""
    one, other = described(then), described(now)
    return "%s then, %s now" % (one, "the same with another content" if one == other else other)
