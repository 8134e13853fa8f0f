"""Run the bench: `python -m bench --works a,c --peers asyncssh,clush --rounds 3 --nodes 200`."""

from __future__ import annotations

import argparse
import dataclasses
import fcntl
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench import nodes, peers, places, runs, schedule, show, targets, works
from bench.peers import Peer
from bench.runs import Run
from bench.works import Work

_INSIDE = "NOWFAB_BENCH_NAMESPACE"


def main() -> int:
    """Measure, print tables, write the JSON; 1 when a node of nowfab's failed."""
    given = _options()
    own = own_namespace("bench")
    _raise_descriptors()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(
            number, lambda number, _: sys.exit(128 + number)
        )  # what was started ends, the user goes
    alone()
    began = time.monotonic()
    present = _present(given.peers)
    with tempfile.TemporaryDirectory(prefix="nowfab-bench-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)  # the nodes' user reads what they answer with
        chosen = works.choose(given.works, given.nodes, folder, own)
        with nodes.running(folder, works.needed(given.works, given.nodes), own) as fleet:

            def measure(peer: Peer, work: Work, number: int, limit: float) -> Run:
                nodes.settle(fleet)
                return runs.run(peer, work, fleet, folder, number, limit)

            present = _warm(present, measure)
            left = lambda: began + 60 * given.minutes - time.monotonic()  # noqa: E731
            done = []
            for run in schedule.carry_out(chosen, present, given.rounds, left, measure):
                done.append(run)
                _progress(run)
            nodes.settle(fleet)
    _show(chosen, done, given.json, whole=given.nodes == max(works.SIZES))
    return int(any(run.failures for run in done if run.peer == "nowfab"))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Put nowfab beside its peers.")
    words = lambda typed: [word for word in typed.split(",") if word]  # noqa: E731
    letters = lambda typed: list(typed.replace(",", ""))  # noqa: E731
    names = [peer.name for peer in peers.known()]
    parser.add_argument("--works", type=letters, default=list("abcde"), help="of a,b,c,d,e (all)")
    parser.add_argument("--peers", type=words, default=names, help=f"of {','.join(names[1:])} (all)")
    parser.add_argument("--rounds", type=int, default=5, help="(5)")
    parser.add_argument("--nodes", type=int, default=500, help="at most so many, up to 500 (500)")
    parser.add_argument("--minutes", type=float, default=40.0, help="for all of it (40)")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="(build/bench.json)")
    given = parser.parse_args()
    for option, have, may in (("works", given.works, list("abcde")), ("peers", given.peers, names)):
        if unknown := sorted(set(have) - set(may)):
            parser.error(f"--{option}: there is no {', '.join(unknown)}; there are {', '.join(may)}")
    if not (1 <= given.nodes <= 500 and given.rounds >= 1 and given.works):
        parser.error("--nodes takes 1 to 500, --rounds 1 or more, --works at least one letter")
    return given


def own_namespace(module: str) -> bool:
    """Go on, as this module, in a network namespace of our own where that can be; say whether it is."""
    if os.environ.pop(_INSIDE, None) == str(os.getpid()):
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        return True
    if os.geteuid() != 0 or not all(map(places.system, ("unshare", "ip", "iptables", "useradd"))):
        print("not root, or no unshare, ip, iptables and useradd: without work e", file=sys.stderr)
        return False
    os.environ[_INSIDE] = str(os.getpid())  # exec keeps it
    words = ["unshare", "--net", sys.executable, "-m", module, *sys.argv[1:]]
    return bool(os.execvp(words[0], words))  # noqa: S606 # it does not come back


def alone() -> None:
    """Let no second bench run beside this one: both would measure each other."""
    descriptor = os.open(Path(__file__).parent, os.O_RDONLY)  # locked until this process ends
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise SystemExit("another bench runs here already") from None


def _raise_descriptors() -> None:
    """Let every peer open as many files as the system allows: 500 nodes at once need three each."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 65536) if hard > 0 else 65536, hard))


def _present(names: Sequence[str]) -> list[Peer]:
    chosen = [peer for peer in peers.known() if peer.name in {"nowfab", *names}]
    missing = [peer.name for peer in chosen if peer.program is None]
    if missing:
        print(f"not installed: {', '.join(missing)}; `make bench-setup` installs them", file=sys.stderr)
    return [peer for peer in chosen if peer.program is not None]


def _warm(present: Sequence[Peer], measure: schedule.Measure) -> list[Peer]:
    """Let everybody run once unmeasured, so that files are read from memory; drop who cannot do it."""
    able = []
    for peer in present:
        run = measure(peer, works.warm(), 0, 60.0)
        if run.failures == 0:
            able.append(peer)
        else:
            print(f"{peer.name} does not work here (exit code {run.code}): {run.said}", file=sys.stderr)
    return able


def _progress(run: Run) -> None:
    what = f"round {run.round}  {run.work:6} {run.peer:12}"
    took = f"{run.wall:7.2f} s  CPU {run.cpu:6.2f} s  {run.memory / 1e6:6.0f} MB  {run.failures} failed"
    print(what, took, f"(load {run.load})", "CUT" if run.cut else "", file=sys.stderr, flush=True)
    if run.failures and run.said:
        print("   ", run.said.strip().splitlines()[-1][:200], file=sys.stderr)


def _show(chosen: Sequence[Work], done: Sequence[Run], path: Path, whole: bool) -> None:
    summed = show.figures(done)
    print(f"commit {_commit()}; {_box()}\n")
    reached = targets.lines(summed) if whole else ()  # they are for 500 nodes
    for line in (*show.tables(chosen, summed), *reached):
        print(line)
    document = {
        "commit": _commit(),
        "box": _box(),
        "figures": [dataclasses.asdict(row) for row in summed],
        "runs": [dataclasses.asdict(run) for run in done],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=1) + "\n")
    print(f"\nall runs: {path}")


def _commit() -> str:
    words = ["git", "describe", "--always", "--dirty"]
    said = subprocess.run(words, cwd=Path(__file__).parent, capture_output=True, text=True)
    return said.stdout.strip() or "unknown"


def _box() -> str:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {system}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
