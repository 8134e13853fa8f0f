"""Put a crew together: who is reached how, with what all of them share."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from nowfab.blobs import Spool
from nowfab.errors import JumpLoop
from nowfab.inventory.node import Node
from nowfab.machines.descriptors import room
from nowfab.machines.fanout import Exchange, Member
from nowfab.machines.local import LocalMachine
from nowfab.machines.options import Options
from nowfab.machines.ssh import endpoint
from nowfab.machines.ssh.dial import Dial
from nowfab.machines.ssh.endpoint import Endpoint
from nowfab.machines.ssh.fabric import NodeGroup
from nowfab.machines.ssh.gateways import Gateways, jump
from nowfab.machines.ssh.keys import Ring
from nowfab.machines.ssh.link import Hosts
from nowfab.machines.ssh.link import Stranger as Stranger
from nowfab.machines.ssh.machine import Dialler, SshMachine, Tools
from nowfab.machines.ssh.pump import Patience
from nowfab.machines.ssh.sshconfig import HostSettings, SshConfig
from nowfab.machines.watch import Watch
from nowfab.talk import Event, Until, Work

CONNECT = 10.0
"""Seconds for connecting where neither a flag nor ssh_config says."""


class FabricCrew:
    """Reach nodes through a Fabric group, and this computer directly.

    `warnings` are sentences about ssh_config that the user should see once.
    """

    def __init__(self, options: Options, spool: Spool, watch: Watch) -> None:
        self._options = options
        patience = Patience(options.connect_timeout or CONNECT, options.silence)
        self._tools = Tools(watch, Hosts(), Ring(), spool, options.live, options.password, patience)
        self._width, sockets = room(options.fanout)
        self._exchange = Exchange(self._width, sockets)
        self._gateways = Gateways(lambda node: self._machine(0, node), watch)
        self._config = SshConfig.read(options.home, environ=options.environ)
        self._user = _local_user()
        self.warnings: list[str] = []
        if self._width < options.fanout:
            self.warnings.append(
                f"fan-out lowered from {options.fanout} to {self._width}: "
                f"this computer lets a process open {sockets} files"
            )

    @property
    def strangers(self) -> Sequence[Stranger]:
        """The unknown host keys that were met and refused."""
        return self._tools.hosts.strangers

    @property
    def mend(self) -> str:
        """The shell line that forgets every changed host key that was met, "" without one."""
        return self._tools.hosts.mend()

    def trust(self, strangers: Sequence[Stranger]) -> None:
        """Write these host keys down; their nodes can be asked again."""
        self._tools.hosts.trust(strangers)
        self._tools.hosts.strangers.clear()
        self.forgive()

    def forgive(self) -> None:
        """Have gateways that could not be reached tried anew; for when nodes go again."""
        self._gateways.forgive()

    def each(self, nodes: Sequence[Node], work: Work, until: Until) -> Iterator[Event]:
        """Hold a talk with every node; exactly one Finished each, in any order."""
        members = [self.member(number, node) for number, node in enumerate(nodes)]
        group = NodeGroup(members, until)
        return group.each(work, self._exchange, self._width)

    def close(self) -> None:
        """Let go of every connection."""
        self._gateways.close()
        self._exchange.front.close()
        self._tools.ring.close()

    def member(self, number: int, node: Node) -> Member:
        """Give a node its machine; `number` is its place in the run."""
        tools, options = self._tools, self._options
        if node.local:
            shell = options.environ.get("SHELL") or "/bin/sh"
            return Member(node, LocalMachine(node, tools.watch, tools.spool, shell, tools.live), None)
        machine = self._machine(number, node)
        direct = machine.dialler is self._exchange and not machine.endpoint.refusal
        return Member(node, machine, machine.dial if direct else None)

    def _machine(self, number: int, node: Node) -> SshMachine:
        settings = self._config.lookup(node.name, node.user, node.port)
        self._warn(settings)
        where = endpoint.decide(node, settings, self._options, self._user)
        seconds = self._options.connect_timeout or settings.connect_timeout or CONNECT
        dial = Dial(number, where.host, where.port, seconds)
        via = node.via or jump(settings.proxy_jump, node.name)
        dialler: Dialler = self._exchange
        try:
            dialler = self._exchange if via is None else self._gateways.through(via)
        except JumpLoop as error:
            where = replace(where, refusal=str(error))
        return SshMachine(node, where, dial, self._tools, dialler)

    def _warn(self, settings: HostSettings) -> None:
        """Name what ssh_config says and is not done, each once."""
        said = [f"{place}: {directive} is not supported" for directive, place in settings.unsupported]
        if settings.certificate_files:
            said.append("ssh_config: CertificateFile is not supported; KEY-cert.pub beside the key is")
        if settings.strict_host_key_checking == "no":
            said.append("ssh_config: StrictHostKeyChecking no counts as accept-new; a changed key is refused")
        self.warnings += [sentence for sentence in said if sentence not in self.warnings]


def endpoints(options: Options) -> Callable[[Node], Endpoint]:
    """Give a function that says as whom and with which keys a node would be logged in to.

    FileError when ssh_config cannot be read.
    """
    config, user = SshConfig.read(options.home, environ=options.environ), _local_user()

    def where(node: Node) -> Endpoint:
        return endpoint.decide(node, config.lookup(node.name, node.user, node.port), options, user)

    return where


def _local_user() -> str:
    """Give the local user's name; a uid that nobody gave a name is its own."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def open_crew(options: Options, spool: Spool, watch: Watch) -> FabricCrew:
    """Make a crew; FileError when ssh_config cannot be read."""
    return FabricCrew(options, spool, watch)
