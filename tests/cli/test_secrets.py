"""D11: a password that was typed is nowhere but in the hands of who asked for it."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import termios
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import ROOT, answered
from tests.plugins.sshd_people import People, Person, Start

LOGIN = "canary-of-login-Xq7"
SUDO = "canary-of-sudo-Vw3"
LOGGING = """
import logging
import nowfab.machines.ssh.transport  # which silences paramiko
from nowfab.__main__ import main
logging.basicConfig(level=1)
logging.getLogger("paramiko").setLevel(1)
main()
"""
"""nowfab with every log line of every library on standard error."""


class Sampler:
    """Read what every process shows to others, again and again, while something runs."""

    def __init__(self) -> None:
        self.shown: set[bytes] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Sampler:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._thread.join(10)

    def _look(self) -> None:
        while not self._end.wait(0.05):
            for process in Path("/proc").glob("[0-9]*"):
                for name in ("cmdline", "environ"):
                    try:
                        self.shown.add((process / name).read_bytes())
                    except OSError:
                        continue


class Terminal:
    """A terminal with nowfab on it, where somebody types a password behind each question."""

    def __init__(self, folder: Path, environ: dict[str, str], answers: dict[str, str]) -> None:
        self._environ = {**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", **environ}
        self._folder = folder
        self._answers = answers
        self.shown = b""
        self.asked: list[str] = []

    def run(self, *words: str) -> tuple[int, bytes]:
        """Give the exit code, and what came on standard output, which is no terminal."""
        far, near = os.openpty()
        with (self._folder / "out").open("w+b") as out:
            process = subprocess.Popen(
                [sys.executable, "-c", LOGGING, *words],
                cwd=self._folder,
                env=self._environ,
                stdin=near,
                stdout=out,
                stderr=near,
                start_new_session=True,
                preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # where getpass asks
            )
            os.close(near)
            answers = {f"{question}: ": f"{typed}\n" for question, typed in self._answers.items()}
            self.shown, asked = answered(far, answers)
            self.asked = [question.removesuffix(": ") for question in asked]
            code = process.wait(30)
            out.seek(0)
            return code, out.read()


@pytest.fixture
def locked(people: Start, project: Path) -> People:
    """Have a node that takes no key but a password, and whose sudo wants another one."""
    it = people(Person("pi", "/bin/bash", LOGIN), sudo=SUDO, key=False)
    (node,) = it.nodes
    said = f"{{address: {node.address}, port: {node.port}, user: pi, identity: {node.identity}}}"
    (project / "groups" / "nodes.yaml").write_text(f"nodes:\n  locked: {said}\n")
    return it


@pytest.fixture
def terminal(locked: People, project: Path, tmp_path: Path) -> Terminal:
    """Sit at it with a home and a temporary folder of one's own."""
    for name in ("home/.ssh", "temporary"):
        (tmp_path / name).mkdir(parents=True)
    known_hosts = (locked.folder / "known_hosts").read_bytes()
    (tmp_path / "home/.ssh/known_hosts").write_bytes(known_hosts)
    environ = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path / "temporary")}
    return Terminal(project, environ, {"login password": LOGIN, "sudo password": SUDO})


def files(*folders: Path) -> Iterator[tuple[Path, bytes]]:
    """Give every file below with its content."""
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path, path.read_bytes()


ASKING = ("-w", "locked", "--sudo", "--ask-sudo", "--ask-password")


@pytest.mark.parametrize("form", ["json", "table", "stream"])
def test_D11_passwords_are_nowhere(terminal: Terminal, locked: People, tmp_path: Path, form: str) -> None:
    """Looked for in every file, every process and every line of a log while the command runs and after."""
    command = "head -c 3000000 /dev/zero; sleep 3.4321; cat; echo; id -un"
    with Sampler() as sampler:
        code, out = terminal.run("--debug", "run", command, *ASKING, "--format", form)
    places = {str(path): data for path, data in files(tmp_path, locked.folder, locked.home("pi"))}
    places |= {f"process {number}": data for number, data in enumerate(sampler.shown)}
    places |= {"terminal": terminal.shown, "output": out}

    assert (0, {"login password", "sudo password"}) == (code, set(terminal.asked)), terminal.shown
    assert b"root" in out
    assert any(b"sleep\x003.4321" in shown for shown in sampler.shown)
    assert b"paramiko" in terminal.shown
    assert [] == [where for where, data in places.items() if LOGIN.encode() in data or SUDO.encode() in data]


@pytest.mark.parametrize(
    ("typed", "status"), [({"login password": "wrong"}, "refused"), ({"sudo password": "wrong"}, "failed")]
)
def test_D11_a_wrong_password_is_one_row_and_not_shown_either(
    terminal: Terminal, typed: dict[str, str], status: str
) -> None:
    """A typing error often is nearly the right one."""
    answers = {"login password": LOGIN, "sudo password": SUDO, **dict.fromkeys(typed, f"{LOGIN} {SUDO}")}
    terminal._answers = answers
    code, out = terminal.run("run", "id -un", *ASKING, "--format", "json")

    assert code != 0
    assert f'"status": "{status}"'.encode() in out
    assert b"canary" not in out + terminal.shown


def test_D11_nobody_types_a_password_into_a_pipe(terminal: Terminal, project: Path) -> None:
    """Without a terminal the flag is a wrong call, and nothing is sent."""
    done = subprocess.run(
        [sys.executable, "-m", "nowfab", "run", "id", *ASKING],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        input=f"{LOGIN}\n{SUDO}\n",
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert (1, "") == (done.returncode, done.stdout)
    assert "there is no terminal" in done.stderr
