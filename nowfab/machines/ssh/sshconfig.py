"""Know what the user's ssh_config says of a host; the files are read once, hosts found by an index."""

from __future__ import annotations

import fnmatch
import getpass
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from nowfab.errors import FileError, Place
from nowfab.machines.ssh import sshconfig_file
from nowfab.machines.ssh.sshconfig_file import Block, Option

UNSUPPORTED = {
    "proxycommand": "ProxyCommand",
    "gssapiauthentication": "GSSAPIAuthentication",
    "hostbasedauthentication": "HostbasedAuthentication",
    "pkcs11provider": "PKCS11Provider",
    "knownhostscommand": "KnownHostsCommand",
    "remotecommand": "RemoteCommand",
    "canonicalizehostname": "CanonicalizeHostname",
    "bindaddress": "BindAddress",
    "bindinterface": "BindInterface",
}
"""Directives that matter and are not done here; harmless ones, such as Compression, are left out."""


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What ssh_config says of one host; None and () where it says nothing."""

    hostname: str | None = None
    user: str | None = None
    port: int | None = None
    identity_files: tuple[Path, ...] = ()
    identities_only: bool = False
    identity_agent: str | None = None
    certificate_files: tuple[Path, ...] = ()
    proxy_jump: tuple[str, ...] = ()
    host_key_alias: str | None = None
    user_known_hosts: tuple[Path, ...] = ()
    global_known_hosts: tuple[Path, ...] = ()
    strict_host_key_checking: str | None = None
    unsupported: tuple[tuple[str, Place], ...] = ()


class SshConfig:
    """The blocks of the user's and the system's file, the user's first."""

    def __init__(self, blocks: list[Block], home: Path, system: Path, user: str) -> None:
        self._home = home
        self._system = system
        self._user = user
        self._blocks = blocks
        self._literal: dict[str, list[int]] = {}
        self._always: list[int] = []
        for number, block in enumerate(blocks):
            if block.keyword == "host" and block.within is None and not _wild(block.words):
                for word in block.words:
                    self._literal.setdefault(word.lower(), []).append(number)
            elif block.options:
                self._always.append(number)
        self._found: dict[tuple[str, str | None], HostSettings] = {}

    @classmethod
    def read(cls, home: Path, system: Path = Path("/etc/ssh")) -> SshConfig:
        """Read both files; FileError with its place for a line that cannot be meant."""
        mine = sshconfig_file.read(home / ".ssh" / "config", home / ".ssh", home)
        theirs = sshconfig_file.read(system / "ssh_config", system, home)
        return cls([*mine, *theirs], home, system, getpass.getuser())

    def lookup(self, name: str, user: str | None = None) -> HostSettings:
        """Give what the files say of `name`, which is as typed; `user` is one chosen elsewhere."""
        key = name, user
        if key not in self._found:
            self._found[key] = self._settings(name, user)
        return self._found[key]

    def _settings(self, name: str, user: str | None) -> HostSettings:
        said = _Said()
        for option in self._options(name, user, said):
            said.take(option)
        return said.settings(name, user or said.user or self._user, self._home, self._system)

    def _options(self, name: str, user: str | None, said: _Said) -> Iterator[Option]:
        for number in sorted([*self._literal.get(name.lower(), ()), *self._always]):
            block = self._blocks[number]
            if self._applies(block, name, user, said):
                yield from block.options

    def _applies(self, block: Block | None, name: str, user: str | None, said: _Said) -> bool:
        if block is None:
            return True
        if not self._applies(block.within, name, user, said):
            return False
        if block.keyword == "host":
            return _any(block.words, name)
        return self._match(block, name, user, said)

    def _match(self, block: Block, name: str, user: str | None, said: _Said) -> bool:
        """Judge a Match line; one that runs or asks something, as `exec`, never holds and is named."""
        values = {
            "host": said.hostname or name,
            "originalhost": name,
            "user": user or said.user or self._user,
            "localuser": self._user,
        }
        rest = list(block.words)
        while rest:
            criterion = rest.pop(0)
            negated, criterion = criterion.startswith("!"), criterion.removeprefix("!").lower()
            if criterion in ("all", "final"):
                held = True
            elif criterion in values and rest:
                held = _any(tuple(rest.pop(0).split(",")), values[criterion])
            else:
                said.unsupported.append((f"Match {criterion}", block.place))
                return False
            if held == negated:
                return False
        return True


