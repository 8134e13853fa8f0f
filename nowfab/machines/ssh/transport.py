"""Run paramiko's Transport in the thread that waits for it.

No reader thread, no polling: whoever waits for something steps through the messages until it has
come. A contract test names each private paramiko attribute that is used here.
"""

# paramiko's stubs leave its private names out; tests/machines/ssh/test_paramiko_contract.py has them.
# mypy: disable-error-code="attr-defined, has-type, misc, union-attr, arg-type"

from __future__ import annotations

import logging
import struct
import time
from collections.abc import Callable
from typing import Any

import paramiko
from cryptography.exceptions import InvalidTag
from paramiko.common import (
    MSG_CHANNEL_CLOSE,
    MSG_CHANNEL_DATA,
    MSG_CHANNEL_EOF,
    MSG_CHANNEL_EXTENDED_DATA,
    MSG_CHANNEL_FAILURE,
    MSG_CHANNEL_OPEN_FAILURE,
    MSG_CHANNEL_REQUEST,
    MSG_CHANNEL_SUCCESS,
    MSG_CHANNEL_WINDOW_ADJUST,
    MSG_DEBUG,
    MSG_DISCONNECT,
    MSG_IGNORE,
    MSG_KEXINIT,
    MSG_NEWKEYS,
    MSG_SERVICE_ACCEPT,
    MSG_UNIMPLEMENTED,
    cMSG_GLOBAL_REQUEST,
    cMSG_SERVICE_REQUEST,
    cMSG_UNIMPLEMENTED,
)
from paramiko.message import Message

from nowfab.machines.ssh import algorithms
from nowfab.machines.ssh.dial import VERSION
from nowfab.machines.ssh.packets import DAMAGED, BoundedPacketizer
from nowfab.machines.ssh.userauth import Userauth
from nowfab.machines.ssh.wire import Wire

logging.getLogger("paramiko").setLevel(logging.CRITICAL + 1)


class Hangup(Exception):
    """The server said that it disconnects, and why."""


def _call(name: str) -> Callable[[Any, Message], None]:
    """Make a handler that lets the channel's own class decide."""
    return lambda channel, message: getattr(channel, name)(message)


