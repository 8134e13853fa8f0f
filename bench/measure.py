"""Run one program to its end and say what it and all its descendants took.

A small process of its own, run as `python -IS bench/measure.py SECONDS OUT ERR PROGRAM WORD…`: the
kernel counts a child's peak memory from that of the process that started it. It prints one line of
JSON: wall and cpu in seconds, memory in bytes, the exit code, whether it was cut after SECONDS.
Orphans come to us (PR_SET_CHILD_SUBREAPER), so that what goes to the background is counted too.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time

TYPE_CHECKING = False  # as in typing, whose import would count as memory of every program
if TYPE_CHECKING:
    import resource
    from collections.abc import Iterator

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # linux/prctl.h
_PAGE = os.sysconf("SC_PAGE_SIZE")


def main(limit: str, out: str, err: str, *words: str) -> None:
    """Run the words, standard output and standard error into files."""
    prctl = ctypes.CDLL(None).prctl
    prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    signal.signal(signal.SIGTERM, _leave)
    with open(out, "wb") as stdout, open(err, "wb") as stderr:  # noqa: PTH123 # pathlib is 5 MB
        began = time.monotonic()
        child = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, start_new_session=True
        )
    sampled, cut = _await(child.pid, began + float(limit))
    if cut:
        os.killpg(child.pid, signal.SIGKILL)
    _, status, used = os.wait4(child.pid, 0)
    wall = time.monotonic() - began
    cpu, largest = used.ru_utime + used.ru_stime, used.ru_maxrss
    for used in _orphans():
        cpu, largest = cpu + used.ru_utime + used.ru_stime, max(largest, used.ru_maxrss)
    print(
        json.dumps(
            {
                "wall": round(wall, 4),
                "cpu": round(cpu, 4),
                "memory": max(largest * 1024, sampled),
                "code": os.waitstatus_to_exitcode(status),
                "cut": cut,
            }
        )
    )


def _leave(number: int, frame: object) -> None:
    """Take the program along when the bench is ended."""
    for _ in _orphans():
        pass
    os._exit(1)


def _await(pid: int, until: float) -> tuple[int, bool]:
    """Wait for the end or the limit; give the most memory that the whole tree was seen to have."""
    most, pause, ended = 0, 0.1, select.poll()
    ended.register(os.pidfd_open(pid), select.POLLIN)
    while not ended.poll(1000 * max(0.0, min(pause, until - time.monotonic()))):
        if time.monotonic() >= until:
            return most, True
        began = time.monotonic()
        most = max(most, sum(map(_private, _tree(pid))))
        pause = max(0.2, 20 * (time.monotonic() - began))  # looking costs a twentieth at most
    return most, False


def _tree(pid: int) -> Iterator[int]:
    """Give a process and its descendants."""
    yield pid
    try:
        for task in os.listdir(f"/proc/{pid}/task"):  # noqa: PTH208
            for child in _read(f"/proc/{pid}/task/{task}/children").split():
                yield from _tree(int(child))
    except OSError:
        return


def _private(pid: int) -> int:
    """Give the bytes that a process shares with nobody's file."""
    try:
        _, resident, shared, *_ = map(int, _read(f"/proc/{pid}/statm").split())
    except (OSError, ValueError):
        return 0
    return (resident - shared) * _PAGE


def _read(path: str) -> str:
    with open(path) as file:  # noqa: PTH123
        return file.read()


def _orphans() -> Iterator[resource.struct_rusage]:
    """End what the program left behind and give what each used."""
    while True:
        for pid in list(_tree(os.getpid()))[1:]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        try:
            yield os.wait4(-1, 0)[2]
        except ChildProcessError:
            return


if __name__ == "__main__":
    main(*sys.argv[1:])
