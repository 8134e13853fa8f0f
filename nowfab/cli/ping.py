"""inv ping: who answers, how fast, and whether its host key is known."""

from __future__ import annotations

from nowfab.cli.node_task import node_task
from nowfab.cli.session import Job, Session


@node_task()
def ping(on: Session) -> None:
    """Show which of the chosen nodes answer, how fast, and whether their host keys are known."""
    from nowfab.work import ping as pings

    on.carry_out(Job("ping", pings.ping()))
