"""inv run: one command on the chosen nodes."""

from __future__ import annotations

from nowfab.cli.node_task import node_task
from nowfab.cli.session import Session
from nowfab.errors import UsageError


@node_task(help={"command": "what each node's login shell gets, quoted as one word"})
def run(on: Session, command: str) -> None:
    """Run COMMAND on the chosen nodes and show what each one answered."""
    from nowfab.work import command as commands

    if not command.strip() or command.startswith("-") or "\0" in command:
        raise UsageError('`run` needs a command that does not begin with `-`, such as "uptime"')
    on.carry_out(f"run `{command}`", commands.command(command, on.settings.timeout))
