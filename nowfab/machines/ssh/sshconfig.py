"""Answer what ssh_config says about a host, as OpenSSH would, without reading it for each host anew.

A Host line that names its hosts is found by an index; only lines with wildcards, and Match lines,
are tried one by one. `Match exec` and the criteria that came after OpenSSH 9.2 are not judged:
such a block does not hold, and it is named in `unsupported`, as every directive that would matter.
"""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from nowfab.machines.ssh import sshconfig_match as matching
from nowfab.machines.ssh import sshconfig_read, sshconfig_settle, wildcards
from nowfab.machines.ssh.sshconfig_match import Condition, Facts
from nowfab.machines.ssh.sshconfig_read import Block, Source
from nowfab.machines.ssh.sshconfig_settle import Chosen, Me
from nowfab.machines.ssh.sshconfig_settle import HostSettings as HostSettings

SYSTEM = Path("/etc/ssh")
NOTHING: Mapping[str, str] = MappingProxyType({})


class SshConfig:
    """All ssh_config files, read once; safe to ask from many threads."""

    __slots__ = ("_blocks", "_final", "_me", "_named", "_others")

    def __init__(self, blocks: Sequence[Block], me: Me) -> None:
        self._me = me
        self._blocks = tuple(blocks)
        self._named: dict[str, list[int]] = {}
        self._others: list[int] = []
        self._final = False
        for number, block in enumerate(blocks):
            self._index(number, block)

    @classmethod
    def read(cls, home: Path, system: Path = SYSTEM, environ: Mapping[str, str] = NOTHING) -> SshConfig:
        """Read ~/.ssh/config, then /etc/ssh/ssh_config; a missing one says nothing.

        FileError, with its place, for a line that cannot be meant or a file that cannot be read.
        `environ` is for `${NAME}` in names of files.
        """
        own = Source(home / ".ssh/config", home / ".ssh", own=True)
        everyones = Source(system / "ssh_config", system, own=False)
        return cls.of([own, everyones], me(home, system, environ))

    @classmethod
    def of(cls, sources: Sequence[Source], me: Me) -> SshConfig:
        """Read these files, in this order."""
        return cls([block for source in sources for block in sshconfig_read.read(source, me.home)], me)

    def lookup(self, name: str, user: str | None = None, port: int | None = None) -> HostSettings:
        """Say how `name` is reached; `user` and `port` are what was asked for beside ssh_config."""
        chosen = Chosen(user=user, port=port)
        self._go_through(_Pass(chosen, self._me.user, name, name, final=False))
        if self._final:
            host = sshconfig_settle.hostname(chosen, name) or name.lower()
            self._go_through(_Pass(chosen, self._me.user, name, host, final=True))
        return sshconfig_settle.settle(chosen, name, self._me)

    def _go_through(self, once: _Pass) -> None:
        for number in sorted({*self._named.get(once.host, ()), *self._others}):
            block = self._blocks[number]
            if all(once.holds(condition) for condition in block.conditions):
                for directive in block.directives:
                    if not (once.final and directive.keyword == "hostname"):
                        once.chosen.take(directive)

    def _index(self, number: int, block: Block) -> None:
        for condition in block.conditions:
            self._final = self._final or any(each.name == "final" for each in condition.criteria)
        names = next((n for n in (c.names() for c in block.conditions) if n is not None), None)
        if names is None:
            self._others.append(number)
        for name in dict.fromkeys(names or ()):
            self._named.setdefault(name, []).append(number)


@dataclass(frozen=True, slots=True)
class _Pass:
    """One way through the files; `host` is what Host lines are compared with, `typed` what was asked for.

    `Match final` makes a second way, with the host's real name, which then is settled (readconf.c).
    """

    chosen: Chosen
    login: str
    typed: str
    host: str
    final: bool
    judged: dict[int, bool] = field(default_factory=dict)

    def holds(self, condition: Condition) -> bool:
        """Judge a line where it stands: what comes later does not change it."""
        if condition.hosts:
            return wildcards.fits(self.host, condition.hosts)
        if id(condition) not in self.judged:
            answer = matching.holds(condition, self._facts())
            self.judged[id(condition)] = answer is True
            if isinstance(answer, str):
                self.chosen.unjudged(f"Match {answer}", condition.place)
        return self.judged[id(condition)]

    def _facts(self) -> Facts:
        now = self.host if self.final else sshconfig_settle.hostname(self.chosen, self.typed)
        user = self.chosen.user or self.chosen.word("user") or self.login
        return Facts(self.typed, now or self.typed, user, self.login, self.final)


def me(home: Path, system: Path = SYSTEM, environ: Mapping[str, str] = NOTHING) -> Me:
    """Say who asks, from where."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    own = (home / ".ssh/known_hosts", home / ".ssh/known_hosts2")
    everyones = (system / "ssh_known_hosts", system / "ssh_known_hosts2")
    return Me(home, user, uid, socket.gethostname(), environ, own, everyones)
