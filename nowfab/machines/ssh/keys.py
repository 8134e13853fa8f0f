"""Find the private keys that a node may be offered: from files and from the agent."""

# paramiko's stubs leave its private names out; tests/machines/ssh/test_paramiko_contract.py has them.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import paramiko
from paramiko.agent import AgentKey, AgentSSH

from nowfab.machines.ssh.endpoint import Endpoint

AGENT_SECONDS = 5.0
"""Seconds that the agent is given for one answer."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A key that can be offered, with the words that name it."""

    label: str
    key: paramiko.PKey


class NoSignature(Exception):
    """The agent lists a key and does not sign with it."""


class BorrowedKey(AgentKey):
    """A key that stays in the agent."""

    agent: Agent

    def sign_ssh_data(self, data: Any, algorithm: str | None = None) -> Any:
        """Have the agent sign; NoSignature when it does not."""
        return self.agent.borrow(lambda: super(BorrowedKey, self).sign_ssh_data(data, algorithm))


class Agent(AgentSSH):
    """The user's ssh-agent, asked once for its keys, one thread at a time, and never waited for twice."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._turn = threading.Lock()
        self._trouble = ""
        self._sock = socket.socket(socket.AF_UNIX)
        self._sock.settimeout(AGENT_SECONDS)
        try:
            self._sock.connect(path)
            self._connect(self._sock)
        except BaseException:
            self._sock.close()
            raise

    def offers(self) -> list[Offer]:
        """Give the agent's keys as they are listed by `ssh-add -l`."""
        keys = [BorrowedKey(self, key.blob, key.comment) for key in self._keys]
        return [Offer(f"{key.comment or key.get_name()} (agent)", key) for key in keys]

    def borrow(self, sign: Callable[[], Any]) -> Any:
        """Have one signature made; after the first that does not come, all others fail at once."""
        if not self._turn.acquire(timeout=AGENT_SECONDS):
            raise NoSignature(self._trouble or f"the ssh-agent at {self._path} is busy")
        try:
            if self._trouble:
                raise NoSignature(self._trouble)
            return sign()
        except OSError as error:
            self._trouble = f"the ssh-agent at {self._path}: {error.strerror or 'no signature came'}"
            if isinstance(error, TimeoutError):
                self._trouble = f"the ssh-agent at {self._path} did not sign within {AGENT_SECONDS:g} s"
            self.close()
            raise NoSignature(self._trouble) from error
        finally:
            self._turn.release()

    def close(self) -> None:
        """Let go of the agent."""
        self._sock.close()


class Ring:
    """Every key of a run, read once; safe to ask from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[Path, paramiko.PKey | str] = {}
        self._agents: dict[str, list[Offer] | str] = {}
        self._open: list[Agent] = []

    def offers(self, endpoint: Endpoint) -> Iterator[Offer | str]:
        """Give what to offer, in order; a string says why something could not be used."""
        agent = self._agent(endpoint.agent)
        if isinstance(agent, str):
            yield agent
            agent = []
        held = {offer.key.asbytes(): offer for offer in agent}
        for path in endpoint.identities:
            found = self._identity(path, held, endpoint.named)
            if found is not None:
                yield found
        if not endpoint.identities_only:
            yield from held.values()

    def _identity(self, path: Path, held: dict[bytes, Offer], named: bool) -> Offer | str | None:
        """Read one identity; the agent's copy is used where the file itself is locked."""
        with self._lock:
            if path not in self._files:
                self._files[path] = _read(path)
            key = self._files[path]
        if not isinstance(key, str):
            held.pop(key.asbytes(), None)
            return Offer(str(path), key)
        public = _public(path)
        if public is not None and public in held:
            return held.pop(public)
        return key if named or path.exists() else None

    def _agent(self, path: str | None) -> list[Offer] | str:
        if path is None:
            return []
        with self._lock:
            if path not in self._agents:
                self._agents[path] = self._ask(path)
            return self._agents[path]

    def close(self) -> None:
        """Let go of the agents."""
        with self._lock:
            for agent in self._open:
                agent.close()
            self._open.clear()
            self._agents.clear()

    def _ask(self, path: str) -> list[Offer] | str:
        try:
            agent = Agent(path)
        except TimeoutError:
            return f"the ssh-agent at {path} did not answer within {AGENT_SECONDS:g} s"
        except FileNotFoundError:
            return []
        except (OSError, paramiko.SSHException) as error:
            return f"the ssh-agent at {path}: {error}"
        self._open.append(agent)
        return agent.offers()


def _read(path: Path) -> paramiko.PKey | str:
    """Read a private key, or say in a few words why it cannot be used."""
    try:
        mode = path.stat().st_mode
        if mode & 0o077:
            return f"{path}: permissions {mode & 0o777:04o} are too open; `chmod 600 {path}` mends it"
        key: paramiko.PKey = paramiko.PKey.from_path(path)
    except FileNotFoundError:
        return f"{path}: no such file"
    except paramiko.PasswordRequiredException:
        return f"{path}: locked with a passphrase; `ssh-add {path}` lends it to the agent"
    except TypeError as error:
        if "password" in str(error).lower():
            return f"{path}: locked with a passphrase; `ssh-add {path}` lends it to the agent"
        return f"{path}: not a private key"
    except (OSError, ValueError, paramiko.SSHException, paramiko.pkey.UnknownKeyType) as error:
        return f"{path}: {error.strerror if isinstance(error, OSError) else 'not a private key'}"
    return key


def _public(path: Path) -> bytes | None:
    """Give the public key that lies beside a private one."""
    try:
        words = path.with_name(path.name + ".pub").read_text().split()
        return paramiko.pkey.PublicBlob.from_string(" ".join(words[:2])).key_blob
    except (OSError, ValueError, UnicodeError):
        return None
