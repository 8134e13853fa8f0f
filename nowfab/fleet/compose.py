"""Speak to a Docker engine through its own programs."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nowfab.errors import FleetError

_REACH = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_CONFIG")
"""What tells the docker program where its engine is."""

_QUICK = 30.0
"""Seconds within which an engine answers a question."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine and one compose project on it; `compose` is `docker compose` or `docker-compose`."""

    project: str
    compose: tuple[str, ...]
    environ: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a project; `port` is where its port 22 is published here, None when nowhere."""

    id: str
    service: str
    status: str
    port: int | None


def find(project: str, environ: Mapping[str, str]) -> Engine:
    """Give the engine that answers; FleetError says what is missing."""
    path = environ.get("PATH")
    if shutil.which("docker", path=path) is None:
        raise FleetError("there is no `docker` program; install Docker, or use the embedded fleet")
    engine = Engine(project, _compose(environ), environ)
    ask(engine, ["docker", "version", "--format", "{{.Server.Version}}"])
    return engine


def _compose(environ: Mapping[str, str]) -> tuple[str, ...]:
    plugin = ("docker", "compose")
    answer = subprocess.run(  # noqa: S603 - a list of our own words, no shell
        [*plugin, "version"], env=dict(environ), stdin=subprocess.DEVNULL, capture_output=True, timeout=_QUICK
    )
    if answer.returncode == 0:
        return plugin
    if shutil.which("docker-compose", path=environ.get("PATH")):
        return ("docker-compose",)
    raise FleetError("there is neither `docker compose` nor `docker-compose`; install one of them")


def reach(environ: Mapping[str, str]) -> dict[str, str]:
    """Give what must be known later to find the same engine again."""
    return {name: environ[name] for name in _REACH if name in environ}


def ask(
    engine: Engine,
    argv: Sequence[str],
    *,
    stdin: str = "",
    seconds: float = _QUICK,
    extra: Mapping[str, str] | None = None,
    called: str = "",
) -> str:
    """Run a program to its end and give what it printed; FleetError with its own last words.

    `called` names it in errors; else its first two words do.
    """
    called = called or " ".join(argv[:2])
    try:
        answer = subprocess.run(  # noqa: S603 - a list, no shell
            argv,
            env={**engine.environ, **(extra or {})},
            input=stdin,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
        )
    except FileNotFoundError:
        raise FleetError(f"there is no `{argv[0]}` program") from None
    except subprocess.TimeoutExpired:
        raise FleetError(f"`{called}` did not end within {seconds:.0f} s") from None
    if answer.returncode:
        words = _last_words(answer.stderr) or _last_words(answer.stdout) or "it says nothing"
        raise FleetError(f"`{called}` failed with {answer.returncode}: {words}")
    return answer.stdout


def _last_words(text: str) -> str:
    return " | ".join([line.strip() for line in text.splitlines() if line.strip()][-3:])


def run(
    engine: Engine, file: Path, words: Sequence[str], seconds: float, extra: Mapping[str, str] | None = None
) -> None:
    """Have compose do something with a compose file."""
    argv = [*engine.compose, "-p", engine.project, "-f", str(file), *words]
    called = " ".join([*engine.compose, words[0]])
    ask(engine, argv, seconds=seconds, extra=extra, called=called)


def containers(engine: Engine) -> tuple[Container, ...]:
    """Give all containers of the project, stopped ones too, in the order of their names."""
    ids = _ids(engine, "docker", "ps", "--all", "--no-trunc")
    if not ids:
        return ()
    found = json.loads(ask(engine, ["docker", "inspect", "--type", "container", *ids]))
    return tuple(sorted((_container(each) for each in found), key=lambda each: each.service))


def _ids(engine: Engine, *argv: str) -> list[str]:
    mine = f"label=com.docker.compose.project={engine.project}"
    return ask(engine, [*argv, "--quiet", "--filter", mine]).split()


def _container(found: dict[str, object]) -> Container:
    match found:
        case {
            "Id": str(id),
            "State": {"Status": str(status)},
            "Config": {"Labels": {"com.docker.compose.service": str(service)}},
            "NetworkSettings": {"Ports": dict(ports)},
        }:
            published = ports.get("22/tcp") or [{"HostPort": None}]
            port = published[0]["HostPort"]
            return Container(id, service, status, int(port) if port else None)
    raise FleetError("the engine describes a container in a way that nowfab does not know")


def remove(engine: Engine) -> None:
    """Remove all containers and networks of the project; needs no compose file, does no harm twice."""
    _each(engine, ("docker", "rm", "--force", "--volumes"), _ids(engine, "docker", "ps", "--all"))
    _each(engine, ("docker", "network", "rm"), _ids(engine, "docker", "network", "ls"))


def _each(engine: Engine, argv: Iterable[str], ids: Sequence[str]) -> None:
    if ids:
        ask(engine, [*argv, *ids], seconds=4 * _QUICK)
