"""Have a user."""

from __future__ import annotations

import re

from nowfab.blobs import Blob, MemoryBlob
from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.questions import Absent, File, OutputOf, PathAt, Standing
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps import accounts

SHELL = "/bin/bash"
HOMES = "/home"
DEFAULTS = "/etc/default/useradd"
"""Says where new homes stand (useradd(8)); Debian's says it in a comment, and means /home."""

LOGS = ("/var/log/lastlog", "/var/log/faillog", "/var/mail", "/var/spool/mail")
"""What useradd makes beside the account and its home."""

_HOME = re.compile(rb"^HOME=([^\s#]+)", re.MULTILINE)


def user(
    name: str,
    groups: tuple[str, ...] = (),
    shell: str | None = None,
    home: str | None = None,
    uid: int | None = None,
    password_hash: Blob | None = None,
) -> Step:
    """Make the user, with a home of its own, or give it what it lacks: groups, another shell.

    Groups that it is in besides stay. A `password_hash` (crypt(5)) is set when the user is made, and
    never looked at again; without one no password lets it in.
    """

    def decide(view: View) -> tuple[Change, ...]:
        missing = [group for group in groups if not accounts.group(view, group)]
        if missing:
            raise Refused(f"there is no group `{missing[0]}`; a step `group` before this one makes it")
        if shell is not None and isinstance(view.at(shell, content=False), Absent):
            raise Refused(f"there is no shell {shell} on the node")
        was = accounts.account(view, name)
        if was is None:
            return tuple(_made(home or _homes(view.at(DEFAULTS))))
        if (uid is not None and was.uid != uid) or (home is not None and was.home != home):
            raise Refused(f"`{name}` has number {was.uid} and home {was.home}, which stay as they are")
        return tuple(_mended(was))

    def _made(place: str | None) -> list[Change]:
        flags = ["--create-home", "--shell", shell or SHELL]
        flags += [] if uid is None else ["--uid", str(uid)]
        flags += [] if home is None else ["--home-dir", home]
        flags += ["--groups", ",".join(groups)] if groups else []
        alters = None if place is None else (*accounts.ALTERED, *LOGS, place)
        made: list[Change] = [RunArgv(("useradd", *flags, "--", name), alters=alters)]
        if password_hash is not None:
            line = f"{name}:".encode() + password_hash.head(password_hash.size).strip() + b"\n"
            stdin = MemoryBlob(line)
            made.append(RunArgv(("chpasswd", "--encrypted"), stdin=stdin, alters=accounts.ALTERED))
        return made

    def _mended(was: accounts.Account) -> list[Change]:
        lacking = [group for group in groups if group not in was.groups]
        flags = ["--append", "--groups", ",".join(lacking)] if lacking else []
        flags += ["--shell", shell] if shell is not None and shell != was.shell else []
        return [RunArgv(("usermod", *flags, "--", name), alters=accounts.ALTERED)] if flags else []

    asked = [OutputOf(("getent", "group", group)) for group in groups]
    standing = [] if shell is None else [PathAt(shell, content=False)]
    standing += [] if home is not None else [PathAt(DEFAULTS)]
    return Step(f"user {name}", (*accounts.questions(name), *asked, *standing), decide)


def _homes(said: Standing) -> str | None:
    """Give the folder of new homes, None where the node does not tell."""
    if isinstance(said, Absent):
        return HOMES
    if not isinstance(said, File) or said.content is None:
        return None
    found = _HOME.findall(said.content.head(said.content.size))
    return found[-1].decode("utf-8", "surrogateescape").strip("\"'") if found else HOMES
