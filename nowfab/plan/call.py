"""Call the agent on a node: the exec that carries it there, and what its outcome means."""

from __future__ import annotations

from dataclasses import dataclass, replace

from nowfab import remote
from nowfab.blobs import Blob
from nowfab.plan import wire
from nowfab.plan.wire import Garbled, Reply, Request
from nowfab.remote import Shape
from nowfab.talk import Exec, Outcome

TAIL = 2000
"""Bytes of standard error that are looked at for a reason."""


class NoReply(Exception):
    """The node ran something, but not the agent: why, as far as its words tell."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The agent's text, packed, and how it is started: `shape` says whether under sudo."""

    text: Blob
    shape: Shape
    timeout: float | None = None

    def exec(self, request: Request, prompt: str = "", ready: str = "") -> Exec:
        """Make the exec of one request; half of it changes nothing, for all of it is counted.

        With a `prompt`, sudo asks its password with it, and `ready` is said once it has done so. The
        agent lays its leash itself: a shell that did it would take longer than a look.
        """
        words = [f'os.write(2,b"{ready}")'] if ready else []
        words += ["LEASH=1", f"TEXT=zlib.decompress(sys.stdin.buffer.read({self.text.size}))", "exec(TEXT)"]
        program = remote.quote(f"import os,sys,zlib;{';'.join(words)}")
        line = remote.bare(f"python3 -IS -c {program}", replace(self.shape, prompt=prompt))
        return Exec(line, (self.text, *wire.encode(request)), self.timeout)


def reply(outcome: Outcome, request: Request) -> Reply:
    """Read the agent's reply out of an outcome that EXITED. Raises NoReply."""
    output = outcome.stdout.head(outcome.stdout.size)
    try:
        return wire.decode(output, request.run, request.questions)
    except Garbled as error:
        raise NoReply(_why(outcome, str(error))) from error


def _why(outcome: Outcome, garbled: str) -> str:
    """Say what is in the way, by the words of sudo, the shell and Python."""
    said = outcome.stderr.tail(TAIL).decode("utf-8", "replace")
    if outcome.code == 127 or "python3: not found" in said or "python3: command not found" in said:
        return "there is no python3 on the node; `apt-get install python3` brings it"
    if "sudo:" in said and "password" in said:
        return "sudo asks for a password; `--ask-sudo` asks you for it once, for all nodes"
    if "sudo:" in said:
        return f"sudo: {_last(said.partition('sudo:')[2])}"
    if "ModuleNotFoundError" in said or "ImportError" in said:
        return f"half a python3: {_last(said)}; `apt-get install python3` brings the rest"
    if outcome.code == 0 and not said.strip():
        return (
            f"{garbled}: the node ran something else instead, as a forced command or a restricted shell does"
        )
    return f"{garbled}; exit code {outcome.code}{': ' + _last(said) if said.strip() else ''}"


def _last(text: str) -> str:
    return (text.strip().splitlines() or [""])[-1].strip()
