"""Look at the docker fleet from outside: the docker and ssh programs, which share no code with nowfab."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nowfab.inventory.node import Node

PROJECT = Path(__file__).parent.parent.parent

ENVIRON = dict(os.environ)
"""As it was before tests were given an empty one: it says where the engine is and what to build on."""

REACH = {name: value for name, value in ENVIRON.items() if name.startswith(("DOCKER_", "NOWFAB_BASE"))}
"""The part of it that a person would have set for `fleet.up --kind docker`."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """The nodes that run for the whole session, with what may be done to them."""

    state_home: Path
    state: Path
    nodes: tuple[Node, ...]
    system: str = "bookworm"

    def __getitem__(self, name: str) -> Node:
        return next(node for node in self.nodes if node.name == name)

    def password(self, name: str) -> str:
        lines = (self.state / "passwords").read_text().splitlines()
        return dict(line.split(" ", 1) for line in lines)[name]

    def inside(self, name: str, line: str) -> str:
        """Run a line as root in a node, not through its sshd."""
        return engine("exec", self.container(name), "sh", "-euc", line)

    def container(self, name: str) -> str:
        service = f"--filter=label=com.docker.compose.service={name}"
        return engine("ps", "-aq", of_project(self.state), service).strip()


def of_project(state: Path) -> str:
    """Give the docker option that selects what belongs to the fleet of a state folder."""
    project = json.loads((state / "engine.json").read_text())["project"]
    return f"--filter=label=com.docker.compose.project={project}"


def engine(*words: str) -> str:
    answer = subprocess.run(
        ["docker", *words], env=ENVIRON, capture_output=True, text=True, check=True, timeout=60
    )
    return answer.stdout


def ssh(
    node: Node, line: str, *options: str, stdin: str = "", environ: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a line on a node with the plain ssh program."""
    settings = ("StrictHostKeyChecking=yes", f"UserKnownHostsFile={node.known_hosts}", "ConnectTimeout=10")
    argv = ["ssh", "-F", "none", *options, *(f"-o{each}" for each in settings)]
    return subprocess.run(
        [*argv, "-p", str(node.port), f"{node.user}@{node.address}", line],
        input=stdin,
        env={**os.environ, **(environ or {})},
        capture_output=True,
        text=True,
        timeout=60,
    )


def with_key(node: Node) -> tuple[str, ...]:
    return ("-i", str(node.identity), "-oIdentitiesOnly=yes", "-oBatchMode=yes")


def nowfab(state_home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run nowfab as a person would in its source folder, with a state folder of the test's own."""
    return subprocess.run(
        [sys.executable, "-m", "nowfab", *words],
        cwd=PROJECT,
        env={**os.environ, **REACH, "XDG_STATE_HOME": str(state_home)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
    )


def await_login(node: Node, seconds: float = 60.0) -> None:
    """Wait until a node that was started again lets us in."""
    until = time.monotonic() + seconds
    while ssh(node, "true", *with_key(node)).returncode:
        assert time.monotonic() < until, f"{node.name} does not come back"
        time.sleep(0.2)