class _Said:
    """The options that hold for one host: the first value wins, some add up."""

    def __init__(self) -> None:
        self._first: dict[str, Option] = {}
        self._all: dict[str, list[str]] = {"identityfile": [], "certificatefile": []}
        self.unsupported: list[tuple[str, Place]] = []

    @property
    def hostname(self) -> str | None:
        return self._word("hostname")

    @property
    def user(self) -> str | None:
        return self._word("user")

    def take(self, option: Option) -> None:
        if option.keyword in self._all:
            self._all[option.keyword] += option.words[:1]
        else:
            self._first.setdefault(option.keyword, option)

    def settings(self, name: str, user: str, home: Path, system: Path) -> HostSettings:
        host = (self.hostname or name).replace("%h", name).replace("%%", "%")
        tokens = {
            "%d": str(home),
            "%h": host,
            "%r": user,
            "%n": name,
            "%p": self._word("port") or "22",
            "%%": "%",
        }

        def paths(words: list[str] | tuple[str, ...]) -> tuple[Path, ...]:
            return tuple(_path(word, tokens, home) for word in words if word.lower() != "none")

        return HostSettings(
            hostname=host if self.hostname else None,
            user=self.user,
            port=self._port(),
            identity_files=paths(self._all["identityfile"]),
            identities_only=self._word("identitiesonly") == "yes",
            identity_agent=self._agent(tokens, home),
            certificate_files=paths(self._all["certificatefile"]),
            proxy_jump=self._jumps(),
            host_key_alias=self._word("hostkeyalias"),
            user_known_hosts=paths(
                self._words("userknownhostsfile") or ("~/.ssh/known_hosts", "~/.ssh/known_hosts2")
            ),
            global_known_hosts=paths(
                self._words("globalknownhostsfile")
                or (str(system / "ssh_known_hosts"), str(system / "ssh_known_hosts2"))
            ),
            strict_host_key_checking=(self._word("stricthostkeychecking") or "").lower() or None,
            unsupported=(*self.unsupported, *self._unsupported(system)),
        )

    def _unsupported(self, system: Path) -> Iterator[tuple[str, Place]]:
        """Name what is not done; Debian's own file asks for GSSAPI everywhere, which nobody chose."""
        for option in self._first.values():
            chosen = option.keyword in UNSUPPORTED and option.words[:1] not in (("none",), ("no",), ())
            given = option.keyword == "gssapiauthentication" and Path(option.place.file).parent == system
            if chosen and not given:
                yield UNSUPPORTED[option.keyword], option.place

    def _words(self, keyword: str) -> tuple[str, ...]:
        option = self._first.get(keyword)
        return option.words if option else ()

    def _word(self, keyword: str) -> str | None:
        words = self._words(keyword)
        return words[0] if words else None

    def _port(self) -> int | None:
        word = self._word("port")
        if word is None:
            return None
        if not word.isdecimal() or not 0 < int(word) < 65536:
            raise FileError(self._first["port"].place, f"`{word}` is not a port")
        return int(word)

    def _agent(self, tokens: dict[str, str], home: Path) -> str | None:
        word = self._word("identityagent")
        if word is None or word == "SSH_AUTH_SOCK":
            return None
        return "none" if word.lower() == "none" else str(_path(word, tokens, home))

    def _jumps(self) -> tuple[str, ...]:
        word = self._word("proxyjump")
        return () if word is None or word.lower() == "none" else tuple(word.split(","))


def _path(word: str, tokens: dict[str, str], home: Path) -> Path:
    """Expand `~` and the tokens of ssh_config(5)."""
    out, rest = "", str(home / word[2:]) if word.startswith("~/") else word
    while rest:
        token = rest[:2]
        out += tokens.get(token, rest[0])
        rest = rest[2 if token in tokens else 1 :]
    return Path(out)


def _wild(words: tuple[str, ...]) -> bool:
    return any(character in word for word in words for character in "*?!")


def _any(patterns: tuple[str, ...], name: str) -> bool:
    """Match a list of patterns; one that is negated and matches decides."""
    matched = False
    for pattern in patterns:
        plain = pattern.removeprefix("!").lower().replace("[", "[[]")
        if fnmatch.fnmatchcase(name.lower(), plain):
            if pattern.startswith("!"):
                return False
            matched = True
    return matched