class NodeTransport(paramiko.Transport):
    """An SSH connection that moves only while somebody steps it.

    `last` is the monotonic second at which a whole message last came.
    """

    _active_check_timeout = None
    _preferred_ciphers = algorithms.CIPHERS
    _preferred_macs = algorithms.MACS
    _channel_handler_table = {  # noqa: RUF012 - paramiko's own table is a class attribute too
        MSG_CHANNEL_SUCCESS: _call("_request_success"),
        MSG_CHANNEL_FAILURE: _call("_request_failed"),
        MSG_CHANNEL_DATA: _call("_feed"),
        MSG_CHANNEL_EXTENDED_DATA: _call("_feed_extended"),
        MSG_CHANNEL_WINDOW_ADJUST: _call("_window_adjust"),
        MSG_CHANNEL_REQUEST: _call("_handle_request"),
        MSG_CHANNEL_EOF: _call("_handle_eof"),
        MSG_CHANNEL_CLOSE: _call("_handle_close"),
    }

    def __init__(self, wire: Wire, version: str, kinds: tuple[str, ...] = ()) -> None:
        super().__init__(wire, packetizer_class=BoundedPacketizer)
        self.wire = wire
        self.local_version = VERSION
        self.remote_version = version
        self.service_accepted = False
        self.host_key_state = ""
        self.last = time.monotonic()
        self._held: list[Message] = []
        self._offered: dict[str, Any] = {}
        self._kinds = kinds
        self._handler_table[MSG_SERVICE_ACCEPT] = self._parse_service_accept
        self._handler_table[MSG_CHANNEL_OPEN_FAILURE] = self._parse_channel_open_failure

    @property
    def preferred_keys(self) -> tuple[str, ...]:
        """Give the kinds of host key, those that are on file for this node first."""
        return algorithms.known_first(self._preferred_keys, self._kinds)

    def shake_hands(self) -> None:
        """Exchange keys; afterwards `host_key` is the server's, proven but not yet judged."""
        self.active = True
        self._send_kex_init()
        self._expect_packet(MSG_KEXINIT)
        self.step_until(lambda: self.initial_kex_done)

    def disagreement(self, error: Exception) -> str:
        """Say what both sides would have agreed to, where an error says that there is nothing."""
        return algorithms.disagreement(str(error), self, self._offered)

    def _really_parse_kex_init(self, m: Message, ignore_first_byte: bool = False) -> dict[str, Any]:
        self._offered = super()._really_parse_kex_init(m, ignore_first_byte)
        return self._offered

    def begin_userauth(self) -> Userauth:
        """Ask for the authentication service."""
        request = Message()
        request.add_byte(cMSG_SERVICE_REQUEST)
        request.add_string("ssh-userauth")
        self._send_message(request)
        self.step_until(lambda: self.service_accepted)
        self.auth_handler = Userauth(self)
        return self.auth_handler

    def ping(self) -> None:
        """Send something that every server must answer."""
        request = Message()
        request.add_byte(cMSG_GLOBAL_REQUEST)
        request.add_string("keepalive@openssh.com")
        request.add_boolean(True)
        self._send_user_message(request)

    def step_until(self, done: Callable[[], bool]) -> None:
        """Step until `done`; EOFError, OSError, SSHException or Hangup when the connection ends first."""
        while not done():
            self.step()

    def step(self) -> None:
        """Take one message and act on it; waits for it as long as it takes."""
        if self.packetizer.need_rekey() and not self.in_kex:
            self._send_kex_init()
        try:
            kind, message = self.packetizer.read_message()
        except (InvalidTag, IndexError, struct.error) as error:
            raise paramiko.SSHException(DAMAGED) from error
        self.last = time.monotonic()
        if kind in (MSG_IGNORE, MSG_DEBUG):
            self._enforce_strict_kex(kind)
        elif kind == MSG_DISCONNECT:
            message.get_int()
            raise Hangup(message.get_text())
        elif not self._exchange(kind, message):
            self._dispatch(kind, message)

    def _exchange(self, kind: int, message: Message) -> bool:
        """Let the key exchange have what it waits for; say whether the message is done with."""
        if not self._expected_packet:
            return False
        if kind not in self._expected_packet:
            raise paramiko.SSHException(f"message {kind} came in the middle of a key exchange")
        self._expected_packet = ()
        if 30 <= kind <= 41:
            self.kex_engine.parse_next(kind, message)
            return True
        return False

    def _dispatch(self, kind: int, message: Message) -> None:
        if kind in self._handler_table:
            self._handler_table[kind](message)
            if kind == MSG_NEWKEYS:
                self._let_go()
        elif kind in self._channel_handler_table:
            number = message.get_int()
            channel = self._channels.get(number)
            if channel is not None:
                self._channel_handler_table[kind](channel, message)
            elif number not in self.channels_seen:
                raise paramiko.SSHException(f"a message for channel {number}, which nobody opened")
        elif self.auth_handler is not None and kind in self.auth_handler._handler_table:
            self.auth_handler._handler_table[kind](message)
        elif kind != MSG_UNIMPLEMENTED:
            reply = Message()
            reply.add_byte(cMSG_UNIMPLEMENTED)
            reply.add_int(message.seqno)
            self._send_message(reply)

    def _send_user_message(self, data: Message) -> None:
        """Send now, or hold it until the key exchange that is under way has ended."""
        with self.clear_to_send_lock:
            if not self.clear_to_send.is_set():
                self._held.append(data)
                return
            self._send_message(data)

    def _let_go(self) -> None:
        with self.clear_to_send_lock:
            held, self._held = self._held, []
            for message in held:
                self._send_message(message)

    def _parse_service_accept(self, message: Message) -> None:
        self.service_accepted = message.get_text() == "ssh-userauth"

    def _parse_channel_open_failure(self, message: Message) -> None:
        number = message.get_int()
        message.get_int()
        channel = self._channels.get(number)
        refuse = getattr(channel, "refuse", None)
        if refuse is None:
            message.rewind()
            super()._parse_channel_open_failure(message)
        else:
            refuse(message.get_text())

    def new_channel(self, channel: Any, window: int, packet: int) -> int:
        """Give `channel` a number and have its messages brought to it."""
        with self.lock:
            number: int = self._next_channel()
            self._channels.put(number, channel)
            self.channels_seen[number] = True
        channel._set_window(window, packet)
        return number

    def abandon(self) -> None:
        """Close, and let go every thread that waits for one of the channels."""
        self.close()
        for channel in self._channels.values():
            channel._unlink()
        for event in list(self.channel_events.values()):
            event.set()

    def close(self) -> None:
        """End the connection; harmless when it has ended."""
        self.active = False
        self.packetizer.close()
        self.wire.close()
