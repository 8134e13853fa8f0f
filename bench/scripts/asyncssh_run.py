"""Run a command on many nodes with asyncssh, written as its users would for speed.

One key, one known_hosts and one set of options for all, a semaphore for the fan-out,
each node's output in a file of its name.
"""

from __future__ import annotations

import asyncio
import sys
from argparse import Namespace
from pathlib import Path

import asyncssh
import given


async def main(to: Namespace) -> int:
    """Give the number of nodes that failed, at most 1."""
    options = asyncssh.SSHClientConnectionOptions(
        username=to.user,
        client_keys=[asyncssh.read_private_key(to.key)],
        known_hosts=asyncssh.read_known_hosts(to.known_hosts),
        agent_path=None,
        preferred_auth="publickey",
        connect_timeout=to.connect_timeout,
        config=None,
    )
    turns = asyncio.Semaphore(to.fanout)

    async def one(host: str) -> bool:
        async with turns:
            try:
                async with asyncssh.connect(host, to.port, options=options) as connection:
                    done = await connection.run(to.command, encoding=None, stdin=asyncssh.DEVNULL)
            except (OSError, asyncssh.Error, TimeoutError) as wrong:
                print(f"{host}: {wrong!r}", file=sys.stderr)
                return False
        Path(to.out, host).write_bytes(done.stdout)
        return done.exit_status == 0

    hosts = Path(to.hosts).read_text().split()
    return int(not all(await asyncio.gather(*map(one, hosts))))


if __name__ == "__main__":
    sys.exit(asyncio.run(main(given.arguments())))
