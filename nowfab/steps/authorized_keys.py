"""Have public keys let a user in."""

from __future__ import annotations

import base64
import re
from collections.abc import Sequence

from nowfab.plan.changes import Change, MakeFolder
from nowfab.plan.questions import Absent, Folder, Link, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps import accounts
from nowfab.steps.rights import Rights
from nowfab.steps.text import text

_NIST = "nistp(?:256|384|521)"
KINDS = rf"ssh-(?:ed25519|rsa)|ecdsa-sha2-{_NIST}|sk-(?:ssh-ed25519|ecdsa-sha2-nistp256)@openssh\.com"
"""Of sshd(8), AUTHORIZED_KEYS FILE FORMAT; DSA is gone from OpenSSH."""

_KEY = re.compile(rf"(?:^|[ \t])({KINDS})[ \t]+([A-Za-z0-9+/]+={{0,2}})(?=[ \t]|$)")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def key(line: str) -> tuple[str, str]:
    """Give kind and bytes (base64) of a line's key, ("", "") for a line that has none."""
    found = None if line.lstrip().startswith("#") else _KEY.search(line)
    if found is None:
        return "", ""
    try:
        raw = base64.b64decode(found[2], validate=True)
    except ValueError:
        return "", ""
    kind = found[1].encode()
    return (found[1], found[2]) if raw[:4] == len(kind).to_bytes(4) and raw[4:].startswith(kind) else ("", "")


def put(old: str, keys: Sequence[str]) -> str:
    """Have each key in a text exactly once.

    A line that has one already stays as it is, options and comment too; further lines with it go; all
    other lines stay.
    """
    wanted = {key(line): line for line in keys}
    lines, seen = [], set[tuple[str, str]]()
    for line in _LINE.findall(old):
        its = key(line.rstrip("\r\n"))
        if its in wanted and its in seen:
            continue
        seen.add(its)
        lines.append(line)
    kept = "".join(lines)
    new = [line for its, line in wanted.items() if its not in seen]
    gap = "\n" if new and kept and not kept.endswith("\n") else ""
    return kept + gap + "".join(f"{line}\n" for line in new)


def authorized_keys(user: str, keys: tuple[str, ...], home: str | None = None) -> Step:
    """Have each of the keys let the user in; `home` is its home where that is none of the usual.

    The folder and the file are the user's own, and nobody else's: sshd wants that (StrictModes).
    """
    place = home or ("/root" if user == "root" else f"/home/{user}")
    folder, path = f"{place}/.ssh", f"{place}/.ssh/authorized_keys"

    def decide(view: View) -> tuple[Change, ...]:
        who = accounts.account(view, user)
        if who is None:
            raise Refused(f"there is no user `{user}`; a step `user` before this one makes it")
        if who.home != place:
            raise Refused(f"the home of `{user}` is {who.home}; say so with `home`")
        _see_home(view.at(place, content=False), who)
        own = Rights(0o600, user, who.group)
        write = text(f"keys of {user}", path, lambda old: put(old, keys), own)
        changes = write.decide(view)
        return (*_folder(view, who), *changes)

    def _folder(view: View, who: accounts.Account) -> tuple[Change, ...]:
        was = view.at(folder, content=False)
        if isinstance(was, Absent):
            return (MakeFolder(folder, 0o700, user, who.group, was),)
        if not isinstance(was, Folder):
            raise Refused(f"{folder} is no folder")
        if was.owner == user and not was.mode & 0o022:
            return ()
        return (MakeFolder(folder, 0o700, user, who.group, was),)

    def _see_home(was: object, who: accounts.Account) -> None:
        if isinstance(was, Link):
            raise Refused(f"the home {place} is a link to {was.target}, and nothing is written through one")
        if not isinstance(was, Folder):
            raise Refused(f"there is no home {place}")
        if was.mode & 0o022 or was.owner not in (user, "root"):
            what = f"{place} belongs to {was.owner} and has mode {was.mode:04o}"
            raise Refused(f"{what}: sshd would take no key from there (StrictModes)")

    asked = (PathAt(place, content=False), PathAt(folder, content=False), PathAt(path))
    return Step(f"keys of {user}", (*accounts.questions(user), *asked), decide)
