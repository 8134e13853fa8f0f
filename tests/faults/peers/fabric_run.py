"""Run a command on two nodes with stock Fabric's ThreadingGroup, and write a line of JSON for each.

It runs in Fabric's own environment, without nowfab.
"""

from __future__ import annotations

import base64
import json
import sys

from fabric import Config, ThreadingGroup
from fabric.exceptions import GroupException


def main(config: str, connect: str, seconds: str, command: str) -> int:
    """Give 1 when a node failed."""
    settings = Config(runtime_ssh_path=config)
    group = ThreadingGroup("bad", "good", config=settings, connect_timeout=int(connect))
    try:
        results = group.run(command, hide=True, warn=True, in_stream=False, timeout=int(seconds))
    except GroupException as some_failed:
        results = some_failed.result
    failed = False
    for connection, result in results.items():
        wrong = isinstance(result, BaseException)
        failed |= wrong or not result.ok
        out = b"" if wrong else result.stdout.encode("utf-8", "surrogateescape")
        code = None if wrong else result.exited
        words = f"{type(result).__name__}: {result}" if wrong and str(result) else ""
        line = json.dumps([connection.original_host, code, words, base64.b64encode(out).decode()])
        sys.stdout.write(f"{line}\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
