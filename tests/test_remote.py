"""The line means in every login shell what `ssh node COMMAND` would mean there."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nowfab import remote

SHELLS = {
    "dash": ["dash", "-c"],
    "bash": ["bash", "-c"],
    "busybox": ["busybox", "sh", "-c"],
    "fish": ["fish", "-c"],
    "csh": ["csh", "-c"],
    "sh": ["/bin/sh", "-c"],
}
HERE = {name: words for name, words in SHELLS.items() if shutil.which(words[0])}


def start(
    shell: str, command: str, shape: remote.Shape = remote.PLAIN, path: str = ""
) -> subprocess.Popen[bytes]:
    """Start as sshd does: the login shell gets the line, in a session of its own; `path` is first in PATH."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [*HERE[shell], remote.line(command, shape)],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
        env={**os.environ, "SHELL": "/bin/sh", "PATH": f"{path}:{os.environ['PATH']}"},
    )


def finish(program: subprocess.Popen[bytes]) -> tuple[int, bytes]:
    """Wait for the end with the leash held; csh leaves copies of its output open until it goes."""
    code = program.wait(10)
    out, _ = program.communicate(timeout=10)
    return code, out


@pytest.mark.parametrize("shell", HERE)
def test_exit_codes_signals_and_quotes_are_the_programs_own(shell: str) -> None:
    """A row tells the truth: 137 is an exit code, KILL is a signal."""
    cases = {
        "exit 3": (3, b""),
        "exit 137": (137, b""),
        "exit 255": (255, b""),
        "kill -KILL $$": (-signal.SIGKILL, b""),
        "printf '%s' \"a 'b' \\\\ !x $((1+2))\"": (0, b"a 'b' \\ !x 3"),
        "printf one;printf 'two\n'\nprintf '\\\\three'": (0, b"onetwo\n\\three"),
        "cat": (0, b""),
    }
    found = {command: finish(start(shell, command)) for command in cases}

    assert cases == found


@pytest.mark.parametrize("shell", HERE)
def test_letting_go_of_the_leash_ends_the_whole_group(shell: str, tmp_path: Path) -> None:
    """Time-out and Ctrl-C stop what runs on the node, not only the row."""
    mark = tmp_path / "alive"
    program = start(shell, f"trap '' HUP; (sleep 3; touch {mark}) & echo begun; sleep 60")
    assert program.stdout is not None
    program.stdout.readline()
    assert program.stdin is not None
    program.stdin.close()
    code = program.wait(10)
    program.stdin = None
    program.communicate()
    time.sleep(3.2)

    assert -signal.SIGTERM == code
    assert not mark.exists()


def test_what_ignores_term_is_killed_after_the_grace() -> None:
    """A command that will not end ends all the same."""
    program = start("sh", "trap '' TERM; echo begun; sleep 60; sleep 60")
    assert program.stdout is not None
    program.stdout.readline()
    began = time.monotonic()
    assert program.stdin is not None
    program.stdin.close()
    code = program.wait(10)
    program.stdin = None
    program.communicate()

    assert -signal.SIGKILL == code
    assert time.monotonic() - began >= remote.GRACE - 0.5


def test_a_daemon_that_was_left_behind_lives_on(tmp_path: Path) -> None:
    """`nohup daemon &` is a way to start things; the end of the channel must not end them."""
    mark = tmp_path / "alive"
    program = start("sh", f"nohup sh -c 'sleep 1; touch {mark}' >/dev/null 2>&1 &")
    code, _ = finish(program)
    deadline = time.monotonic() + 8
    while not mark.exists() and time.monotonic() < deadline:
        time.sleep(0.05)

    assert (0, True) == (code, mark.exists())


def test_the_programs_only_children_are_its_own() -> None:
    """The watcher is nobody's child, or a program that waits for all its children never ends."""
    code, out = finish(start("sh", "ps -o pid= --ppid $$ 2>/dev/null | wc -l; wait"))

    assert (0, True) == (code, int(out) <= 2)


