"""Make settings for one host of the ssh_config directives that hold for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from nowfab.errors import Place
from nowfab.machines.ssh import sshconfig_keywords as keywords
from nowfab.machines.ssh import sshconfig_tokens as tokens
from nowfab.machines.ssh import wildcards
from nowfab.machines.ssh.sshconfig_lines import Directive, shown
from nowfab.machines.ssh.sshconfig_tokens import NoValue

_CHECKING = {"true": "yes", "false": "no", "off": "no"}
"""Other words for StrictHostKeyChecking's values."""

_MANY = ("identityfile", "certificatefile")
"""Keywords that add up."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who asks: whose home, login name and id, on which computer, with which environment.

    `own` and `everyones` are the known_hosts files where ssh_config names none.
    """

    home: Path
    user: str
    uid: int
    computer: str
    environ: Mapping[str, str]
    own: tuple[Path, ...]
    everyones: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class HostSettings:
    """What ssh_config says about a host. None means that it says nothing.

    `identities_named` says that IdentityFile was given, if only `none`, so that the usual files in
    ~/.ssh are not to be tried. `identity_agent` is a socket's path or `none`. `proxy_jump` is in the
    order of the way, () for `none`. Times are in seconds. `strict_host_key_checking` is one of
    `yes`, `no`, `ask`, `accept-new`. `unsupported` names what holds for this host and is not done.
    """

    hostname: str | None = None
    user: str | None = None
    port: int | None = None
    identity_files: tuple[Path, ...] = ()
    identities_named: bool = False
    identities_only: bool = False
    identity_agent: str | None = None
    certificate_files: tuple[Path, ...] = ()
    proxy_jump: tuple[str, ...] | None = None
    host_key_alias: str | None = None
    user_known_hosts: tuple[Path, ...] = ()
    global_known_hosts: tuple[Path, ...] = ()
    strict_host_key_checking: str | None = None
    connect_timeout: float | None = None
    server_alive_interval: float | None = None
    hash_known_hosts: bool = False
    unsupported: tuple[tuple[str, Place], ...] = ()


@dataclass(slots=True)
class Chosen:
    """The directives that hold, the first of each keyword; `user` and `port` were asked for beside them."""

    user: str | None = None
    port: int | None = None
    first: dict[str, Directive] = field(default_factory=dict)
    many: dict[str, list[Directive]] = field(default_factory=dict)
    unsupported: dict[tuple[str, Place], None] = field(default_factory=dict)

    def take(self, directive: Directive) -> None:
        """Let a directive count, where none of its kind came before."""
        if directive.keyword in _MANY:
            self.many.setdefault(directive.keyword, []).append(directive)
        elif not self._excluded(directive.keyword):
            self.first.setdefault(directive.keyword, directive)

    def unjudged(self, what: str, place: Place) -> None:
        """Remember something that would matter and is not done."""
        self.unsupported[what, place] = None

    def word(self, keyword: str) -> str | None:
        """Give the value of a keyword that has one."""
        found = self.first.get(keyword)
        return found.words[0] if found is not None else None

    def _excluded(self, keyword: str) -> bool:
        """Tell whether what came before leaves no room: of a jump and a command the first counts.

        `ProxyJump none` keeps out other jumps only, `ProxyCommand none` both (tried with 9.2).
        """
        if keyword == "proxyjump":
            return "proxycommand" in self.first
        return keyword == "proxycommand" and (self.word("proxyjump") or "none").lower() != "none"


def hostname(chosen: Chosen, name: str) -> str | None:
    """Give HostName with its tokens filled in, as names are compared: in lower case."""
    text = chosen.word("hostname")
    return None if text is None else tokens.expand(text, {"h": name}, {}).lower()


def settle(chosen: Chosen, name: str, me: Me) -> HostSettings:
    """Make the settings."""
    names = _Names(chosen, name, me)
    checking = (chosen.word("stricthostkeychecking") or "").lower()
    identity_files = names.several("identityfile")
    return HostSettings(
        hostname=hostname(chosen, name),
        user=chosen.word("user"),
        port=_port(chosen),
        identity_files=identity_files,
        identities_named="identityfile" in chosen.many,
        identities_only=_flag(chosen, "identitiesonly"),
        identity_agent=names.agent(),
        certificate_files=names.several("certificatefile"),
        proxy_jump=names.jump(),
        host_key_alias=chosen.word("hostkeyalias"),
        user_known_hosts=names.known("userknownhostsfile", me.own),
        global_known_hosts=names.known("globalknownhostsfile", me.everyones),
        strict_host_key_checking=_CHECKING.get(checking, checking) or None,
        connect_timeout=_seconds(chosen, "connecttimeout"),
        server_alive_interval=_seconds(chosen, "serveraliveinterval"),
        hash_known_hosts=_flag(chosen, "hashknownhosts"),
        unsupported=(*chosen.unsupported, *_unsupported(chosen), *names.dropped),
    )


