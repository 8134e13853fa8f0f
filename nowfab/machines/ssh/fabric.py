"""Wear Fabric's clothes: a Connection, a Runner, a ThreadingGroup, over machines of our own.

The only file that imports fabric. What is hard (sockets, host keys, the pump) lies below and
speaks paramiko only; here it gets Fabric's names and keeps Fabric's contracts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import invoke
from fabric import Config, Connection, ThreadingGroup
from fabric.exceptions import GroupException
from fabric.group import GroupResult
from fabric.runners import Remote, Result
from paramiko import SSHConfig

from nowfab import remote
from nowfab.machines.fanout import Exchange, Member, Spread
from nowfab.machines.ssh.machine import SshMachine
from nowfab.talk import Ending, Event, Exec, Until, Work

WIDTH = 64
"""Threads that Fabric's own methods get at most."""


class NodeRunner(Remote):  # type: ignore[misc]
    """Fabric's Remote with one method of its own: `run` is an Exec and its Outcome."""

    def run(self, command: str, **kwargs: Any) -> Result:
        """Run `command`; keeps Fabric's `warn`, `hide`, `timeout` and what it raises."""
        wanted = {key: value for key, value in kwargs.items() if value not in (None, False, {}, "")}
        unknown = set(wanted) - {"warn", "hide", "timeout", "in_stream", "encoding", "shell"}
        if unknown:
            raise TypeError(f"nowfab's runner does not know {', '.join(sorted(unknown))}")
        connection = self.context
        exec = Exec(remote.line(command), timeout=wanted.get("timeout"))
        outcome = connection.machine.exec(exec, connection.until, lambda event: None)
        code = outcome.code if outcome.code is not None else -1
        result = Result(
            connection=connection,
            command=command,
            stdout=outcome.stdout.head(outcome.stdout.size).decode("utf-8", "backslashreplace"),
            stderr=outcome.stderr.head(outcome.stderr.size).decode("utf-8", "backslashreplace"),
            exited=code,
            hide=("stdout", "stderr"),
        )
        if outcome.ending is Ending.EXITED and (code == 0 or wanted.get("warn")):
            return result
        if outcome.ending in (Ending.EXITED, Ending.SIGNALED):
            raise invoke.UnexpectedExit(result)
        raise RuntimeError(outcome.reason)


def plain_config() -> Config:
    """Make the one Config of a run: no ssh_config of its own, our runner in the remote's place."""
    return Config(
        overrides={"runners": {"remote": NodeRunner}, "run": {"in_stream": False}},
        ssh_config=SSHConfig(),
        lazy=True,
    )


class NodeConnection(Connection):  # type: ignore[misc]
    """Fabric's Connection to one node. Its attributes are its own: nothing reaches the shared Config."""

    machine: SshMachine
    until: Until
    inline_ssh_env = True

    def __init__(self, machine: SshMachine, until: Until, config: Config) -> None:
        where = machine.endpoint
        super().__init__(
            where.host, user=where.user, port=where.port, config=config, connect_kwargs={}, gateway=False
        )
        self.machine = machine
        self.until = until

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def is_connected(self) -> bool:
        """Say whether there is an open connection."""
        transport = self.machine.transport
        return transport is not None and transport.active

    def open(self) -> None:
        """Connect, if not yet; `run` would do it too."""
        self.machine.reach(self.until)

    def close(self) -> None:
        """Let go of the connection."""
        self.machine.close()


class NodeGroup(ThreadingGroup):  # type: ignore[misc]
    """Fabric's ThreadingGroup with a bound, a deadline and events as they come.

    `each` is what nowfab uses; `_do`, and with it `run` of Fabric's API, keeps Fabric's contract.
    """

    def __init__(self, members: Sequence[Member], until: Until) -> None:
        super().__init__()
        config = plain_config()
        for member in members:
            if isinstance(member.machine, SshMachine):
                self.append(NodeConnection(member.machine, until, config))
        self._members = members
        self._until = until

    def each(self, work: Work, exchange: Exchange, width: int) -> Iterator[Event]:
        """Hold a talk with every member; exactly one Finished each, in any order."""
        return Spread(self._members, work, self._until, exchange, width).events()

    def _do(self, method: str, *args: Any, **kwargs: Any) -> GroupResult:
        results = GroupResult()
        failed = False
        with ThreadPoolExecutor(min(WIDTH, len(self) or 1)) as pool:
            futures = [(member, pool.submit(getattr(member, method), *args, **kwargs)) for member in self]
        for member, future in futures:
            error = future.exception()
            failed = failed or error is not None
            results[member] = error if error is not None else future.result()
        if failed:
            raise GroupException(results)
        return results
