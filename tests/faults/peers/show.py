"""Draw the comparison, for the terminal and as docs/reliability.md."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from tests.faults.peers.judge import Verdict
from tests.faults.peers.programs import CONNECT, ROOT, Program
from tests.faults.peers.run import CUT
from tests.faults.peers.stimuli import Stimulus

PAGE = ROOT / "docs" / "reliability.md"
Row = Sequence[tuple[Verdict, float]]

TEXT = """# Who tells the truth when things go wrong

One faulty node and one good one, and a command for both: what does a program say of the faulty node? \
This page is written by `make faults PEERS=1`{where}; {score}.

{table}

## How to read it

- **truthful**: what it says of the node is so, its exit code is not 0 where something went wrong, and the \
good node has its answer.
- **vague**: it says that something went wrong, but not what: nothing beside an exit code, which a command \
could have given as well.
- **wrong**: what it says is not so, or is not all. *Says ok* where the command never ended well or never ran; \
*not done in time*: it gave up on a command that ended well at once; *the output differs* from what the command \
wrote; *it goes on running*: the program says that the time is over, as it is, but the command still runs on the \
node; *the good node failed too*.
- **hangs**: it had to be ended {cut:g} s after the time of its command. **traceback**: it broke itself. **n.a.**: not installed.

The faults and the rule are ours, so the sums are no marks for the programs. In C7 and C8 above all the others do what \
`ssh` does, and promise nothing else: it waits for whoever holds the output, and leaves a command behind.

The seconds are those of the whole run. A dead end costs at least what the program was allowed to wait. The programs \
ran side by side: this is no measure of speed, [performance.md](performance.md) is.

## What was done

Each program met each fault on its own, with a fresh faulty node: a raw server, an SSH server that misbehaves \
in one way, a relay that harms bytes between the program and a real sshd, or that sshd itself. All were given \
{connect} s to connect and 10 s for the command (60 s where it writes much) by the flags that they have (`clush -S -t -u`, \
`pdsh -R ssh -S -t -u`, `pssh -t`, Fabric's `connect_timeout` and `timeout`, `nowfab --connect-timeout \
--timeout`), and one ssh_config with `StrictHostKeyChecking yes`, `BatchMode yes` and `ConnectTimeout \
{connect}`; else their defaults. What it cannot show:

- clush, pdsh and pssh call `ssh`: its sentence counts as theirs. With `ServerAliveInterval` in the \
ssh_config a silent link would be noticed sooner than by the command's time; nobody needed it here.
- Fabric is a library: it was called as its documentation shows, `ThreadingGroup.run`. It reads no known_hosts \
unless told to by a program around it, and it has no host key policy in ssh_config.
- A terminal (`ssh -t`) ends some commands with their connection. None of these programs uses one by default.
- Output is compared without the last line end, which programs that prefix lines add; whoever takes output as \
text loses bytes that are none.
- Only faults that any SSH client can be given are here; `make faults` has all that nowfab is tested with.

## With what

{versions}

Reproduce: `make bench-setup` installs the peers, `make faults PEERS=1` runs all of it in about ten minutes. \
The stimuli are `tests/faults/peers/stimuli.py`; who is called how is `programs.py` beside it.
"""  # noqa: E501 - the page's own lines


def head(names: Sequence[str]) -> str:
    """Draw the line above the rows."""
    return f"{'id':4} {'stimulus':42} {'  '.join(f'{name:34}' for name in names)}".rstrip() + "\n"


def line(stimulus: Stimulus, row: Row) -> str:
    """Draw a row for the terminal."""
    cells = "  ".join(f"{_cell(*each):34}" for each in row)
    return f"{stimulus.id:4} {stimulus.words:42} {cells}".rstrip() + "\n"


def summary(programs: Sequence[Program], rows: Sequence[Row]) -> str:
    """Say of each program how many of its rows are truthful."""
    counts = [sum(row[column][0].mark == "truthful" for row in rows) for column in range(len(programs))]
    told = [f"{program.name} {count}/{len(rows)}" for program, count in zip(programs, counts, strict=True)]
    return f"truthful: {', '.join(told)}\n"


def write(programs: Sequence[Program], told: Sequence[tuple[Stimulus, Row]]) -> None:
    """Write the page."""
    commit = _said(["git", "-C", str(ROOT), "rev-parse", "--short", "HEAD"])
    head = ["id", "stimulus", *(program.name for program in programs)]
    lines = [head, ["---"] * len(head)]
    lines += [[stimulus.id, stimulus.words, *(_cell(*each) for each in row)] for stimulus, row in told]
    page = TEXT.format(
        where=f" (last at commit {commit})" if commit else "",
        score=summary(programs, [row for _, row in told]).strip(),
        table="\n".join(f"| {' | '.join(cells)} |" for cells in lines),
        cut=CUT,
        connect=CONNECT,
        versions=", ".join(_versions(programs)) + ".",
    )
    PAGE.write_text(page)


def _versions(programs: Sequence[Program]) -> list[str]:
    told = [
        f"{program.name}: {_said([program.path, *program.version])}" for program in programs if program.path
    ]
    return [*told, f"ssh: {_said(['ssh', '-V'])}"]


def _said(words: list[str]) -> str:
    done = subprocess.run(words, stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT)
    return (done.stdout or done.stderr).split("\n")[0].strip()


def _cell(verdict: Verdict, seconds: float) -> str:
    mark = f"{verdict.mark}: {verdict.why}" if verdict.mark in ("wrong", "vague") else verdict.mark
    return mark if verdict.mark in ("hangs", "n.a.") else f"{mark}, {seconds:.1f} s"
