"""Servers that are not well: each becomes one truthful row, in time, and holds nobody else up."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from nowfab.inventory.node import Node
from nowfab.results import Status
from tests.machines.conftest import Controller

Behaviour = Callable[[socket.socket], None]
Serve = Callable[[Behaviour], int]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Give a function that starts a server on loopback, which does one thing to whoever connects."""
    listeners: list[socket.socket] = []

    def start(behaviour: Behaviour) -> int:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def accept() -> None:
            with suppress(OSError):
                while True:
                    sock, _ = listener.accept()
                    threading.Thread(target=handle, args=(sock,), daemon=True).start()

        def handle(sock: socket.socket) -> None:
            with sock, suppress(OSError):
                behaviour(sock)

        threading.Thread(target=accept, daemon=True).start()
        return int(listener.getsockname()[1])

    yield start
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()


def node(port: int, name: str = "red09", address: str = "127.0.0.1") -> Node:
    return Node(name, address=address, port=port, user="pi")


def silence(sock: socket.socket) -> None:
    """Answer nothing until the other side goes."""
    while sock.recv(4096):
        pass


def gone(sock: socket.socket) -> bool:
    """Tell whether the other side has closed, without waiting."""
    try:
        while sock.recv(4096, socket.MSG_DONTWAIT):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def drip(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"please wait\r\n")
        time.sleep(0.2)


def flood(sock: socket.socket) -> None:
    while True:
        sock.sendall(b"x" * 65536)


def say(data: bytes) -> Behaviour:
    def behaviour(sock: socket.socket) -> None:
        sock.sendall(data)
        silence(sock)

    return behaviour


