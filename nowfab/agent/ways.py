"""See that nobody else can put another folder in the place of one on the way to ours."""

import contextlib
import errno
import grp
import os
import stat

from nowfab.agent.standing import group_name, owner_name
from nowfab.agent.words import Trouble, to_text, why

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Iterator

MOST_LINKS = 40
"""As many links one after the other as the kernel follows."""


def make_way(path: bytes) -> None:
    """Make the folders above a path, which nobody but us may change, whatever the umask of the login."""
    above = os.path.dirname(path)
    if not os.path.isdir(above):
        make_way(above)
        with contextlib.suppress(FileExistsError):
            os.mkdir(above, 0o755)


def see_way(path: bytes) -> None:
    """See that nobody but root and us can swap a folder on the way to a path, as far as it is there."""
    try:
        for folder in way_to(path):
            open_to = who_may_swap(folder, os.lstat(folder))
            if open_to:
                words = (to_text(path), to_text(folder), open_to)
                raise Trouble("`%s` is no safe place for the state folder: `%s` is %s" % words)
    except FileNotFoundError:
        return
    except OSError as error:
        raise Trouble("no state folder can be made at `%s`: %s" % (to_text(path), why(error))) from None


def way_to(path: bytes) -> "Iterator[bytes]":
    """Give each folder and link through which a path is found, but not what stands there itself."""
    here, ahead, links = b"/", os.path.dirname(path).split(b"/"), 0
    yield here
    while ahead:
        name = ahead.pop(0)
        if name in (b"", b".", b".."):
            here = os.path.dirname(here) if name == b".." else here
            continue
        step = os.path.join(here, name)
        yield step
        if not os.path.islink(step):
            here = step
            continue
        links += 1
        if links > MOST_LINKS:
            raise OSError(errno.ELOOP, "")
        target = os.readlink(step)
        here = b"/" if target.startswith(b"/") else here
        ahead = target.split(b"/") + ahead


def who_may_swap(folder: bytes, found: os.stat_result) -> str:
    """Say who else may put another folder in the place of one that is in this one, "" for nobody."""
    if found.st_uid not in (0, os.geteuid()):
        return "of %s, who could put another one there" % owner_name(found.st_uid)
    if stat.S_ISLNK(found.st_mode) or found.st_mode & stat.S_ISVTX:
        return ""
    if found.st_mode & stat.S_IWOTH:
        return "open to everybody, who could put another one there"
    if found.st_mode & stat.S_IWGRP and not is_own_group(found):
        return "open to the group %s, who could put another one there" % group_name(found.st_gid)
    return ""


def is_own_group(found: os.stat_result) -> bool:
    """Say whether the group of a folder is that of its owner alone, as a umask of 002 wants it."""
    try:
        group = grp.getgrgid(found.st_gid)
    except KeyError:
        return False
    owner = owner_name(found.st_uid)
    return group.gr_name == owner and set(group.gr_mem) <= {owner}
