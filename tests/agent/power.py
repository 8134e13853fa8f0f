"""Model what a power cut leaves of a folder.

A name (made, renamed or removed) lasts for sure once its folder is synced, bytes once their file is; before,
each of them may be lost or kept on its own, in any order. A name that lasts without its bytes is an empty
file. A rename of two names of one inode does nothing.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Inode = int
Names = dict[str, Inode]
Op = tuple[Any, ...]
"""("name", path, inode or None) · ("rename", old, new, inode) · ("bytes", inode, content)"""


@dataclass(frozen=True, slots=True)
class Content:
    """What an inode holds: the target of a link, the bytes of a file, neither for a folder."""

    kind: str
    mode: int
    raw: bytes = b""


@dataclass(frozen=True, slots=True)
class Image:
    """A state of the disk: the inode of each name, and what the inodes hold."""

    names: tuple[tuple[str, Inode], ...]
    contents: tuple[tuple[Inode, Content], ...]

    def lay_out(self, top: Path) -> None:
        """Have a folder hold exactly this; a name whose folder was lost is lost too."""
        shutil.rmtree(top, ignore_errors=True)
        held, made = dict(self.contents), dict[Inode, str]()
        for path, inode in self.names:
            content = held[inode]
            if not Path(path).parent.is_dir():
                continue
            if content.kind == "folder":
                os.mkdir(path, content.mode)  # noqa: PTH102 - names are texts here
            elif inode in made:
                os.link(made[inode], path, follow_symlinks=False)
            elif content.kind == "link":
                os.symlink(content.raw, os.fsencode(path))  # noqa: PTH211 - of bytes
            else:
                Path(path).write_bytes(content.raw)
                Path(path).chmod(content.mode)
            made.setdefault(inode, path)


Moment = tuple[str, Names, dict[Inode, Content], list[Op]]
"""What is about to be done, what is durable, and what may be lost."""


@dataclass(slots=True)
class Disk:
    """Follows what is done below a folder, and tells what a power cut would leave at each moment."""

    top: Path
    lost: str = ""
    """A sync that this disk only pretends to do: the end of what it is of."""
    names: Names = field(default_factory=dict)
    durable: Names = field(default_factory=dict)
    contents: dict[Inode, Content] = field(default_factory=dict)
    dirty: set[Inode] = field(default_factory=set)
    pending: list[Op] = field(default_factory=list)
    numbers: dict[int, Inode] = field(default_factory=dict)
    moments: list[Moment] = field(default_factory=list)

    def take_in(self) -> None:
        """Take what stands there for durable."""
        for path in sorted([self.top, *self.top.rglob("*")]):
            inode = self._number(str(path))
            self.names[str(path)] = self.durable[str(path)] = inode
            self.contents[inode] = _content(str(path))

    def announce(self, name: str, *given: Any) -> bool:
        """Note the moment before an operation."""
        pending = [*self.pending, *self._unsynced()]
        self.moments.append(
            (" ".join(map(str, (name, *given))), dict(self.durable), dict(self.contents), pending)
        )
        return True

    def done(self, name: str, *given: Any) -> None:
        """Note what an operation has done."""
        follow = getattr(self, f"_{name}", None)
        if follow:
            follow(*(os.fsdecode(each) if isinstance(each, bytes) else each for each in given))

    def _unsynced(self) -> list[Op]:
        """Give the bytes that are written and may be lost, as they stand now."""
        paths = {inode: path for path, inode in self.names.items()}
        return [("bytes", inode, _content(paths[inode])) for inode in sorted(self.dirty) if inode in paths]

    def _number(self, path: str, new: bool = False) -> Inode:
        """Give an inode a number of its own: the system uses its numbers again."""
        real = os.lstat(path).st_ino
        if new or real not in self.numbers:
            self.numbers[real] = len(self.numbers) + len(self.moments) * 1000
        return self.numbers[real]

    def _name(self, path: str, inode: Inode | None) -> None:
        if inode is None:
            self.names.pop(path, None)
        else:
            self.names[path] = inode
        self.pending.append(("name", path, inode))

    def _made(self, path: str, content: Content) -> None:
        inode = self._number(path, new=True)
        self.contents[inode] = content
        self._name(path, inode)

    def _open(self, path: str, flags: int = 0, *_: Any) -> None:
        if not flags & os.O_CREAT or not path.startswith(str(self.top)):
            return
        if path not in self.names:
            self._made(path, Content("file", 0o600))
        self.dirty.add(self.names[path])

    def _mkdir(self, path: str, mode: int = 0o777) -> None:
        self._made(path, Content("folder", mode))

    def _symlink(self, target: str, path: str) -> None:
        # a symbolic link is written with its inode: it is there or not
        self._made(path, Content("link", 0, os.fsencode(target)))

    def _link(self, old: str, new: str) -> None:
        self._name(new, self.names[old])

    def _unlink(self, path: str) -> None:
        self._name(path, None)

    _rmdir = _unlink

    def _rename(self, old: str, new: str) -> None:
        inode = self.names[old]
        if self.names.get(new) != inode:
            del self.names[old]
            self.names[new] = inode
            self.pending.append(("rename", old, new, inode))

    def _fsync(self, descriptor: int) -> None:
        path = os.readlink(f"/proc/self/fd/{descriptor}")  # noqa: PTH115 - no file's name
        if self.lost and path.endswith(self.lost):
            return
        inode = self.names.get(path)
        if inode is None:
            return  # above the folder that is followed
        self.contents[inode] = _content(path)
        self.dirty.discard(inode)
        kept = []
        for op in self.pending:
            if any(str(Path(each).parent) == path for each in op[1:3] if isinstance(each, str)):
                _do(self.durable, op)
            else:
                kept.append(op)
        self.pending = kept


def images(moment: Moment, chance: random.Random, most: int) -> Iterator[Image]:
    """Give states that a power cut at a moment may leave: all where they are few, else a choice of `most`."""
    _, durable, contents, pending = moment
    count = len(pending)
    masks = {0, (1 << count) - 1}
    if 1 << count <= most:
        masks.update(range(1 << count))
    else:
        masks.update(1 << n for n in range(count))
        masks.update(((1 << count) - 1) ^ (1 << n) for n in range(count))
        while len(masks) < min(1 << count, max(most, 2 * count + 2)):
            masks.add(chance.getrandbits(count))
    for mask in sorted(masks):
        names, held = dict(durable), dict(contents)
        for number, op in enumerate(pending):
            if mask >> number & 1 and op[0] == "bytes":
                held[op[1]] = op[2]
            elif mask >> number & 1:
                _do(names, op)
        used = set(names.values())
        yield Image(tuple(sorted(names.items())), tuple(sorted((n, held[n]) for n in used)))


def _do(names: Names, op: Op) -> None:
    if op[0] == "rename":
        names.pop(op[1], None)
        names[op[2]] = op[3]
    elif op[2] is None:
        names.pop(op[1], None)
    else:
        names[op[1]] = op[2]


def _content(path: str) -> Content:
    found = Path(path)
    mode = found.lstat().st_mode & 0o7777
    if found.is_symlink():
        return Content("link", 0, os.fsencode(found.readlink()))
    return Content("folder", mode) if found.is_dir() else Content("file", mode, found.read_bytes())
