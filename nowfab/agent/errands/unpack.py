"""Have what is in an archive stand in a folder: all of one version, and nothing outside of it."""

import contextlib
import os
import shutil
import sys

from nowfab.agent.errands.fetch import PIECE, Wrong, fetch, need_folder, remove, sync_names
from nowfab.agent.errands.members import Member, members_of

MYPY = False  # which mypy takes for true: the node needs no such import
if MYPY:
    from collections.abc import Iterator

MARK = ".nowfab-archive"
"""Holds the sha256 of the archive whose content stands in the folder, and `strip`; written last of all."""

NAMES = ".nowfab-archive-names"
"""Holds what came with it: all else was put there by somebody else, and stays."""


def unpack(url: str, sha256: str, top: str, strip: str) -> None:
    """Unpack beside the folder, then have both change places; without a URL the archive is the input."""
    os.umask(0o022)
    own = os.path.join(os.path.dirname(top) or "/", ".nowfab-%s-" % os.path.basename(top)[:200])
    archive, new, old, gone = own + "archive", own + "new", own + "old", own + "gone"
    clear(archive, new, gone)
    if os.path.lexists(old):  # a former run was cut off between its two renames, or after them
        if not os.path.lexists(top):
            os.rename(old, top)
        else:
            leave(old, top, gone)
    refuse_foreign(top)
    try:
        fetch(url, sha256, archive)
        os.mkdir(new, 0o755)
        names = unpack_all(archive, new, int(strip))
        write_durably(os.path.join(new, NAMES), "".join("%s\n" % name for name in names))
        see_places(top, new)
        os.sync()
        keep_rights(top, new)
        swap(top, new, old)
        if os.path.lexists(old):
            leave(old, top, gone)
        write_durably(os.path.join(top, MARK), "%s %s\n" % (sha256, strip))
        sync_names(top)
    finally:
        clear(archive, new, gone)


def refuse_foreign(top: str) -> None:
    """See that nobody else's folder is taken away."""
    if not os.path.lexists(top):
        need_folder(os.path.dirname(top) or "/")
        return
    if os.path.islink(top) or not os.path.isdir(top):
        raise Wrong("`%s` is no folder" % top)
    inside = os.listdir(top)
    if inside and NAMES not in inside:
        what = "`%s` has something in it already that no archive brought, such as `%s`; name another folder"
        raise Wrong(what % (top, sorted(inside)[0]))


def clear(archive: str, *folders: str) -> None:
    """Leave nothing beside the folder."""
    remove(archive)
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def unpack_all(archive: str, new: str, strip: int) -> "list[str]":
    """Unpack everything; links come last, so that nothing is written through one. Give all names."""
    names, links = [], []
    for member in members_of(archive):
        name = inside(member.name, strip)
        if not name:
            continue
        names.append(name)
        if member.target is not None:
            links.append((name, member))
        else:
            put(member, new, name)
    for name, member in links:
        put_link(member, new, name, strip)
    for name, member in links:
        if not stays(os.path.realpath(os.path.join(new, name)), new):
            raise Wrong("`%s` in the archive points out of it, to `%s`" % (member.name, member.target))
    if not names:
        raise Wrong("nothing is left of the archive once %d folders are stripped of its names" % strip)
    return names


