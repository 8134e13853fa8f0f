"""The private names of paramiko that the SSH core leans on: an upgrade that lacks one fails here."""

from __future__ import annotations

import inspect
import socket

import paramiko
import pytest
from paramiko.agent import AgentSSH
from paramiko.auth_handler import AuthOnlyHandler
from paramiko.packet import Packetizer

TRANSPORT = (
    "_active_check_timeout _channel_handler_table _enforce_strict_kex _expect_packet _next_channel "
    "_parse_channel_open_failure _really_parse_kex_init "
    "_preferred_ciphers _preferred_keys _preferred_macs _send_kex_init "
    "_send_message _send_user_message _unlink_channel"
)
INSTANCE = (
    "_channels _expected_packet _handler_table auth_handler channel_events channels_seen clear_to_send "
    "clear_to_send_lock in_kex initial_kex_done kex_engine lock packetizer saved_exception"
)
CHANNEL = (
    "_feed _feed_extended _handle_close _handle_eof _handle_request _request_failed _request_success "
    "_set_remote_channel _set_transport _set_window _unlink _window_adjust"
)
USERAUTH = (
    "_client_handler_table _finalize_pubkey_algorithm _handler_table _parse_userauth_failure "
    "_parse_userauth_success send_auth_request wait_for_response"
)


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (paramiko.Transport, TRANSPORT),
        (paramiko.Channel, CHANNEL),
        (AuthOnlyHandler, USERAUTH),
        (Packetizer, "need_rekey read_message"),
        (AgentSSH, "_connect"),
    ],
)
def test_the_classes_have_what_is_used(owner: type, names: str) -> None:
    """They are private: paramiko may rename them in any release."""
    assert [] == [name for name in names.split() if not hasattr(owner, name)]


def test_a_transport_has_what_is_used() -> None:
    """These are made by its constructor."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = paramiko.Transport(ours)

        assert [] == [name for name in INSTANCE.split() if not hasattr(transport, name)]


def test_a_transport_takes_its_socket_and_starts_no_thread() -> None:
    """The worker that waits runs the loop itself; a thread of paramiko's would read beside it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        transport = paramiko.Transport(ours)

        assert not transport.is_alive()
    assert "sock" in inspect.signature(paramiko.Transport).parameters
