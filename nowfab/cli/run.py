"""inv run: one command on the chosen nodes."""

from __future__ import annotations

import secrets
import sys

from nowfab import names
from nowfab.blobs import Blob
from nowfab.cli.node_task import node_task
from nowfab.cli.session import Job, Session
from nowfab.errors import UsageError
from nowfab.remote import Shape
from nowfab.talk import Work


@node_task(
    iterable=["env"],
    help={
        "command": "what each node's login shell gets, quoted as one word",
        "cd": "the folder on the node to run it in",
        "env": "a variable for it, as in --env LANG=C; may be repeated; other users of the node can see it",
        "shell": "a program that gets it in place of the login shell, such as bash",
        "sudo": "run it as root, all of it",
        "sudo-user": "run it as this user",
        "ask-sudo": "ask once for the password that sudo wants where it wants one",
        "stdin": "a file, or - for this program's own input: what it reads on every node",
        "raw": "send it as it is, to a node without a POSIX shell; nothing can stop it then",
    },
)
def run(
    on: Session,
    command: str,
    cd: str = "",
    env: list[str] | None = None,
    shell: str = "",
    sudo: bool = False,
    sudo_user: str = "",
    ask_sudo: bool = False,
    stdin: str | None = None,
    raw: bool = False,
) -> None:
    """Run COMMAND on the chosen nodes and show what each one answered."""
    if not command.strip() or command.startswith("-") or "\0" in command:
        raise UsageError('`run` needs a command that does not begin with `-`, such as "uptime"')
    variables = tuple(_variable(word) for word in env or ())
    user = names.user(sudo_user) if sudo_user else ""
    shape = Shape(cd, variables, shell, sudo or bool(user) or ask_sudo, user)
    if raw and (shape != Shape() or stdin is not None):
        raise UsageError(
            "`--raw` sends the command as it is, without --cd, --env, --shell, --sudo and --stdin"
        )
    title = (
        f"{'sudo ' if shape.sudo else ''}run `{command}`{'' if stdin is None else f' with --stdin {stdin}'}"
    )
    blobs = () if stdin is None else _input(on, stdin)
    on.carry_out(Job(title, _work(on, command, shape, ask_sudo, raw, blobs)))


def _variable(word: str) -> tuple[str, str]:
    name, equals, value = word.partition("=")
    if not equals:
        raise UsageError(f"`--env` takes NAME=VALUE, not {names.shown(word)}")
    return name, value


def _input(on: Session, name: str) -> tuple[Blob, ...]:
    """Read the input once, before anything connects; a dry run only looks whether it is there."""
    from nowfab.cli import given

    if name == "-":
        return () if on.dry else (given.own(sys.stdin, on.screen),)
    return (given.file(name, look=on.dry),)


def _work(
    on: Session, command: str, shape: Shape, ask_sudo: bool, raw: bool, stdin: tuple[Blob, ...]
) -> Work:
    from nowfab.terminal import ask
    from nowfab.work import command as commands

    timeout = on.settings.timeout
    try:
        if raw:
            return commands.raw(command, timeout)
        if not ask_sudo or on.dry:
            return commands.command(command, timeout, shape, stdin)
        password = ask.password("sudo password", on.screen, sys.stdin)
        return commands.with_password(command, timeout, shape, password, lambda: secrets.token_hex(16), stdin)
    except ValueError as error:
        raise UsageError(str(error)) from error
