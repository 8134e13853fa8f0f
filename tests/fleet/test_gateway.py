"""Nodes that only their gateway can reach: all work through it, and without it all rows say so at once."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nowfab.fleet import docker, state
from tests.fleet.practice import ENVIRON, PROJECT, Fleet, await_login, engine, nowfab
from tests.fleet.test_run import rows

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""

NAMES = ["blue01", "blue02", "blue03", "blue04", "blue05"]
DEADLINE = 8.0
"""Seconds to connect in; a second one in a row would show as twice as much."""


@pytest.fixture(scope="module")
def gated(need_engine: None, home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    """A gateway and five nodes behind it; whoever breaks the gateway mends it."""
    state_home = tmp_path_factory.mktemp("gated")
    folder = state.folder(PROJECT, state_home)
    nodes = docker.up(folder, 1, PROJECT, ENVIRON, behind=5)
    state.take(folder, nodes)
    yield Fleet(state_home, folder, nodes)
    docker.down(folder, ENVIRON)


def run(fleet: Fleet, line: str, *words: str) -> tuple[int, dict[str, dict[str, Any]], float]:
    """Run a line on the nodes behind the gateway: the exit code, the rows, the seconds it took."""
    begun = time.monotonic()
    answer = nowfab(fleet.state_home, "run", line, "-g", "blue", "--format", "json", *words)
    return answer.returncode, rows(answer), time.monotonic() - begun


def test_five_nodes_behind_a_gateway_give_five_rows(gated: Fleet) -> None:
    """Their addresses are names that nobody but the gateway can resolve."""
    code, found, _ = run(gated, "hostname")

    expected = {name: ("ok", 0, f"{name}\n") for name in NAMES}
    assert expected == {name: (row["status"], row["exit_code"], row["stdout"]) for name, row in found.items()}
    assert (0, set(NAMES)) == (code, {node.address for node in gated.nodes if node.via})


def test_nobody_but_the_gateway_reaches_them(gated: Fleet) -> None:
    """Else the other tests of this file would hold without a gateway, too."""
    ports = [engine("port", gated.container(name)).strip() for name in NAMES]
    listed = engine("inspect", "--format={{json .NetworkSettings.Networks}}", gated.container("blue01"))
    (network,) = json.loads(listed).values()
    subnet = network["IPAddress"].rsplit(".", 1)[0]
    routes = Path("/proc/net/route").read_text() if sys.platform == "linux" else ""
    ours = "".join(f"{int(byte):02X}" for byte in reversed(subnet.split(".")))

    assert ([""] * 5, True) == (ports, bool(network["IPAddress"]))
    assert [] == [line for line in routes.splitlines() if line.split()[1].endswith(ours)]


@pytest.mark.parametrize(("verb", "undo"), [("stop", "start"), ("pause", "unpause")])
def test_a_gateway_that_is_away_costs_one_deadline_for_all(gated: Fleet, verb: str, undo: str) -> None:
    """A stopped gateway refuses, a frozen one is silent: five truthful rows either way."""
    engine(verb, gated.container("red01"))
    try:
        code, found, took = run(gated, "hostname", "--connect-timeout", f"{DEADLINE:g}", "--fanout", "1")
    finally:
        engine(undo, gated.container("red01"))
        await_login(gated["red01"])

    assert dict.fromkeys(NAMES, "unreachable") == {name: row["status"] for name, row in found.items()}
    assert [] == [row["reason"] for row in found.values() if "red01" not in row["reason"]]
    assert (4, True) == (code, took < 2 * DEADLINE), took


def test_a_gateway_that_dies_under_running_commands_loses_all_five(gated: Fleet) -> None:
    """Nobody knows how those commands end: no row may say ok, and none that nothing was run."""
    with subprocess.Popen(
        [sys.executable, "-m", "nowfab", "run", "sleep 4321", "-g", "blue", "--format", "json"],
        cwd=PROJECT,
        env={**ENVIRON, "HOME": str(gated.state_home), "XDG_STATE_HOME": str(gated.state_home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as program:
        try:
            for name in NAMES:
                gated.inside(name, "timeout 30 sh -c 'until pgrep -fx \"sleep 4321\"; do sleep 0.2; done'")
            engine("kill", gated.container("red01"))
            stdout, stderr = program.communicate(timeout=120)
        finally:
            program.kill()
            engine("start", gated.container("red01"))
            await_login(gated["red01"])
    found = {row["node"]: row for row in json.loads(stdout)["results"]}

    assert dict.fromkeys(NAMES, "lost") == {name: row["status"] for name, row in found.items()}, stderr
    assert 3 == program.returncode


PLAN = """\
title: a gateway that lets nobody through
steps:
  - run:
      argv:
        - nft
        - >-
          add table inet cut; add chain inet cut o { type filter hook output priority 0; };
          add rule inet cut o ip daddr SUBNET drop
      undo: [nft, delete table inet cut]
      unless: [nft, list, table, inet, cut]
    when: {is: "{{ node.name == 'red01' }}"}
"""


def test_a_gateway_that_reaches_nobody_behind_it_any_more_is_taken_back(gated: Fleet, tmp_path: Path) -> None:
    """We still get in there: only what it reached before says that something is wrong."""
    listed = engine("inspect", "--format={{json .NetworkSettings.Networks}}", gated.container("blue01"))
    (network,) = json.loads(listed).values()
    subnet = f"{network['IPAddress']}/{network['IPPrefixLen']}"
    (tmp_path / "plan.yaml").write_text(PLAN.replace("SUBNET", subnet))
    answer = nowfab(
        gated.state_home, "apply", str(tmp_path / "plan.yaml"), "-g", "red,blue", "--format", "json"
    )
    found = rows(answer)

    assert "reverted" == found["red01"]["status"], found["red01"]
    assert "port 22 is reached) does not hold" in found["red01"]["reason"]
    assert {"ok"} == {found[name]["status"] for name in NAMES}
    assert "" == gated.inside("red01", "nft list tables inet | grep cut || true")
