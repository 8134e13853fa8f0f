"""Have a user."""

from __future__ import annotations

from nowfab.blobs import Blob, MemoryBlob
from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.questions import Absent, OutputOf, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps import accounts

SHELL = "/bin/bash"


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
            return tuple(_made())
        if (uid is not None and was.uid != uid) or (home is not None and was.home != home):
            raise Refused(f"`{name}` has number {was.uid} and home {was.home}, which stay as they are")
        return tuple(_mended(was))

    def _made() -> list[Change]:
        flags = ["--create-home", "--shell", shell or SHELL]
        flags += [] if uid is None else ["--uid", str(uid)]
        flags += [] if home is None else ["--home-dir", home]
        flags += ["--groups", ",".join(groups)] if groups else []
        made: list[Change] = [RunArgv(("useradd", *flags, "--", name))]
        if password_hash is not None:
            line = f"{name}:".encode() + password_hash.head(password_hash.size).strip() + b"\n"
            made.append(RunArgv(("chpasswd", "--encrypted"), stdin=MemoryBlob(line)))
        return made

    def _mended(was: accounts.Account) -> list[Change]:
        lacking = [group for group in groups if group not in was.groups]
        flags = ["--append", "--groups", ",".join(lacking)] if lacking else []
        flags += ["--shell", shell] if shell is not None and shell != was.shell else []
        return [RunArgv(("usermod", *flags, "--", name))] if flags else []

    asked = [OutputOf(("getent", "group", group)) for group in groups]
    standing = [] if shell is None else [PathAt(shell, content=False)]
    return Step(f"user {name}", (*accounts.questions(name), *asked, *standing), decide)
