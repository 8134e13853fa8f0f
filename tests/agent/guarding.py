"""Guard a run in a folder: a node whose systemd starts nothing until a test has it do so."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nowfab.plan.program import program
from tests.agent import asking
from tests.agent.asking import Reply, request
from tests.agent.fakes import Fakes, made


@dataclass(frozen=True, slots=True)
class Place:
    """A node in a folder: what is changed lies in `top`, the agent's own things in `state`."""

    top: Path
    state: Path
    units: Path
    fakes: Fakes
    text: bytes

    def ask(
        self,
        verb: str,
        run: str,
        changes: Sequence[dict[str, Any]] = (),
        blobs: Sequence[bytes] = (),
        questions: Sequence[dict[str, Any]] = (),
        **header: Any,
    ) -> Reply:
        sent = request(self.state, changes, questions, blobs, {"verb": verb, "run": run, **header})
        return asking.ask(sent, env=self.fakes.env, text=self.text)

    def started(self) -> set[str]:
        """Name the transient units that there are."""
        return {path.name for path in (self.fakes.here / "started").iterdir()}

    def pid1(self, unit: str, code: int = 0) -> str:
        """Run what systemd was asked to start; give what the journal gets."""
        words = (self.fakes.here / "started" / unit).read_bytes().split(b"\0")[:-1]
        (self.fakes.here / "started" / unit).unlink()
        return self._run([os.fsdecode(word) for word in words], code)

    def apply(self, run: str) -> None:
        self.pid1(f"nowfab-apply-{run}.service")

    def time_out(self, run: str, code: int = 0) -> str:
        """Have the timer fire that comes first: that for the confirmation, once the changes are made."""
        wait = f"nowfab-wait-{run}.timer"
        return self.pid1(wait if wait in self.started() else f"nowfab-undo-{run}.timer", code)

    def boot(self) -> None:
        """Start the node anew: no process of before lives, the boot guard comes before all others."""
        for path in (self.fakes.here / "started").iterdir():
            path.unlink()
        (wanted,) = (self.units / "sysinit.target.wants").iterdir()
        text = wanted.read_text()
        condition = re.search(r"ConditionPathExists=(.*)", text)
        line = re.search(r"ExecStart=(.*)", text)
        assert condition
        assert line
        if Path(condition[1]).exists():
            self._run(shlex.split(line[1].replace("$$", "$")))

    def _run(self, words: list[str], code: int = 0) -> str:
        env = {**os.environ, **self.fakes.env}
        ended = subprocess.run(words, env=env, capture_output=True, text=True, timeout=60)
        assert code == ended.returncode, ended.stderr
        return ended.stderr

    def result(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.state / run / "result.json").read_text())
        return found

    @property
    def armed(self) -> bool:
        return (self.state / "armed").exists()


def place_in(folder: Path) -> Place:
    """Make a node in a folder that knows nothing of nowfab yet."""
    top, units = folder / "top", folder / "etc-systemd"
    for each in (folder, top, units):
        each.mkdir(mode=0o755, exist_ok=True)
    return Place(top, folder / "state", units, made(folder / "fakes"), text_for(folder))


def text_for(folder: Path) -> bytes:
    """Give the agent's text for a node in a folder, systemd's folders too; /tmp may be in memory."""
    text = program()
    for old, new in (
        (b'SYSTEMD = b"/run/systemd/system"', f'SYSTEMD = b"{folder}/etc-systemd"'),
        (b'UNITS = b"/etc/systemd/system"', f'UNITS = b"{folder}/etc-systemd"'),
        (b"HEAD_START = 0.5", "HEAD_START = 0"),
        (b"MADE_WAIT = 15", "MADE_WAIT = 0"),  # nobody makes the changes until the test has it done
        (b'"is in memory": ("tmpfs", ', '"is in memory": ('),
    ):
        assert 1 == text.count(old), old
        text = text.replace(old, new.encode())
    return text
