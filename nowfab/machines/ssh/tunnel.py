"""Lay a channel through a gateway, as a stream that a wire can be laid over."""

# paramiko's stubs leave its private names out; tests/machines/ssh/test_paramiko_contract.py has them.
# mypy: disable-error-code="attr-defined, arg-type"

from __future__ import annotations

import threading

import paramiko
from paramiko.common import cMSG_CHANNEL_OPEN
from paramiko.message import Message

from nowfab.machines.ssh.dial import VERSION, Dial
from nowfab.machines.ssh.greeting import Greeting, NotSsh
from nowfab.machines.ssh.link import Unreached
from nowfab.machines.ssh.session import PACKET, WINDOW
from nowfab.machines.ssh.transport import NodeTransport
from nowfab.machines.ssh.wire import PIECE
from nowfab.talk import Until


def open_tunnel(transport: NodeTransport, dial: Dial, until: Until) -> paramiko.Channel:
    """Open a `direct-tcpip` channel (RFC 4254 section 7.2); Unreached says what the gateway said."""
    channel = paramiko.Channel(0)
    answered = threading.Event()
    refusals: list[str] = []

    def refuse(reason: str) -> None:
        refusals.append(reason)
        answered.set()

    channel.refuse = refuse
    channel._set_transport(transport)
    channel.chanid = transport.new_channel(channel, WINDOW, PACKET)
    transport.channel_events[channel.chanid] = answered
    message = Message()
    message.add_byte(cMSG_CHANNEL_OPEN)
    message.add_string("direct-tcpip")
    for number in (channel.chanid, WINDOW, PACKET):
        message.add_int(number)
    for host, port in (dial.hop, ("127.0.0.1", 0)):
        message.add_string(host)
        message.add_int(port)
    transport._send_user_message(message)
    forget = until.call(answered.set)
    try:
        in_time = answered.wait(dial.seconds)
    finally:
        forget()
    if until.reason:
        raise Unreached(until.reason, False)
    if not in_time:
        raise Unreached(f"no answer from {dial.host} port {dial.port}", False)
    if refusals or not transport.active:
        said = refusals[0].lower() if refusals else "the gateway is gone"
        raise Unreached(f"{dial.host} port {dial.port}: {said}", False)
    return channel


class Tunnel:
    """A channel through a gateway, as a stream for a wire: `shutdown` wakes whoever reads."""

    def __init__(self, channel: paramiko.Channel) -> None:
        self._channel = channel

    def recv(self, size: int, /) -> bytes:
        """Wait for bytes; b"" at the end."""
        return self._channel.recv(size)

    def send(self, data: bytes, /) -> int:
        """Send some of `data`."""
        return self._channel.send(data)

    def fileno(self) -> int:
        """Give what a selector takes."""
        return self._channel.fileno()

    def shutdown(self, how: int, /) -> None:
        """End both directions, whatever `how` says."""
        self._channel.close()

    def close(self) -> None:
        """Let go."""
        self._channel.close()


def greet(tunnel: Tunnel) -> tuple[str, bytes]:
    """Exchange identifications over a tunnel."""
    tunnel.send(f"{VERSION}\r\n".encode())
    greeting = Greeting()
    while True:
        data = tunnel.recv(PIECE)
        if not data:
            raise NotSsh(f"no SSH banner{': it said ' + greeting.said() if greeting.said() else ''}")
        whole = greeting.feed(data)
        if whole is not None:
            return whole
