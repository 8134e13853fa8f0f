"""Answer a server's question who we are, one method at a time."""

# paramiko's stubs leave its private names out; tests/machines/ssh/test_paramiko_contract.py has them.
# mypy: disable-error-code="misc"

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

from paramiko.auth_handler import AuthOnlyHandler
from paramiko.message import Message

if TYPE_CHECKING:
    from paramiko import PKey

    from nowfab.blobs import Secret
    from nowfab.machines.ssh.transport import NodeTransport


class Userauth(AuthOnlyHandler):
    """paramiko's client side of RFC 4252, waiting by stepping instead of by polling.

    `allowed` is what the server would still accept after the last refusal; `partial` says that it
    took what it was offered and wants more.
    """

    transport: NodeTransport

    def __init__(self, transport: NodeTransport) -> None:
        super().__init__(transport)
        self.allowed: tuple[str, ...] = ()
        self.partial = False
        self._answered = False

    def key(self, user: str, key: PKey) -> bool:
        """Offer a key with its signature; True when the server takes it."""
        self.auth_publickey(user, key)
        return self.is_authenticated()

    def offer_password(self, user: str, secret: Secret) -> bool:
        """Offer a password, by the method that the server has for it; True when the server takes it."""
        if "password" in self.allowed:
            self.auth_password(user, secret.reveal())
        elif "keyboard-interactive" in self.allowed:
            self.auth_interactive(user, lambda title, words, prompts: _answers(prompts, secret))
        return self.is_authenticated()

    def nothing(self, user: str) -> bool:
        """Ask to be let in without anything, which tells what the server would accept."""
        self.send_auth_request(user, "none", lambda message: None)
        return self.is_authenticated()

    def wait_for_response(self, event: Event) -> list[str]:
        """Step until the server has said yes or no."""
        self._answered = False
        self.transport.step_until(lambda: self._answered)
        return []

    def _parse_userauth_success(self, m: Message) -> None:
        self._answered = True
        super()._parse_userauth_success(m)

    def _parse_userauth_failure(self, m: Message) -> None:
        self._answered = True
        self.allowed = tuple(m.get_list())
        self.partial = self.partial or m.get_boolean()
        self.authenticated = False


def _answers(prompts: list[tuple[str, bool]], secret: Secret) -> list[str]:
    """Answer one question that is not echoed with the password, other ones with nothing."""
    one = len(prompts) == 1 and not prompts[0][1]
    return [secret.reveal()] if one else ["" for _ in prompts]
