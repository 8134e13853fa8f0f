"""Run a command on many nodes with the library parallel-ssh, as its documentation shows it.

It reads no known_hosts: it takes any host key.
"""

from __future__ import annotations

import sys
from argparse import Namespace
from pathlib import Path

import given
from pssh.clients import ParallelSSHClient


def main(to: Namespace) -> int:
    """Give 1 when a node failed."""
    client = ParallelSSHClient(
        Path(to.hosts).read_text().split(),
        user=to.user,
        port=to.port,
        pkey=to.key,
        pool_size=to.fanout,
        num_retries=1,
        timeout=to.connect_timeout,
        allow_agent=False,
        identity_auth=False,
    )
    failed = False
    for answer in client.run_command(to.command, stop_on_errors=False):
        if answer.exception is not None:
            print(f"{answer.host}: {answer.exception!r}", file=sys.stderr)
            failed = True
            continue
        with Path(to.out, answer.host).open("w") as file:
            file.writelines(f"{line}\n" for line in answer.stdout)
        failed |= answer.exit_code != 0
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(given.arguments()))
