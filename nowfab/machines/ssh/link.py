"""Turn an opened socket into an authenticated connection, or say why not."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import paramiko

from nowfab.blobs import Secret
from nowfab.errors import NowfabError, Place
from nowfab.machines.ssh import hostkeys, knownhosts_file
from nowfab.machines.ssh.endpoint import Endpoint
from nowfab.machines.ssh.hostkeys import KnownHosts, State, Verdict
from nowfab.machines.ssh.keys import NoSignature, Ring
from nowfab.machines.ssh.transport import Hangup, NodeTransport
from nowfab.machines.ssh.wire import Wire


class Unreached(Exception):
    """The connection broke before we were let in.

    `again` says that another try may do better, `phase` what was going on.
    """

    def __init__(self, reason: str, again: bool, phase: str = "") -> None:
        super().__init__(reason)
        self.again = again
        self.phase = phase


class Refused(Exception):
    """One side does not want the other: a host key, or every one of our keys."""


class KeyRefused(Refused):
    """The host key is not one that is on file."""


KEX = "key exchange"

KNOWN = "known"
NEW = "new"
"""What a host key that is not refused can be; a new one has been written down."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A host key that is not on file: shown to the user, who may have it written down."""

    node: str
    host: str
    kind: str
    fingerprint: str
    blob: bytes
    file: Path
    hash_names: bool = False