@pytest.mark.parametrize("shell", HERE)
@settings(max_examples=20, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0\n")), min_size=1, max_size=20)
)
def test_quoted_text_comes_back_from_every_shell(shell: str, texts: list[str]) -> None:
    """Everything built for a shell is quoted; a quote that one shell reads otherwise is a hole."""
    words = " ".join(remote.quote(text) for text in texts)
    done = subprocess.run(
        [*HERE[shell], f"printf '%s\\n' {words}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        timeout=20,
        check=True,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )

    assert "".join(f"{text}\n" for text in texts).encode() == done.stdout


def test_what_no_shell_can_be_told_is_refused() -> None:
    """A NUL ends an argument, a line feed ends a csh line."""
    for text in ("a\0b", "a\nb"):
        with pytest.raises(ValueError, match="cannot be quoted"):
            remote.quote(text)


def shaped(shell: str, command: str, shape: remote.Shape, path: str = "") -> tuple[int, bytes]:
    """Run a shaped line to its end."""
    return finish(start(shell, command, shape, path))


@pytest.fixture
def sudo(tmp_path: Path) -> str:
    """Make a folder with a `sudo` that says how it was called, then runs the rest as it stands."""
    program = tmp_path / "sudo"
    program.write_text(
        '#!/bin/sh\nwhile [ "$1" != -- ]; do printf "<%s>" "$1"; shift; done; shift; exec "$@"\n'
    )
    program.chmod(0o755)
    return str(tmp_path)


@pytest.mark.parametrize("shell", HERE)
def test_folder_and_variables_are_taken_as_they_are(shell: str, tmp_path: Path) -> None:
    """A folder with a quote in its name, a value with a command in it: neither is run."""
    folder = tmp_path / "it's $(id) \\ !x"
    folder.mkdir()
    shape = remote.Shape(cd=str(folder), env=(("A", "$(id); 'b' \\ !x"), ("B", "")))
    found = shaped(shell, 'printf \'%s|%s|%s\' "$PWD" "$A" "${B-unset}"', shape)

    assert (0, f"{folder}|$(id); 'b' \\ !x|".encode()) == found


def test_a_folder_that_is_not_there_runs_nothing() -> None:
    """`--cd /srv/data` with a slip must not run in the home folder."""
    code, out = shaped("sh", "echo ran", remote.Shape(cd="/no/such/folder"))

    assert (True, False) == (code != 0, b"ran" in out)


def test_a_variable_that_no_shell_can_have_is_refused() -> None:
    """`A-B=1` would be a command in the middle of our line."""
    for name in ("A-B", "1A", "", "A B", "A;id"):
        with pytest.raises(ValueError, match="cannot be the name of a variable"):
            remote.line("true", remote.Shape(env=((name, "x"),)))


@pytest.mark.parametrize("shell", HERE)
def test_sudo_covers_the_whole_command(shell: str, sudo: str) -> None:
    """`a && b > c` under sudo means all of it; -n without a password, a prompt of its own with one."""
    free = shaped(shell, "printf a && printf b | cat", remote.Shape(sudo=True, sudo_user="pi"), sudo)
    asked = shaped(shell, "printf a", remote.Shape(sudo=True, prompt="x y:"), sudo)

    assert (0, b"<-n><-u><pi>ab") == free
    assert (0, b"<-S><-p><x y:>a") == asked


def test_another_shell_gets_the_command() -> None:
    """`--shell bash` is for commands that the login shell would not read."""
    code, out = shaped("sh", "a=(1 2); printf '%s' \"${a[1]}\"", remote.Shape(shell="bash"))

    assert (0, b"2") == (code, out)


def test_D13_the_line_writes_no_file_on_the_node() -> None:
    """What is not made cannot be laid there before by somebody else."""
    shapes = [remote.PLAIN, remote.Shape(cd="/x", env=(("A", "b"),), shell="bash", sudo=True, prompt="p")]
    into = {
        match[1]
        for shape in shapes
        for match in re.finditer(r"[0-9]*>+ ?([^ ;'\\]+)", remote.line("true", shape))
    }

    assert {"/dev/null", "&1", "&3", "&-"} >= into
    assert "/dev/null" in into


def hand(shell: str, data: bytes, command: str, size: int, folder: Path) -> tuple[int, bytes]:
    """Give `data` to a line that counts on `size` bytes; what is short ends there."""
    pipe = subprocess.PIPE
    line = remote.line(command, remote.Shape(stdin=size))
    program = subprocess.Popen(
        [*HERE[shell], line],
        stdin=pipe,
        stdout=pipe,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "SHELL": "/bin/sh", "TMPDIR": str(folder)},
    )
    assert program.stdin is not None
    program.stdin.write(data)
    program.stdin.flush()
    if len(data) < size:
        program.stdin.close()
        program.stdin = None
    return finish(program)


