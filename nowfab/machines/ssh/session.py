"""Carry one program on one channel: its output as it comes, its exit code, its signal."""

# paramiko's stubs leave its private names out; tests/machines/ssh/test_paramiko_contract.py has them.
# mypy: disable-error-code="attr-defined"

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from paramiko.common import (
    cMSG_CHANNEL_CLOSE,
    cMSG_CHANNEL_DATA,
    cMSG_CHANNEL_EOF,
    cMSG_CHANNEL_FAILURE,
    cMSG_CHANNEL_OPEN,
    cMSG_CHANNEL_REQUEST,
    cMSG_CHANNEL_WINDOW_ADJUST,
)
from paramiko.message import Message

if TYPE_CHECKING:
    from nowfab.machines.ssh.transport import NodeTransport

WINDOW = 2 * 1024 * 1024
"""Bytes that the node may send before it needs our leave."""

PACKET = 32 * 1024
"""Bytes of data in one message at most (RFC 4253 section 6.1)."""

Take = Callable[[Literal["stdout", "stderr"], bytes], None]


class Session:
    """A session channel (RFC 4254 section 6); its underscored methods are called by the transport."""

    def __init__(self, transport: NodeTransport, take: Take) -> None:
        self._transport = transport
        self._take = take
        self._remote = 0
        self._unanswered = 0
        self._room = 0
        self._largest = PACKET
        self._eof_sent = False
        self._close_sent = False
        self.open = False
        self.refused: str | None = None
        self.started: bool | None = None
        self.exit_code: int | None = None
        self.signal: str | None = None
        self.closed = False
        self._number = transport.new_channel(self, WINDOW, PACKET)

    @property
    def ended(self) -> bool:
        """Say whether the program's end is known."""
        return self.exit_code is not None or self.signal is not None

    def ask(self) -> None:
        """Ask the server to open the channel; `open` or `refused` is its answer."""
        message = Message()
        message.add_byte(cMSG_CHANNEL_OPEN)
        message.add_string("session")
        message.add_int(self._number)
        message.add_int(WINDOW)
        message.add_int(PACKET)
        self._transport._send_user_message(message)

    def start(self, line: str) -> None:
        """Ask the server to run `line`; `started` is its answer."""
        message = self._message(cMSG_CHANNEL_REQUEST)
        message.add_string("exec")
        message.add_boolean(True)
        message.add_string(line)
        self._transport._send_user_message(message)

    def send(self, data: bytes) -> None:
        """Send bytes to the program's standard input; steps while the node has no room for them."""
        while data and not self.closed:
            if self._room == 0:
                self._transport.step()
                continue
            size = min(len(data), self._room, self._largest)
            self._send_data(data[:size])
            data = data[size:]

    def offer(self, data: bytes) -> int:
        """Send what the node has room for of `data`, one message at most; gives how many bytes."""
        size = min(len(data), self._room, self._largest)
        if size and not self._eof_sent and not self.closed:
            self._send_data(data[:size])
            return size
        return 0

    def _send_data(self, data: bytes) -> None:
        message = self._message(cMSG_CHANNEL_DATA)
        message.add_string(data)
        self._room -= len(data)
        self._transport._send_user_message(message)

    def end_input(self) -> None:
        """Let go of the leash; may be called from another thread."""
        if not self._eof_sent and not self.closed:
            self._eof_sent = True
            with contextlib.suppress(OSError, EOFError):
                self._transport._send_user_message(self._message(cMSG_CHANNEL_EOF))

    def close(self) -> None:
        """Close our side of the channel."""
        if self.open and not self._close_sent:
            self._close_sent = True
            with contextlib.suppress(OSError, EOFError):
                self._transport._send_user_message(self._message(cMSG_CHANNEL_CLOSE))

    def refuse(self, reason: str) -> None:
        """Take the server's word that there will be no channel."""
        self.refused = reason or "no reason given"

    def _message(self, kind: bytes) -> Message:
        message = Message()
        message.add_byte(kind)
        message.add_int(self._remote)
        return message

    def _set_window(self, window: int, packet: int) -> None:
        """Nothing to keep: the window is a constant here."""

    def _set_remote_channel(self, number: int, window: int, packet: int) -> None:
        self._remote = number
        self._room = window
        self._largest = max(1, min(packet, PACKET))
        self.open = True

    def _feed(self, message: Message) -> None:
        self._took("stdout", message.get_binary())

    def _feed_extended(self, message: Message) -> None:
        kind = message.get_int()
        data = message.get_binary()
        if kind == 1:
            self._took("stderr", data)

    def _took(self, stream: Literal["stdout", "stderr"], data: bytes) -> None:
        self._take(stream, data)
        self._unanswered += len(data)
        if self._unanswered >= WINDOW // 2:
            message = self._message(cMSG_CHANNEL_WINDOW_ADJUST)
            message.add_int(self._unanswered)
            self._unanswered = 0
            self._transport._send_user_message(message)

    def _window_adjust(self, message: Message) -> None:
        self._room += message.get_int()

    def _request_success(self, message: Message) -> None:
        self.started = True

    def _request_failed(self, message: Message) -> None:
        self.started = False

    def _handle_request(self, message: Message) -> None:
        kind = message.get_text()
        wants_reply = message.get_boolean()
        if kind == "exit-status":
            self.exit_code = message.get_int()
        elif kind == "exit-signal":
            self.signal = message.get_text()
        if wants_reply:
            self._transport._send_user_message(self._message(cMSG_CHANNEL_FAILURE))

    def _handle_eof(self, message: Message) -> None:
        """Nothing to do: the close that follows is waited for."""

    def _handle_close(self, message: Message) -> None:
        self.close()
        self.closed = True
        self._transport._unlink_channel(self._number)

    def _unlink(self) -> None:
        self.closed = True
