"""Decide how one node is reached: our files first, then ssh_config, then SSH's own defaults."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nowfab.inventory.node import Node
from nowfab.machines.options import Options
from nowfab.machines.ssh.hostkeys import lookup_name

if TYPE_CHECKING:
    from nowfab.machines.ssh.sshconfig import HostSettings

PORT = 22

DEFAULT_IDENTITIES = ("id_ed25519", "id_ecdsa", "id_rsa")
"""Files in ~/.ssh that are tried when nobody names one (ssh_config(5), IdentityFile)."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a node answers and who we are there.

    `named` says that somebody asked for the identities by name, so that a missing file is worth a
    word. `lookups` are the names under which known_hosts may have its key, the first one is the
    one that a new key is written under, in the first of `known_hosts`; `ask` says whether the user
    may be asked about it.
    """

    host: str
    port: int
    user: str
    identities: tuple[Path, ...]
    named: bool
    identities_only: bool
    agent: str | None
    lookups: tuple[str, ...]
    known_hosts: tuple[Path, ...]
    accept_new: bool
    ask: bool = True
    hash_names: bool = False
    refusal: str = ""


def decide(node: Node, settings: HostSettings, options: Options, user: str) -> Endpoint:
    """Put together what is known; `user` is the local user's name."""
    host = node.address or settings.hostname or node.name
    port = node.port or settings.port or PORT
    own = node.fleet != ""
    identities, named = _identities(node, settings, options.home)
    return Endpoint(
        host=host,
        port=port,
        user=node.user or settings.user or user,
        identities=identities,
        named=named,
        identities_only=own or settings.identities_only,
        agent=None if own else _agent(settings, options),
        lookups=_lookups(node, settings, host, port),
        known_hosts=_known_hosts(node, settings, options),
        accept_new=not own and _accept_new(settings, options),
        ask=bool(options.host_keys) or settings.strict_host_key_checking != "yes",
        hash_names=settings.hash_known_hosts,
        refusal=node.down or _unsupported(settings),
    )


def _identities(node: Node, settings: HostSettings, home: Path) -> tuple[tuple[Path, ...], bool]:
    if node.identity:
        own = Path(node.identity)
        if node.identity.startswith("~/"):
            own = home / node.identity[2:]
        return (own,) if node.fleet else (own, *settings.identity_files), True
    if settings.identities_named:
        return settings.identity_files, True
    return tuple(home / ".ssh" / name for name in DEFAULT_IDENTITIES), False


def _agent(settings: HostSettings, options: Options) -> str | None:
    if settings.identity_agent == "none":
        return None
    return settings.identity_agent or options.environ.get("SSH_AUTH_SOCK") or None


def _lookups(node: Node, settings: HostSettings, host: str, port: int) -> tuple[str, ...]:
    """A node behind a gateway is known by its name only: every private network reuses addresses."""
    if settings.host_key_alias:
        return (settings.host_key_alias,)
    by_name = lookup_name(node.name, port)
    if node.via is not None:
        return (by_name,)
    return tuple(dict.fromkeys((by_name, lookup_name(host, port))))


def _known_hosts(node: Node, settings: HostSettings, options: Options) -> tuple[Path, ...]:
    """Where ssh_config wants no file of the user's, nowfab has its usual one: somewhere a key must stand."""
    if node.known_hosts:
        return (Path(node.known_hosts),)
    mine = settings.user_known_hosts or (options.home / ".ssh" / "known_hosts",)
    return (*mine, *settings.global_known_hosts)


def _accept_new(settings: HostSettings, options: Options) -> bool:
    """OpenSSH's `no` and `off` count as accept-new here: a changed key is refused all the same."""
    asked = options.host_keys or settings.strict_host_key_checking or "strict"
    return asked in ("accept-new", "no", "off")


def _unsupported(settings: HostSettings) -> str:
    for directive, place in settings.unsupported:
        if directive.lower() == "proxycommand":
            return f"{place}: ProxyCommand is not supported; ProxyJump is"
    return ""
