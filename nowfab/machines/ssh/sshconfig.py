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
from pathlib import Path
from types import MappingProxyType

from nowfab.machines.ssh import sshconfig_match as matching
from nowfab.machines.ssh import sshconfig_read, sshconfig_settle
from nowfab.machines.ssh.sshconfig_match import Facts
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
        self._pass(chosen, name, name, final=False)
        if self._final:
            host = sshconfig_settle.hostname(chosen, name) or name.lower()
            self._pass(chosen, host, name, final=True)
        return sshconfig_settle.settle(chosen, name, self._me)

    def _pass(self, chosen: Chosen, host: str, name: str, final: bool) -> None:
        """Go through the files once; what was chosen first stays."""
        judged: dict[int, bool] = {}
        for number in sorted({*self._named.get(host, ()), *self._others}):
            block = self._blocks[number]
            if all(self._judge(c, judged, chosen, host, name, final) for c in block.conditions):
                for directive in block.directives:
                    chosen.take(directive)

    def _judge(
        self,
        condition: matching.Condition,
        judged: dict[int, bool],
        chosen: Chosen,
        host: str,
        name: str,
        final: bool,
    ) -> bool:
        """Judge a line where it stands: what comes later does not change it."""
        key = id(condition)
        if key not in judged:
            answer = matching.holds(condition, self._facts(chosen, host, name, final))
            judged[key] = answer is True
            if isinstance(answer, str):
                chosen.unjudged(f"Match {answer}", condition.place)
        return judged[key]

    def _facts(self, chosen: Chosen, host: str, name: str, final: bool) -> Facts:
        login = self._me.user
        return Facts(
            name=host,
            typed=name,
            hostname=host if final else sshconfig_settle.hostname(chosen, name) or name,
            user=chosen.user or chosen.word("user") or login,
            local_user=login,
            final=final,
        )

    def _index(self, number: int, block: Block) -> None:
        for condition in block.conditions:
            self._final = self._final or any(each.name == "final" for each in condition.criteria)
        names = next((n for n in (c.names() for c in block.conditions) if n is not None), None)
        if names is None:
            self._others.append(number)
        for name in dict.fromkeys(names or ()):
            self._named.setdefault(name, []).append(number)


def me(home: Path, system: Path = SYSTEM, environ: Mapping[str, str] = NOTHING) -> Me:
    """Say who asks, from where."""
    uid = os.getuid()
    try:
        user = pwd.getpwuid(uid).pw_name
    except KeyError:
        user = str(uid)
    return Me(home, system, user, uid, socket.gethostname(), environ)
