"""Know the steps that are about packages, services and programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nowfab.blobs import MemoryBlob
from nowfab.plan.steps import Step
from nowfab.steps import fields
from nowfab.steps.kind import WHERE, Field, Kind, must
from nowfab.steps.package import package
from nowfab.steps.run import run
from nowfab.steps.service import service
from nowfab.steps.timer import timer
from nowfab.steps.upgrade import upgrade

_APT = "Debian's apt and dpkg, root"
_SYSTEMD = "systemd, root"


def _package(name: tuple[str, ...], installed: bool = True) -> Step:
    return package(name, installed)


def _run(argv: tuple[str, ...], always: bool = False, stdin: str | None = None, **rest: Any) -> Step:
    return run(argv, stdin=None if stdin is None else MemoryBlob(stdin.encode()), **rest)


PROGRAMS: Mapping[str, Kind] = {
    "package": Kind(
        "Packages of Debian's are installed, in whatever version, or not.",
        {
            "name": must(fields.packages, "what is installed, one or a list"),
            "installed": Field(fields.boolean, "`false` removes it", "true"),
        },
        _package,
        "{name: tmux}",
        _APT,
        "never, for a package cannot be taken back: one that lets you in is not removed",
    ),
    "upgrade": Kind(
        "All packages have their newest version, as `apt-get upgrade --with-new-pkgs` does it: none is"
        " removed, what is held stays and is named. Without a field it is `- upgrade: {}`.",
        {"max-age": Field(fields.minutes, "older lists of packages are fetched first", "1d")},
        upgrade,
        "{max-age: 1h}",
        _APT,
        "never, for a package cannot be taken back",
    ),
    "service": Kind(
        "A unit of systemd runs, or not, now and after each boot.",
        {
            "name": must(fields.unit, "the unit, such as `nginx.service`"),
            "enabled": Field(fields.boolean, "whether each boot starts it, else as it is"),
            "running": Field(fields.boolean, "whether it runs now, else as it is"),
            "after-change-of": Field(
                fields.paths, "a file or a list, after whose change it is restarted, if it runs"
            ),
        },
        service,
        "{name: lab.service, enabled: true, running: true, after-change-of: /etc/lab.conf}",
        _SYSTEMD,
        WHERE,
    ),
    "timer": Kind(
        "A timer of systemd runs a program from time to time; what was missed while the node was off is"
        " caught up with.",
        {
            "name": must(fields.plain, "what the timer and its service are called"),
            "run": Field(fields.argv, "what is run, without a shell, where it is to be there"),
            "on-calendar": Field(
                fields.one_line, "when it is run, such as `daily`, `Mon 03:00` (systemd.time(7))"
            ),
            "every": Field(fields.one_line, "or how often, such as `15min`"),
            "user": Field(fields.owner, "who runs it, else root"),
            "present": Field(fields.boolean, "`false` removes both", "true"),
        },
        timer,
        '{name: lab, run: [touch, /srv/lab], on-calendar: "*-*-* 03:00"}',
        _SYSTEMD,
        WHERE,
    ),
    "run": Kind(
        "A program has been run, without a shell.",
        {
            "argv": must(fields.argv, "the program"),
            "creates": Field(fields.path, "what is there once it has been run"),
            "unless": Field(fields.argv, "or a program that ends with 0 then, and changes nothing"),
            "always": Field(fields.boolean, "or `true` to run it each time"),
            "undo": Field(fields.argv, "takes it back"),
            "stdin": Field(fields.text, "what it reads"),
        },
        _run,
        '{argv: [sh, -c, "cat >/srv/lab"], stdin: "made\\n", creates: /srv/lab}',
        guard="where it has an `undo`; `nft`, `ip`, `ufw`, `nmcli` and their like are refused without one",
        either=("creates", "unless", "always"),
        keeps="stdin",
    ),
}
"""By their names."""
