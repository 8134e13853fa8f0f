"""Know how each peer is called for a work: with a key, a known_hosts and the same fan-out."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench import answers, places
from bench.nodes import Nodes
from bench.works import CONNECT_TIMEOUT, Work

SCRIPTS = Path(__file__).parent / "scripts"


@dataclass(frozen=True, slots=True)
class Call:
    """A program with its words; `environment` comes on top of what all have."""

    words: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Peer:
    """Somebody to measure: `program` is None where it is not installed.

    `prepare` writes what it needs into the folder of one run and gives the call; `read` reads what
    it collected there. The folder holds `hosts`, a line per node, and an empty `nodes/`.
    """

    name: str
    program: str | None
    prepare: Callable[[str, Nodes, Work, Path], Call]
    read: Callable[[Work, Path], answers.Answers]
    only: str = ""
    """The letter of the only work that it is for."""


def known() -> tuple[Peer, ...]:
    """Give all peers, nowfab first."""
    python = [(name, places.program(name, "python")) for name in ("asyncssh", "fabric", "parallel-ssh")]
    return (
        Peer("nowfab", sys.executable, _nowfab, answers.nowfab),
        *(Peer(name, program, _script(name), answers.folder) for name, program in python),
        Peer("clush", places.program("clustershell", "clush"), _clush, answers.folder),
        Peer("pdsh", places.system("pdsh"), _pdsh, answers.prefixed),
        Peer("pssh", places.system("parallel-ssh"), _pssh, answers.folder),
        Peer("xargs", places.system("xargs"), _xargs, answers.folder),
        Peer("ansible", places.program("ansible", "ansible"), _ansible, answers.ansible),
        Peer("pyinfra", places.program("pyinfra", "pyinfra"), _pyinfra, answers.pyinfra),
        Peer("ssh", places.system("ssh"), _ssh, answers.alone, only="d"),
    )


def _nowfab(python: str, nodes: Nodes, work: Work, out: Path) -> Call:
    (out / "groups").mkdir()
    (out / "groups" / "clusters").write_text(f"bench {' '.join(work.targets)}\n")
    how = ("--format", "json", "--fanout", str(work.fanout), "--connect-timeout", str(CONNECT_TIMEOUT))
    return Call((python, "-m", "nowfab", "run", work.command, "-g", "bench", "--host-keys", "strict", *how))


def _script(name: str) -> Callable[[str, Nodes, Work, Path], Call]:
    def prepare(python: str, nodes: Nodes, work: Work, out: Path) -> Call:
        given = {
            "hosts": out / "hosts",
            "out": out / "nodes",
            "user": nodes.user,
            "port": nodes.port,
            "key": nodes.key,
            "known-hosts": nodes.known_hosts,
            "fanout": work.fanout,
            "connect-timeout": CONNECT_TIMEOUT,
            "command": work.command,
        }
        words = (f"--{flag}={value}" for flag, value in given.items())
        return Call((python, str(SCRIPTS / f"{name.replace('-', '_')}_run.py"), *words))

    return prepare


def _clush(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    who = (f"--hostfile={out}/hosts", "-f", str(work.fanout), "-t", str(CONNECT_TIMEOUT))
    how = ("-n", "-S", "-o", f"-F {nodes.config}", f"--outdir={out}/nodes")
    return Call((program, *who, *how, work.command))


def _pdsh(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    words = (program, "-R", "ssh", "-S", "-w", f"^{out}/hosts", "-f", str(work.fanout), "-l", nodes.user)
    return Call((*words, work.command), {"PDSH_SSH_ARGS_APPEND": f"-F {nodes.config}"})


def _pssh(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    who = ("-h", f"{out}/hosts", "-p", str(work.fanout), "-t", "0")
    return Call((program, *who, "-o", f"{out}/nodes", "-x", f"-F {nodes.config}", work.command))


def _xargs(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    ssh = f'exec ssh -n -F "{nodes.config}" "$1" "$2" > "{out}/nodes/$1"'
    each = ("-n", "1", "-I", "{}", "sh", "-c", ssh, "sh", "{}", work.command)
    return Call((program, "-a", f"{out}/hosts", "-P", str(work.fanout), *each))


def _ansible(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    (out / "ansible.cfg").write_text("[defaults]\n")
    environment = {
        "ANSIBLE_CONFIG": f"{out}/ansible.cfg",
        "ANSIBLE_SSH_ARGS": f"-F {nodes.config} -o ControlMaster=no",  # no master stays behind
        "ANSIBLE_HOST_KEY_CHECKING": "True",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "False",
    }
    words = (program, "all", "-i", f"{out}/hosts", "-f", str(work.fanout), "-T", str(CONNECT_TIMEOUT))
    return Call((*words, "-m", "raw", "-a", work.command), environment)


def _pyinfra(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    data = {
        "ssh_user": nodes.user,
        "ssh_port": nodes.port,
        "ssh_key": str(nodes.key),
        "ssh_known_hosts_file": str(nodes.known_hosts),
        "ssh_strict_host_key_checking": "yes",
        "ssh_allow_agent": False,
        "ssh_look_for_keys": False,
    }
    (out / "inventory.py").write_text(f"hosts = ({list(work.targets)!r}, {data!r})\n")
    words = (program, f"{out}/inventory.py", "-y", "--parallel", str(work.fanout), "exec", "--")
    return Call((*words, work.command), {"NO_COLOR": "1"})


def _ssh(program: str, nodes: Nodes, work: Work, out: Path) -> Call:
    return Call((program, "-n", "-F", str(nodes.config), work.alive[0], work.command))