class Hosts:
    """The known_hosts files of a run, each set read once, and the strangers that were met."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read: dict[tuple[Path, ...], KnownHosts] = {}
        self._accepted: set[tuple[Path, str, bytes]] = set()
        self._changed: dict[str, dict[str, None]] = {}
        self.strangers: list[Stranger] = []

    def known(self, files: tuple[Path, ...]) -> KnownHosts:
        """Give what these files say; FileError when one cannot be read."""
        with self._lock:
            if files not in self._read:
                self._read[files] = KnownHosts.read(files)
            return self._read[files]

    def judge(self, node: str, endpoint: Endpoint, key: paramiko.PKey) -> str:
        """Say whether a key is known or new; refuse a changed or revoked one, and a new one if so told."""
        kind, blob = key.get_name(), key.asbytes()
        if (endpoint.known_hosts[0], endpoint.lookups[0], blob) in self._accepted:
            return NEW
        verdict = self.known(endpoint.known_hosts).check(endpoint.lookups, kind, blob)
        if verdict.state is State.KNOWN:
            return KNOWN
        if verdict.state is not State.UNKNOWN:
            self._note(verdict, endpoint)
            raise KeyRefused(_warning(verdict, kind, blob, endpoint.lookups))
        stranger = Stranger(
            node,
            endpoint.lookups[0],
            kind,
            hostkeys.fingerprint(blob),
            blob,
            endpoint.known_hosts[0],
            endpoint.hash_names,
        )
        if endpoint.accept_new:
            self.trust([stranger])
            return NEW
        with self._lock:
            if endpoint.ask and (stranger.host, blob) not in {(s.host, s.blob) for s in self.strangers}:
                self.strangers.append(stranger)
        raise KeyRefused(
            f"unknown host key; `--host-keys accept-new` writes it down: {kind} {stranger.fingerprint}"
        )

    def mend(self) -> str:
        """Give the line that forgets every changed key that was met; "" when there was none."""
        with self._lock:
            return "; ".join(
                f'for name in {" ".join(map(quote, names))}; do ssh-keygen -R "$name" -f {quote(file)}; done'
                for file, names in self._changed.items()
            )

    def _note(self, verdict: Verdict, endpoint: Endpoint) -> None:
        if verdict.state is State.CHANGED:
            with self._lock:
                for _, _, place in verdict.known:
                    self._changed.setdefault(place.file, {}).update(dict.fromkeys(endpoint.lookups))

    def trust(self, strangers: Sequence[Stranger]) -> None:
        """Write these keys into known_hosts and know them from now on."""
        with self._lock:
            for file, hashed in {(stranger.file, stranger.hash_names) for stranger in strangers}:
                mine = [
                    (s.host, s.kind, s.blob) for s in strangers if (s.file, s.hash_names) == (file, hashed)
                ]
                knownhosts_file.append(file, mine, hashed)
                self._accepted.update((file, host, blob) for host, _, blob in mine)


def connect(
    wire: Wire,
    version: str,
    node: str,
    endpoint: Endpoint,
    hosts: Hosts,
    ring: Ring,
    password: Secret | None = None,
    pinned: bytes | None = None,
    by_key: bool = False,
) -> NodeTransport:
    """Exchange keys, judge the host's, show ours; with a `pinned` host key only that one will do.

    With `by_key` a node that lets us in without any key of ours is refused.
    """
    kinds = hosts.known(endpoint.known_hosts).kinds(endpoint.lookups)
    transport = NodeTransport(wire, version, kinds)
    phase = KEX
    try:
        transport.shake_hands()
        key = transport.get_remote_server_key()
        transport.host_key_state = hosts.judge(node, endpoint, key)
        if pinned not in (None, key.asbytes()):
            shown = f"{key.get_name()} {hostkeys.fingerprint(key.asbytes())}"
            raise Refused(f"the node has another host key than before: {shown}")
        phase = "authentication"
        if not _authenticate(transport, endpoint, ring, password) and by_key:
            raise Refused(f"the node lets `{endpoint.user}` in without a key")
    except (EOFError, OSError, Hangup) as error:
        transport.close()
        said = f": {error}" if isinstance(error, Hangup) and str(error) else ""
        again = phase == KEX
        raise Unreached(f"connection closed during {phase}{said}", again, phase) from error
    except paramiko.ssh_exception.IncompatiblePeer as error:
        transport.close()
        raise Unreached(f"{phase} failed: {transport.disagreement(error)}", False, phase) from error
    except paramiko.SSHException as error:
        transport.close()
        raise Unreached(f"{phase} failed: {_first_line(error)}", False, phase) from error
    except (Refused, NowfabError):
        transport.close()
        raise
    except Exception as error:
        transport.close()
        raise Unreached(f"{phase} failed: the server talks nonsense ({error})", False, phase) from error
    return transport


def _authenticate(transport: NodeTransport, endpoint: Endpoint, ring: Ring, password: Secret | None) -> bool:
    """Be let in, or raise Refused; says whether a key of ours alone did it."""
    auth = transport.begin_userauth()
    tried: list[str] = []
    problems: list[str] = []
    for offer in ring.offers(endpoint):
        if isinstance(offer, str):
            problems.append(offer)
            continue
        try:
            accepted = auth.key(endpoint.user, offer.key)
        except NoSignature as error:
            problems.append(str(error))
            continue
        except (EOFError, OSError, Hangup) as error:
            if tried or isinstance(error, Hangup):
                raise Refused(_too_many(endpoint, [*tried, offer.label], error)) from error
            raise
        if accepted:
            return True
        if auth.partial:
            break
        tried.append(offer.label)
        if "publickey" not in auth.allowed:
            break
    if not tried and not auth.partial and auth.nothing(endpoint.user):
        return False
    if password is not None and {"password", "keyboard-interactive"} & set(auth.allowed):
        if auth.offer_password(endpoint.user, password):
            return False
        problems.append("the password is not accepted either")
    if auth.partial:
        problems.insert(0, f"the key is accepted, but the node also wants {', '.join(auth.allowed)}")
        raise Refused("; ".join(problems))
    raise Refused(_no_key(endpoint, tried, problems, auth.allowed))


def _no_key(endpoint: Endpoint, tried: list[str], problems: list[str], allowed: Sequence[str]) -> str:
    what = f"no key of ours is accepted for `{endpoint.user}`: tried {', '.join(tried)}"
    if not tried:
        what = f"no key to offer for `{endpoint.user}`"
    takes = f"; the node takes {', '.join(allowed)}" if allowed else ""
    return "; ".join([what + takes, *problems])


def _too_many(endpoint: Endpoint, tried: list[str], error: Exception) -> str:
    said = str(error) or "it closed the connection"
    return (
        f"the node ended the authentication of `{endpoint.user}` after {len(tried)} keys: {said}; "
        "name the right one with `identity` in nodes.yaml, or IdentitiesOnly in ssh_config"
    )


def _warning(verdict: Verdict, kind: str, blob: bytes, lookups: Sequence[str]) -> str:
    shown = f"{kind} {hostkeys.fingerprint(blob)}"
    if verdict.state is State.REVOKED:
        return f"REVOKED host key {shown}, {verdict.place}"
    on_file = ", ".join(f"{fingerprint} at {place}" for _, fingerprint, place in verdict.known)
    name, file = _where(verdict.place, lookups)
    return (
        f"HOST KEY CHANGED: it shows {shown}, on file is {on_file}; if the node was set up anew: "
        f"ssh-keygen -R '{name}' -f {file}"
    )


def _where(place: Place | None, lookups: Sequence[str]) -> tuple[str, str]:
    return lookups[0], place.file if place else "~/.ssh/known_hosts"


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
