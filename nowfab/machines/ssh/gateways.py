"""Reach nodes through others: one connection a gateway, one channel a node behind it."""

# paramiko's stubs leave its private names out; tests/machines/ssh/test_paramiko_contract.py has them.
# mypy: disable-error-code="attr-defined, arg-type"

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

import paramiko

from nowfab.errors import JumpLoop, NowfabError
from nowfab.inventory.node import Node
from nowfab.machines.ssh.dial import Dial, Failed, Opened
from nowfab.machines.ssh.front import GATE
from nowfab.machines.ssh.greeting import NotSsh
from nowfab.machines.ssh.link import Refused, Unreached
from nowfab.machines.ssh.machine import SshMachine
from nowfab.machines.ssh.transport import NodeTransport
from nowfab.machines.ssh.tunnel import Tunnel, greet, open_tunnel
from nowfab.machines.watch import Watch
from nowfab.names import words
from nowfab.talk import Until

MakeMachine = Callable[[Node], SshMachine]

_REST = 1.0
"""Seconds for which a gateway that is dead is left alone, however many wait for it."""

Key = tuple[str, str | None, int | None, "Key | None"]


def _key(node: Node) -> Key:
    """Tell gateways apart: one name may be logged in to as two users, on two ports, by two ways."""
    return node.name, node.user, node.port, _key(node.via) if node.via else None


class Gateways:
    """The gateways of a run; each is connected to once, when the first node needs it."""

    def __init__(self, make: MakeMachine, watch: Watch) -> None:
        self._make = make
        self._watch = watch
        self._lock = threading.RLock()  # a gateway may lie behind another
        self._open: dict[Key, Gateway] = {}
        self._making: list[Node] = []

    def through(self, node: Node) -> Gateway:
        """Give the way through `node`; JumpLoop when it leads back to itself."""
        key = _key(node)
        with self._lock:
            if key not in self._open:
                if key in map(_key, self._making):
                    names = " → ".join(known.name for known in [*self._making, node])
                    raise JumpLoop(f"ProxyJump leads in a circle: {names}")
                self._making.append(node)
                try:
                    self._open[key] = Gateway(node, self._make(node), self._watch)
                finally:
                    self._making.pop()
            return self._open[key]

    def forgive(self) -> None:
        """Let the dead be tried once more: what kept them away may be mended."""
        with self._lock:
            for key in [key for key, gateway in self._open.items() if gateway.dead]:
                self._open.pop(key).close()

    def close(self) -> None:
        """Let go of every gateway."""
        with self._lock:
            for gateway in self._open.values():
                gateway.close()
            self._open.clear()


class Gateway:
    """One node that others are reached through; its transport has a thread of its own.

    It is a dialler: a dead gateway is tried once, and everybody behind it is told why; those who have
    patience revive it.
    """

    def __init__(self, node: Node, machine: SshMachine, watch: Watch) -> None:
        self._node = node
        self._machine = machine
        self._watch = watch
        self._lock = threading.Lock()
        self._turns = threading.Condition()
        self._free = GATE
        self._transport: NodeTransport | None = None
        self._died = 0.0
        self._closed = False
        self.dead = ""

    def dial(self, dial: Dial, until: Until) -> Opened | Failed:
        """Open a channel to the node behind and read its identification; waits for a turn first."""
        began = time.monotonic()
        if not self._turn(until):
            return Failed(dial, until.reason, time.monotonic() - began)
        began = time.monotonic()
        try:
            transport = self._reach(until)
            tunnel = Tunnel(open_tunnel(transport, dial, until))
            timer = self._watch.after(dial.seconds, tunnel.close)
            forget = until.call(tunnel.close)
            try:
                version, rest = greet(tunnel)
            finally:
                forget()
                timer.forget()
        except (Unreached, NotSsh) as error:
            return self._fail(dial, str(error), began)
        except (paramiko.SSHException, OSError, EOFError) as error:
            return self._fail(dial, f"{dial.host} port {dial.port}: {str(error).lower()}", began)
        spent = time.monotonic() - began
        left = Dial(dial.number, dial.host, dial.port, max(0.0, dial.seconds - spent), dial.attempts + 1)
        return Opened(left, tunnel, version, rest, spent)

    def settled(self, dial: Dial) -> None:
        """Learn that a connection behind is authenticated or gone: another may have its turn."""
        self._give()

    def revive(self) -> None:
        """Let a gateway whose connection failed or ended be tried anew, but not for each who asks."""
        with self._lock:
            ended = self._transport is not None and not self._transport.active
            if self._closed or not (self.dead or ended) or time.monotonic() - self._died < _REST:
                return
            self.dead = ""
            self._transport = None
            self._machine.close()
        self._machine.dialler.revive()

    def close(self) -> None:
        """Let go of the connection, and with it of everything behind."""
        with self._lock:
            self._closed = True
            self.dead = self.dead or "closed"
            if self._transport is not None:
                self._transport.wire.cut()

    def _turn(self, until: Until) -> bool:
        """Wait for a turn, which costs nothing of the deadline; False when the run ends meanwhile."""
        forget = until.call(self._wake)
        with self._turns:
            while not self._free and not until.reason:
                self._turns.wait()
            mine = not until.reason
            self._free -= mine
        forget()
        return mine

    def _wake(self) -> None:
        with self._turns:
            self._turns.notify_all()

    def _give(self) -> None:
        """Give a turn back."""
        with self._turns:
            self._free += 1
            self._turns.notify()

    def _fail(self, dial: Dial, reason: str, began: float) -> Failed:
        self._give()
        late = dial.seconds <= time.monotonic() - began
        within = f" within {dial.seconds:g} s" if late and "within" not in reason else ""
        return Failed(dial, f"via {self._node.name}: {reason}{within}", time.monotonic() - began)

    def _reach(self, until: Until) -> NodeTransport:
        with self._lock:
            if self.dead:
                raise Unreached(self.dead, False)
            if self._transport is None:
                try:
                    self._transport = self._machine.reach(until)
                except (Unreached, Refused, NowfabError) as error:
                    self._die(str(error))
                    raise Unreached(self.dead, False) from error
                threading.Thread(
                    target=self._serve, name=f"nowfab-via-{self._node.name}", daemon=True
                ).start()
            return self._transport

    def _serve(self) -> None:
        """Step the transport until it ends; then let go whoever waits behind it."""
        transport = self._transport
        assert transport is not None
        try:
            transport.step_until(lambda: not transport.active)
        except Exception as error:
            if self._transport is transport:
                self._die(f"its connection ended: {error}" if str(error) else "its connection ended")
        transport.abandon()

    def _die(self, reason: str) -> None:
        self.dead, self._died = reason, time.monotonic()


def jump(hops: Sequence[str] | None, name: str) -> Node | None:
    """Turn ssh_config's ProxyJump into the gateways that `via` would name; the last one is nearest.

    A host whose ProxyJump names itself, as under `Host *`, is reached directly (as OpenSSH does).
    """
    via: Node | None = None
    for hop in hops or ():
        for word in words(hop):
            via = Node(word.name, user=word.user, port=word.port, via=via)
    return None if via is not None and via.name == name else via
