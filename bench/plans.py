"""Put plans beside their peers: `python -m bench.plans --rounds 3 --nodes 50 --peers pyinfra,ansible`.

Twenty files on each node, each node with its own twenty paths and its own state folder: applied where
nothing is there, and applied again where all is.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import __main__ as bench
from bench import nodes, places, runs
from bench.nodes import Nodes
from bench.peers import Call

FILES = 20
LIMIT = 600.0
"""Seconds; a run that takes longer is cut."""

REACH = {"pyinfra": (0.25, 0.2), "ansible": (0.03, 0.02)}
"""What nowfab should take at most of a peer's wall time: the first time, and again."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody to measure; `program` is None where it is not installed."""

    name: str
    program: str | None
    prepare: Callable[[str, Nodes, Sequence[str], Path, Path], Call]


def main() -> int:
    """Measure, print a table; 1 when a file of nowfab's is not as it should be."""
    given = _options()
    own = bench.own_namespace("bench.plans")
    bench.alone()
    took: dict[tuple[str, str], list[float]] = {}
    bad = False
    with tempfile.TemporaryDirectory(prefix="nowfab-bench-") as name:
        folder = Path(name).resolve()
        folder.chmod(0o755)
        with nodes.running(folder, given.nodes, own) as fleet:
            for number in range(1, given.rounds + 1):
                for peer in _present(given.peers):
                    for what, wall, whole in _measured(peer, fleet, given.nodes, folder):
                        took.setdefault((peer.name, what), []).append(wall)
                        bad |= not whole and peer.name == "nowfab"
                        said = "" if whole else "  NOT ALL FILES"
                        print(f"round {number}  {peer.name:8} {what:6} {wall:7.2f} s{said}", file=sys.stderr)
    for line in _table(took):
        print(line)
    return int(bad)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.plans", description="Put plans beside their peers."
    )
    words = lambda typed: [word for word in typed.split(",") if word]  # noqa: E731
    parser.add_argument("--peers", type=words, default=list(REACH), help=f"of {','.join(REACH)} (all)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    parser.add_argument("--nodes", type=int, default=50, help="(50)")
    return parser.parse_args()


def _present(names: Sequence[str]) -> list[Peer]:
    known = (
        Peer("nowfab", sys.executable, _nowfab),
        Peer("pyinfra", places.program("pyinfra", "pyinfra"), _pyinfra),
        Peer("ansible", places.program("ansible", "ansible-playbook"), _ansible),
    )
    chosen = [peer for peer in known if peer.name in {"nowfab", *names}]
    for peer in chosen:
        if peer.program is None:
            print(f"not installed: {peer.name}; `make bench-setup` installs it", file=sys.stderr)
    return [peer for peer in chosen if peer.program is not None]


def _measured(peer: Peer, fleet: Nodes, count: int, folder: Path) -> Iterator[tuple[str, float, bool]]:
    """Apply twenty files where nothing is, then again; say how long it took and whether all are there."""
    targets = [nodes.alive(number) for number in range(count)]
    with tempfile.TemporaryDirectory(prefix=f"{peer.name}-", dir=folder) as name:
        out, root = Path(name), Path(name) / "root"
        out.chmod(0o755)
        for target in targets:
            (root / target).mkdir(parents=True)
            shutil.chown(root / target, fleet.user)  # its own: nowfab keeps no state where others may write
        assert peer.program is not None
        call = peer.prepare(peer.program, fleet, targets, root, out)
        for what in ("first", "again"):
            nodes.settle(fleet)
            words = [sys.executable, "-IS", str(runs.MEASURE), str(LIMIT), f"{out}/stdout", f"{out}/stderr"]
            took = runs.measured([*words, *call.words], out, {**runs.environment(fleet), **call.environment})
            whole = took["code"] == 0 and all(
                (root / target / f"f{number:02}").read_text() == _content(target, number)
                for target in targets
                for number in range(FILES)
            )
            if not whole:
                print(
                    (out / "stderr").read_text()[-800:], (out / "stdout").read_text()[-800:], file=sys.stderr
                )
            yield what, took["wall"], whole


def _content(node: str, number: int) -> str:
    return f"file {number} of {node}\n" * 20


def _nowfab(python: str, fleet: Nodes, targets: Sequence[str], root: Path, out: Path) -> Call:
    (out / "groups").mkdir()
    (out / "groups" / "clusters").write_text(f"bench {' '.join(targets)}\n")
    me = "{{ node.name }}"
    steps = [
        {"file": {"path": f"{root}/{me}/f{number:02}", "content": _content(me, number)}}
        for number in range(FILES)
    ]
    (out / "plan.yaml").write_text(json.dumps({"title": "twenty files", "steps": steps}))
    words = ("apply", "plan.yaml", "-g", "bench", "--host-keys", "strict", "--no-sudo", "--format", "json")
    return Call((python, "-m", "nowfab", *words, "--fanout", "50", "--state", f"{root}/{me}/state"))


def _pyinfra(program: str, fleet: Nodes, targets: Sequence[str], root: Path, out: Path) -> Call:
    data = {
        "ssh_user": fleet.user,
        "ssh_port": fleet.port,
        "ssh_key": str(fleet.key),
        "ssh_known_hosts_file": str(fleet.known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
    }
    (out / "inventory.py").write_text(f"hosts = ({list(targets)!r}, {data!r})\n")
    (out / "deploy.py").write_text(
        "from io import StringIO\nfrom pyinfra import host\nfrom pyinfra.operations import files\n"
        f"for number in range({FILES}):\n"
        "    text = f'file {number} of {host.name}\\n' * 20\n"
        f"    files.put(src=StringIO(text), dest=f'{root}/{{host.name}}/f{{number:02}}', mode='644')\n"
    )
    return Call(
        (program, "-y", "--parallel", "50", f"{out}/inventory.py", f"{out}/deploy.py"), {"NO_COLOR": "1"}
    )


def _ansible(program: str, fleet: Nodes, targets: Sequence[str], root: Path, out: Path) -> Call:
    (out / "hosts").write_text("".join(f"{target}\n" for target in targets))
    tasks = [
        {
            "ansible.builtin.copy": {
                "dest": f"{root}/{{{{ inventory_hostname }}}}/f{number:02}",
                "content": _content("{{ inventory_hostname }}", number),
                "mode": "0644",
            }
        }
        for number in range(FILES)
    ]
    play = [{"hosts": "all", "gather_facts": False, "tasks": tasks}]
    (out / "play.yaml").write_text(json.dumps(play))
    remote = out / "remote"
    remote.mkdir()
    remote.chmod(0o777)
    (out / "ansible.cfg").write_text("[defaults]\n[ssh_connection]\npipelining = True\n")
    environment = {
        "ANSIBLE_CONFIG": f"{out}/ansible.cfg",
        "ANSIBLE_SSH_ARGS": f"-F {fleet.config} -o ControlMaster=auto -o ControlPersist=60s",
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_REMOTE_TEMP": f"{remote}",  # the nodes' home is nobody's to write to
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
        "ANSIBLE_PYTHON_INTERPRETER": "/usr/bin/python3",
    }
    return Call((program, "-i", f"{out}/hosts", "-f", "50", f"{out}/play.yaml"), environment)


def _table(took: dict[tuple[str, str], list[float]]) -> Iterator[str]:
    """Lay out the medians, and nowfab's as a share of each peer's."""
    medians = {pair: statistics.median(walls) for pair, walls in took.items()}
    yield "| 20 files on each node | first | again | nowfab takes, first | nowfab takes, again | at most |"
    yield "|---|---|---|---|---|---|"
    for name in dict.fromkeys(name for name, _ in medians):
        first, again = medians[name, "first"], medians[name, "again"]
        shares = [medians["nowfab", what] / medians[name, what] for what in ("first", "again")]
        most = " and ".join(f"{share:g}" for share in REACH[name]) if name in REACH else ""
        cells = [f"{share:.3f}" for share in shares] if name in REACH else ["", ""]
        yield f"| {name} | {first:.2f} s | {again:.2f} s | {cells[0]} | {cells[1]} | {most} |"


if __name__ == "__main__":
    sys.exit(main())
