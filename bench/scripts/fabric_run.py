"""Run a command on many nodes with stock Fabric's ThreadingGroup, as its documentation shows it.

It has no fan-out, so all nodes go at once, and it reads no known_hosts: it takes any host key.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import given
from fabric import Config, Connection, ThreadingGroup
from fabric.exceptions import GroupException


def main(to: Namespace) -> int:
    """Give 1 when a node failed."""
    config = Config(overrides={"load_ssh_configs": False})
    group = ThreadingGroup.from_connections(
        Connection(
            host,
            user=to.user,
            port=to.port,
            config=config,
            connect_timeout=to.connect_timeout,
            connect_kwargs={"key_filename": to.key, "allow_agent": False, "look_for_keys": False},
        )
        for host in Path(to.hosts).read_text().split()
    )
    try:
        results = group.run(to.command, hide=True, warn=True, in_stream=False)
    except GroupException as some_failed:
        results = some_failed.result
    for connection, result in results.succeeded.items():
        Path(to.out, connection.host).write_text(result.stdout)
    for connection, wrong in results.failed.items():
        print(f"{connection.host}: {wrong!r}", file=sys.stderr)
    return int(bool(results.failed) or not all(result.ok for result in results.succeeded.values()))


if __name__ == "__main__":
    sys.exit(main(given.arguments()))