CASES = {
    "A3_tarpit": (silence, "no SSH banner from 127.0.0.1 port", "within 1 s"),
    "A4_one_line_now_and_then": (drip, "no SSH banner from 127.0.0.1 port", "within 1 s"),
    "A5_a_line_without_end": (flood, "not an SSH server: 64 KiB came", "identification"),
    "A6_banner_then_silence": (say(b"SSH-2.0-x\r\n"), "no end of the key exchange", "within 1 s"),
    "A7_another_ssh": (say(b"SSH-1.5-x\r\n"), "the server speaks another SSH: `SSH-1.5-x`", ""),
    "A7_garbage_after_the_banner": (say(b"SSH-2.0-x\r\n" + b"\xff" * 99), "key exchange failed", ""),
    "A7_a_web_server": (
        lambda sock: sock.sendall(b"HTTP/1.1 400 Bad \x1b[31mRequest\r\n\r\n"),
        "is not an SSH server: it said `HTTP/1.1 400 Bad \\x1b[31mRequest`",
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_failed_is_named_and_the_deadline_holds(controller: Controller, serve: Serve, case: str) -> None:
    """A person mends `no SSH banner` and `not an SSH server` in different places."""
    behaviour, words, end = CASES[case]
    began = time.monotonic()
    result = controller.one(node(serve(behaviour)), "true", connect_timeout=1.0)

    assert Status.UNREACHABLE == result.status
    assert words in result.reason
    assert result.reason.endswith(end)
    assert time.monotonic() - began < 15


def test_A1_a_closed_port_is_told_at_once(controller: Controller) -> None:
    """Nobody waits for a deadline when the answer is no."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    began = time.monotonic()
    result = controller.one(node(port), "true", connect_timeout=20.0)

    assert (Status.UNREACHABLE, f"connection refused: 127.0.0.1 port {port}") == (
        result.status,
        result.reason,
    )
    assert time.monotonic() - began < 15


def test_A13_a_name_that_nobody_knows(controller: Controller) -> None:
    """A typing slip in a name must not look like a Pi that is off."""
    result = controller.one(Node("red09", address="no-such-node.invalid", user="pi"), "true")

    assert Status.UNREACHABLE == result.status
    assert result.reason.startswith("no address for `no-such-node.invalid`")


def test_A14_a_resolver_that_hangs_holds_up_nobody_else(
    controller: Controller, sshd_nodes: tuple[Node, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """getaddrinfo has no time limit; the other nodes must not wait for it."""
    real = socket.getaddrinfo
    over = threading.Event()

    def slow(host: str, *rest: object, **more: object) -> object:
        if host == "slow.invalid" and not more.get("flags"):
            over.wait(20)
        return real(host, *rest, **more)  # type: ignore[call-overload]

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    nodes = [Node("red09", address="slow.invalid", user="pi"), *sshd_nodes]
    began = time.monotonic()
    report = controller.run(nodes, "true", connect_timeout=1.5)

    took = time.monotonic() - began
    over.set()

    assert [Status.UNREACHABLE] + [Status.OK] * 5 == [row.status for row in report.results]
    assert "the resolver did not answer within 1.5 s" in report.results[0].reason
    assert took < 15


def test_A15_an_address_that_does_not_answer_does_not_cost_the_deadline(
    controller: Controller, sshd_nodes: tuple[Node, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A dead IPv6 path beside a living IPv4 one is an everyday network."""
    real = socket.getaddrinfo
    alive = sshd_nodes[0]

    def both(host: str, port: int, *rest: object, **more: object) -> object:
        if host != "both.invalid":
            return real(host, port, *rest, **more)  # type: ignore[call-overload]
        if more.get("flags"):
            raise socket.gaierror(1, "not an address")
        dead = (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", 1, 0, 0))
        return [dead, (socket.AF_INET, socket.SOCK_STREAM, 6, "", (alive.address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", both)
    began = time.monotonic()
    result = controller.one(
        Node("red01", "both.invalid", alive.user, alive.port, alive.identity, known_hosts=alive.known_hosts),
        "true",
        connect_timeout=20.0,
    )

    assert Status.OK == result.status, result.reason
    assert time.monotonic() - began < 15


def test_a_silent_node_does_not_delay_the_others(
    controller: Controller, serve: Serve, sshd_nodes: tuple[Node, ...]
) -> None:
    """One Pi that hangs, fan-out 1: the others' rows come first."""
    port = serve(silence)
    nodes = [*(node(port, f"red1{number}") for number in range(3)), *sshd_nodes]
    began = time.monotonic()
    report = controller.run(nodes, "true", fanout=1, connect_timeout=5.0)

    assert [Status.UNREACHABLE] * 3 + [Status.OK] * 5 == [row.status for row in report.results]
    assert time.monotonic() - began < 14  # one after the other they would take 15


def test_a_server_that_hangs_up_is_asked_four_times_at_most(controller: Controller, serve: Serve) -> None:
    """More than three retries would be knocking, fewer would lose nodes to MaxStartups."""
    knocks: list[float] = []
    port = serve(lambda sock: knocks.append(time.monotonic()))
    result = controller.one(node(port), "true", connect_timeout=10.0)

    assert (Status.UNREACHABLE, 4, 4) == (result.status, result.attempts, len(knocks))
    assert "closed the connection before it" in result.reason


def test_at_most_eight_are_at_the_door_of_one_address(controller: Controller, serve: Serve) -> None:
    """sshd begins to drop at ten that have not logged in."""
    inside: list[socket.socket] = []
    most = 0
    lock = threading.Lock()

    def count(sock: socket.socket) -> None:
        nonlocal most
        with lock:  # who left before this one came is out, however late a thread notices
            inside[:] = [other for other in inside if not gone(other)] + [sock]
            most = max(most, len(inside))
        time.sleep(5)

    port = serve(count)
    nodes = [node(port, f"red{number:02}") for number in range(20)]
    report = controller.run(nodes, "true", connect_timeout=1.0)

    assert {Status.UNREACHABLE} == {row.status for row in report.results}
    assert 8 == most


def test_servers_that_hang_up_in_the_key_exchange_hold_up_nobody(
    controller: Controller, serve: Serve, sshd_nodes: tuple[Node, ...]
) -> None:
    """Every worker dials again at once while as many opened sockets wait: nobody may wait for nobody."""

    def hang_up(sock: socket.socket) -> None:
        sock.sendall(b"SSH-2.0-x\r\n")
        sock.recv(65536)

    bad = [node(serve(hang_up), f"bad{number:02}") for number in range(12)]
    report = controller.run([*bad, *sshd_nodes], "true", fanout=2, connect_timeout=20.0)

    assert [Status.UNREACHABLE] * 12 + [Status.OK] * 5 == [row.status for row in report.results]
    assert {4} == {row.attempts for row in report.results[:12]}


@pytest.mark.parametrize("name", ["a..b", "x" * 64, "no-such-node.invalid"])
def test_A13_a_name_that_cannot_be_looked_up_is_one_row(
    controller: Controller, sshd_nodes: tuple[Node, ...], name: str
) -> None:
    """An empty or over-long label makes the look-up itself fail; the others must not notice."""
    report = controller.run([Node("bad01", address=name, user="pi"), *sshd_nodes], "true")

    assert [Status.UNREACHABLE] + [Status.OK] * 5 == [row.status for row in report.results]
    assert report.results[0].reason.startswith(("no address for", f"`{name}` cannot be"))
