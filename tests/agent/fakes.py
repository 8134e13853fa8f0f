"""Stand in for dpkg, apt-get and systemctl: shell programs that write down how they were called."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

QUERY = """
while [ "$1" != -- ]; do shift; done; shift
for name; do
    row=$(grep "^$name " "$here/packages") || { echo "no package is called $name" >&2; code=1; continue; }
    set -- $row; printf '%s\\t%s\\t%s\\t%s\\n' "$1" "$1" "$2 " "$3"
done
exit ${code:-0}
"""

DPKG = """
case "$*" in
--audit) cat "$here/audit" ;;
*) : >"$here/audit"; rm -f "$here"/dpkg/updates/* ;;
esac
"""

APT = """
while [ "$1" != install ] && [ "$1" != update ] && [ "$1" != upgrade ]; do shift; done
if [ "$1" = update ] && [ -e "$here/refuse" ]; then cat "$here/refuse" >&2; exit 100; fi
if [ "$1" = update ] && [ -e "$here/away" ]; then cat "$here/away" >&2; exit 0; fi
if [ "$1" = update ]; then rm -f "$here/old-lists"; exit 0; fi
if [ -e "$here/old-lists" ]; then cat "$here/old-lists" >&2; exit 100; fi
if [ -e "$here/refuse" ]; then echo "half of the output"; cat "$here/refuse" >&2; exit 100; fi
if [ "$1" = upgrade ]; then
    while read -r name version; do
        sed -i "/^$name /d" "$here/packages"; echo "$name ii $version" >>"$here/packages"
    done <"$here/newer"
    exit 0
fi
shift
for word; do
    sed -i "/^${word%-} /d" "$here/packages"
    case $word in *-) ;; *) echo "$word ii 1.0-1" >>"$here/packages" ;; esac
done
"""

SYSTEMCTL = """
case "$1" in
show)
    while [ "$1" != -- ]; do shift; done; shift
    for name; do
        cat "$here/units/$name" 2>/dev/null || printf 'LoadState=not-found\\nActiveState=inactive\\n'
        echo
    done ;;
is-active) [ -e "$here/started/$4" ] ;;
*)
    for last; do case $last in nowfab-*) rm -f "$here/started/$last" ;; esac; done
    case $last in nowfab-*) exit ;; esac
    [ ! -e "$here/refuse" ] || { cat "$here/refuse" >&2; exit 1; }
    unit=$here/units/$last
    case "$2" in
    enable) sed -i s/disabled/enabled/ "$unit" ;;
    disable) sed -i s/enabled/disabled/ "$unit" ;;
    start | restart) sed -i s/=inactive/=active/ "$unit" ;;
    stop) sed -i s/=active/=inactive/ "$unit" ;;
    esac ;;
esac
"""

SYSTEMD_RUN = """
[ ! -e "$here/refuse-run" ] || { cat "$here/refuse-run" >&2; exit 1; }
for word; do
    shift
    case $word in
    --) break ;;
    --unit=*) unit=${word#--unit=} ;;
    --on-active=*) unit=$unit.timer ;;
    esac
done
printf '%s\\0' "$@" >"$here/started/$unit"
"""
"""Starts nothing: a test runs what was to be started when it likes."""

PROGRAMS = {
    "dpkg-query": QUERY,
    "dpkg": DPKG,
    "apt-get": APT,
    "systemctl": SYSTEMCTL,
    "systemd-run": SYSTEMD_RUN,
}


@dataclass(frozen=True, slots=True)
class Fakes:
    """Programs in a folder of a test's own, and the files that they know things from."""

    here: Path

    @property
    def env(self) -> dict[str, str]:
        path = f"{self.here / 'bin'}:{os.environ['PATH']}"
        return {"PATH": path, "DPKG_ADMINDIR": str(self.here / "dpkg")}

    def calls(self) -> list[str]:
        """Give what was called to change something, without apt's options."""
        lines = (self.here / "calls").read_text().splitlines()
        return [
            line for line in lines if not line.startswith(("dpkg-query", "systemctl show", "dpkg --audit"))
        ]

    def unit(self, name: str, enabled: str = "disabled", active: str = "inactive", since: int = 0) -> None:
        rows = ("LoadState=loaded", f"UnitFileState={enabled}", f"ActiveState={active}")
        started = f"ActiveEnterTimestampMonotonic={since}"
        (self.here / "units" / name).write_text("\n".join((*rows, started)) + "\n")


def made(here: Path) -> Fakes:
    """Make the programs in a folder."""
    for folder in ("bin", "units", "started", "dpkg/updates"):
        (here / folder).mkdir(parents=True)
    for name in ("packages", "audit", "calls", "dpkg/lock", "dpkg/lock-frontend"):
        (here / name).write_bytes(b"")
    for name, script in PROGRAMS.items():
        head = f'#!/bin/sh\nhere={here}\nprintf "%s\\n" "{name} $*" >>"$here/calls"\n'
        (here / "bin" / name).write_text(head + script)
        (here / "bin" / name).chmod(0o755)
    return Fakes(here)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock as dpkg does, from another process."""
    take = "import fcntl, sys; file = open(sys.argv[1], 'r+b'); fcntl.lockf(file, fcntl.LOCK_EX)"
    code = f"{take}; print(flush=True); input()"
    argv = [sys.executable, "-c", code, str(path)]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout
        assert holder.stdin
        holder.stdout.readline()
        yield
        holder.stdin.write(b"\n")
        holder.stdin.close()
