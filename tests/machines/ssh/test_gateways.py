"""Behind a gateway: asked about once, stopped by one Ctrl-C, never in a circle."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from nowfab import engine, remote
from nowfab.inventory.node import Node
from nowfab.machines.until import Limit
from nowfab.results import Status
from nowfab.talk import Exec, Finished, Talk, Work
from nowfab.work.command import command, result
from nowfab.work.ping import ping
from tests.machines.conftest import Controller


def test_B4_after_a_yes_the_nodes_behind_the_gateway_are_reached(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """First contact with a private network: one question for the master, then everybody answers."""
    fresh = [replace(node, known_hosts=None, fleet="") for node in sshd_nodes[:3]]
    nodes = [fresh[0], *(replace(node, via=fresh[0]) for node in fresh[1:])]
    crew, watch = controller.crew()
    asked = []
    for _ in range(3):
        ended = [e.result for e in crew.each(nodes, ping(), Limit(watch)) if isinstance(e, Finished)]
        asked.append(sorted(stranger.node for stranger in crew.strangers))
        crew.trust(list(crew.strangers))

    assert [["red01"], ["red02", "red03"], []] == asked
    assert {Status.OK} == {result.status for result in ended}


def relay(listener: socket.socket, node: Node) -> None:
    """Pass one connection on to a node, until either side ends it."""
    pour(listener.accept()[0], node)


def pour(near: socket.socket, node: Node) -> None:
    """Pass a connection on."""
    far = socket.create_connection((node.address or "", node.port or 22))

    def pump(source: socket.socket, sink: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)

    with near, far:
        back = threading.Thread(target=pump, args=(far, near), daemon=True)
        back.start()
        pump(near, far)
        back.join(30)


def test_a_retry_tries_a_dead_gateway_anew(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """A master that is back after a reboot must count, else no retry could help those behind it."""
    crew, watch = controller.crew()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        gateway = replace(sshd_nodes[0], address="127.0.0.1", port=listener.getsockname()[1])
        inner = replace(sshd_nodes[1], via=gateway)

        def pause(nodes: Sequence[Node]) -> None:
            listener.listen()
            threading.Thread(target=relay, args=(listener, sshd_nodes[0]), daemon=True).start()
            crew.forgive()

        waves = engine.Retry(1, False, pause).waves(engine.at_once)
        report = engine.carry_out("test", [inner], command("true"), crew, Limit(watch), waves=waves)

    assert [(Status.OK, "")] == [(row.status, row.reason) for row in report.results]


def test_D1_one_cancel_ends_all_who_wait_behind_a_gateway(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Ctrl-C once means: the table, now; also when twenty nodes behind the master say nothing."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        nodes = [
            replace(sshd_nodes[1], name=f"in{number:02}", address="127.0.0.1", port=port, via=sshd_nodes[0])
            for number in range(20)
        ]
        crew, watch = controller.crew(connect_timeout=20.0)
        until = Limit(watch)
        threading.Timer(1.0, lambda: until.cancel("stopped by Ctrl-C")).start()
        began = time.monotonic()
        report = engine.carry_out("test", nodes, command("true"), crew, until)

    assert {Status.CANCELLED} == {row.status for row in report.results}
    assert time.monotonic() - began < 6


def test_a_proxyjump_that_leads_in_a_circle_is_a_row(controller: Controller) -> None:
    """Two lines of ssh_config that name each other must not end in a traceback."""
    folder = controller.home / ".ssh"
    folder.mkdir(mode=0o700)
    (folder / "config").write_text("Host g1\n  ProxyJump g2\nHost g2\n  ProxyJump g1\n")
    result = controller.one(Node("g1", user="pi"), "true")

    assert Status.UNREACHABLE == result.status
    assert "ProxyJump leads in a circle: g2 → g1 → g2" in result.reason


def test_one_name_with_two_users_is_two_gateways(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """`via` alice's master is not bob's: the second login must not ride on the first."""
    gateway = sshd_nodes[0]
    nobody = replace(gateway, user="no-such-user")
    nodes = [replace(sshd_nodes[1], via=gateway), replace(sshd_nodes[2], via=nobody)]
    report = controller.run(nodes, "true")

    assert [Status.OK, Status.UNREACHABLE] == [row.status for row in report.results]


def patient(seconds: float) -> Work:
    """Make the work of an exec that waits so long for its node."""

    def talk(node: Node) -> Talk:
        outcome = yield Exec(remote.line("true"), fresh=True, patience=seconds)
        return result(node, outcome)

    return talk


def test_patience_outlasts_a_gateway_that_is_not_there_yet(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Who waits for workers while their master still boots waits for the master, too."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        gateway = replace(sshd_nodes[0], address="127.0.0.1", port=listener.getsockname()[1])
        inner = [replace(node, via=gateway) for node in sshd_nodes[1:3]]

        def serve() -> None:
            listener.listen()
            relay(listener, sshd_nodes[0])

        threading.Timer(2.5, serve).start()
        report = controller.run(inner, patient(30.0))

    assert [(Status.OK, "")] * 2 == [(row.status, row.reason) for row in report.results]


def test_a_gateway_that_went_down_on_the_way_is_tried_anew_by_the_patient(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """Its connection was up when the first exec went through, and is gone at the second."""
    nears: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gateway = replace(sshd_nodes[0], address="127.0.0.1", port=listener.getsockname()[1])
        inner = replace(sshd_nodes[1], via=gateway)

        def serve() -> None:
            with suppress(OSError):
                while True:
                    near = listener.accept()[0]
                    nears.append(near)
                    threading.Thread(target=pour, args=(near, sshd_nodes[0]), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()

        def talk(node: Node) -> Talk:
            first = yield Exec(remote.line("true"))
            nears[0].shutdown(socket.SHUT_RDWR)
            second = yield Exec(remote.line("true"), fresh=True, patience=20.0)
            return replace(result(node, second), stderr=first.stderr)

        row = controller.one(inner, talk)

    assert (Status.OK, "", 2) == (row.status, row.reason, len(nears))


def test_without_patience_a_dead_gateway_stays_dead(
    controller: Controller, sshd_nodes: tuple[Node, ...]
) -> None:
    """A hundred workers behind a master that is off must not knock at it a hundred times."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        gateway = replace(sshd_nodes[0], address="127.0.0.1", port=listener.getsockname()[1])
        inner = [replace(sshd_nodes[1], name=f"in{number}", via=gateway) for number in range(3)]
        began = time.monotonic()
        report = controller.run(inner, patient(0.0))

    assert [Status.UNREACHABLE] * 3 == [row.status for row in report.results]
    assert time.monotonic() - began < 5


def test_an_unknown_host_key_is_not_waited_for(controller: Controller, sshd_nodes: tuple[Node, ...]) -> None:
    """It will not become known; the person is asked, or told, at once."""
    began = time.monotonic()
    row = controller.one(replace(sshd_nodes[0], known_hosts=None, fleet=""), patient(60.0))

    assert Status.REFUSED == row.status
    assert "unknown host key" in row.reason
    assert time.monotonic() - began < 20