@pytest.mark.parametrize("shell", HERE)
@pytest.mark.parametrize("size", [0, 1, 65536, 65537, 10_000_000])
def test_the_program_gets_exactly_its_input_and_then_its_end(shell: str, size: int, tmp_path: Path) -> None:
    """The channel stays open as the leash, and the program must see an end all the same; nothing stays."""
    data = os.urandom(size)
    code, out = hand(shell, data, "sha256sum", size, tmp_path)

    assert (0, hashlib.sha256(data).hexdigest()) == (code, out.decode().split()[0])
    assert [] == list(tmp_path.iterdir())


@settings(max_examples=20, deadline=None)
@given(data=st.binary(max_size=300))
def test_input_may_be_any_bytes(data: bytes) -> None:
    """NUL, line feeds and an end without one are data."""
    assert (0, data) == hand("sh", data, "cat", len(data), Path(tempfile.gettempdir()))


@pytest.mark.parametrize("shell", HERE)
def test_half_an_input_starts_nothing(shell: str, tmp_path: Path) -> None:
    """`cat > file` would take half a file for the whole; so would `sh -s`."""
    mark = tmp_path / "whole"
    for sent in (0, 1, 99_999):
        code, _ = hand(shell, b"x" * sent, f"cat; touch {mark}", 100_000, tmp_path)

        assert (True, []) == (code != 0, list(tmp_path.iterdir()))


@pytest.mark.parametrize("command", ["true", "head -c 1 >/dev/null", "exec <&-; true", "sleep 3 & true"])
def test_a_program_may_leave_its_input_unread(command: str, tmp_path: Path) -> None:
    """Its exit code is its own then too."""
    assert (0, b"") == hand("sh", b"x" * 1_000_000, f"{{ {command}; }} >/dev/null 2>&1", 1_000_000, tmp_path)


@pytest.mark.parametrize("shell", HERE)
def test_the_lines_own_variables_are_nobody_elses(shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--env c=…` once ran its value in place of a command of two lines; `n` of the login became a number."""
    monkeypatch.setenv("f", "login's f")
    monkeypatch.setenv("n", "login's n")
    shape = remote.Shape(env=(("c", "echo wrong"),), stdin=2)
    program = start(shell, 'cat\necho "$c, $f, $n"', shape)
    assert program.stdin is not None
    program.stdin.write(b"in")
    program.stdin.flush()

    assert (0, b"inecho wrong, login's f, login's n\n") == finish(program)


@pytest.mark.parametrize("shell", HERE)
def test_a_variable_named_shell_is_the_programs_and_chooses_no_shell(shell: str) -> None:
    """`--env SHELL=/bin/echo` had echo show the command, and the row said ok."""
    program = start(shell, 'printf "%s" "$SHELL"', remote.Shape(env=(("SHELL", "/bin/echo"),)))

    assert (0, b"/bin/echo") == finish(program)