def inside(name: str, strip: int) -> str:
    """Give the name of a member below the folder, "" for one that is stripped away."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if name.startswith("/") or ".." in parts or "\n" in name:
        raise Wrong("`%s` in the archive leads out of it" % name)
    if parts[strip:] in ([MARK], [NAMES]):
        raise Wrong("`%s` in the archive is a name of nowfab's own" % name)
    return "/".join(parts[strip:])


def put(member: Member, new: str, name: str) -> None:
    """Make a folder or a file; a name that comes twice means the later one."""
    path = os.path.join(new, name)
    if member.folder:
        os.makedirs(path, 0o755, exist_ok=True)
        return
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    remove(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "wb") as sink:
        shutil.copyfileobj(member.open(), sink, PIECE)
        # nobody but the owner writes, and nobody becomes somebody else
        os.fchmod(sink.fileno(), (member.mode & 0o755) | 0o600)
    changed = min(max(member.changed, 0), 0xFFFFFFFF)
    os.utime(path, (changed, changed))


def put_link(member: Member, new: str, name: str, strip: int) -> None:
    """Make a symbolic link, or give a file its second name; neither through another link."""
    path = os.path.join(new, name)
    refuse_detour(member, new, os.path.dirname(name))
    os.makedirs(os.path.dirname(path), 0o755, exist_ok=True)
    remove(path)
    assert member.target is not None
    if not member.hard:
        os.symlink(member.target, path)
        return
    other = inside(member.target, strip)
    refuse_detour(member, new, other)
    if not os.path.isfile(os.path.join(new, other)):
        what = "`%s` in the archive is another name of `%s`, which is no file of it"
        raise Wrong(what % (member.name, member.target))
    os.link(os.path.join(new, other), path)


def refuse_detour(member: Member, new: str, name: str) -> None:
    """See that a name leads where it says, and through no link."""
    if os.path.realpath(os.path.join(new, name)) != os.path.join(os.path.realpath(new), name).rstrip("/"):
        raise Wrong("`%s` in the archive stands behind a link of it" % member.name)


def stays(path: str, new: str) -> bool:
    """Say whether a path is in the folder."""
    top = os.path.realpath(new)
    return os.path.commonpath([top, path]) == top


def keep_rights(top: str, new: str) -> None:
    """Give the new folder the mode and the owner that the old one has; what is in it is ours."""
    if os.path.lexists(top):
        was = os.stat(top)
        os.chown(new, was.st_uid, was.st_gid)
        os.chmod(new, was.st_mode & 0o7777)


def swap(top: str, new: str, old: str) -> None:
    """Have the new folder stand in the place of the old one."""
    folder = os.path.dirname(top) or "/"
    if os.path.lexists(top):
        os.rename(top, old)
    os.rename(new, top)
    sync_names(folder)


def leave(old: str, top: str, gone: str) -> None:
    """Have the old folder go, without what somebody else put into it.

    It has another name before anything of it goes: half of it would say wrongly what was whose.
    """
    carry(old, top)
    os.rename(old, gone)
    shutil.rmtree(gone)


def carry(old: str, top: str) -> None:
    """Move over what no archive brought, where nothing of its name has come."""
    for name in foreign(old):
        source, target = os.path.join(old, name), os.path.join(top, name)
        if not os.path.lexists(target):
            os.makedirs(os.path.dirname(target), 0o755, exist_ok=True)
            os.rename(source, target)


def foreign(old: str) -> "Iterator[str]":
    """Name what stands in a folder that was not in its archive: the topmost of each."""
    brought = {MARK, NAMES}
    with contextlib.suppress(FileNotFoundError), open(os.path.join(old, NAMES), "rb") as file:
        # names may hold all that ends a line elsewhere, such as the `Icon\r` of macOS
        for line in file.read().decode(sys.getfilesystemencoding(), "surrogateescape").split("\n"):
            parts = line.split("/")
            brought.update("/".join(parts[: count + 1]) for count in range(len(parts)))
    for folder, folders, files in os.walk(old):
        below = os.path.relpath(folder, old)
        names = {name: name if below == "." else "%s/%s" % (below, name) for name in folders + files}
        for name in list(folders):
            if names[name] not in brought:
                folders.remove(name)
                yield names[name]
        for name in files:
            if names[name] not in brought:
                yield names[name]


def see_places(top: str, new: str) -> None:
    """See, while nothing is changed, that what somebody put into the folder has a place in the new one."""
    for name in foreign(top):
        folder = os.path.dirname(name)
        while not os.path.lexists(os.path.join(new, folder)):
            folder = os.path.dirname(folder)
        if not os.path.isdir(os.path.join(new, folder)):
            what = "`%s` is no folder in the archive, and `%s` stands in it here; move that away"
            raise Wrong(what % (folder, os.path.join(top, name)))


def write_durably(path: str, text: str) -> None:
    """Write a file of our own."""
    with open(path, "wb") as sink:
        sink.write(text.encode(sys.getfilesystemencoding(), "surrogateescape"))
        sink.flush()
        os.fsync(sink.fileno())