class _Names:
    """Names of files with their tokens filled in; `dropped` are those that could not be."""

    def __init__(self, chosen: Chosen, name: str, me: Me) -> None:
        self._chosen = chosen
        self._me = me
        self._values = _values(chosen, name, me)
        self.dropped: list[tuple[str, Place]] = []

    def several(self, keyword: str) -> tuple[Path, ...]:
        """Give the files of a keyword that adds up, each once; `none` adds nothing."""
        found = [
            self._path(directive.words[0], directive)
            for directive in self._chosen.many.get(keyword, ())
            if directive.words[0].lower() != "none"
        ]
        return tuple(dict.fromkeys(Path(path) for path in found if path))

    def known(self, keyword: str, usual: tuple[Path, ...]) -> tuple[Path, ...]:
        """Give known_hosts files: those that are named, else the usual ones."""
        directive = self._chosen.first.get(keyword)
        if directive is None:
            return usual
        if directive.words[0].lower() == "none":
            return ()
        if keyword == "globalknownhostsfile":
            return tuple(Path(tokens.tilde(word, self._me.home)) for word in directive.words)
        return tuple(Path(path) for word in directive.words if (path := self._path(word, directive)))

    def agent(self) -> str | None:
        """Give the agent's socket; `$NAME` is an environment variable (ssh_config(5), IdentityAgent)."""
        directive = self._chosen.first.get("identityagent")
        word = directive.words[0] if directive is not None else "SSH_AUTH_SOCK"
        if directive is None or word == "SSH_AUTH_SOCK":
            return None
        if word.lower() == "none":
            return "none"
        if word[0] == "$" and word[1:2] != "{":
            return self._me.environ.get(word[1:]) or "none"
        return self._path(word, directive)

    def jump(self) -> tuple[str, ...] | None:
        """Give the hops of ProxyJump, the first one first."""
        word = self._chosen.word("proxyjump")
        if word is None:
            return None
        if word.lower() == "none":
            return ()
        return tuple(tokens.expand(hop.strip(), self._values, {}) for hop in word.split(","))

    def _path(self, word: str, directive: Directive) -> str | None:
        try:
            return tokens.expand(tokens.tilde(word, self._me.home), self._values, self._me.environ)
        except NoValue as missing:
            self.dropped.append((f"{directive.typed} {shown(word)} ({missing})", directive.place))
            return None


def _values(chosen: Chosen, name: str, me: Me) -> dict[str, str]:
    """Fill in the tokens (ssh_config(5), TOKENS); %C, %j are left out: no file is named by them."""
    return {
        "d": str(me.home),
        "h": hostname(chosen, name) or name.lower(),
        "i": str(me.uid),
        "k": chosen.word("hostkeyalias") or name,
        "L": me.computer.partition(".")[0],
        "l": me.computer,
        "n": name,
        "p": str(_port(chosen) or chosen.port or 22),
        "r": chosen.user or chosen.word("user") or me.user,
        "u": me.user,
    }


def _port(chosen: Chosen) -> int | None:
    word = chosen.word("port")
    return keywords.port(word) if word is not None else None


def _flag(chosen: Chosen, keyword: str) -> bool:
    return keywords.flag(chosen.word(keyword) or "no") or False


def _seconds(chosen: Chosen, keyword: str) -> float | None:
    return keywords.seconds(chosen.word(keyword) or "none") or None


def _unsupported(chosen: Chosen) -> list[tuple[str, Place]]:
    """Name what matters and is not done, and what nobody knows."""
    ignored = wildcards.patterns((chosen.word("ignoreunknown") or "").lower().split(","))
    found = []
    for directive in chosen.first.values():
        harmless = keywords.HARMLESS.get(directive.keyword)
        if harmless is not None:
            if directive.words[0].lower() not in harmless.split():
                found.append((directive.typed, directive.place))
        elif directive.keyword not in keywords.RULES and not wildcards.fits(directive.keyword, ignored):
            found.append((directive.typed, directive.place))
    return found
