"""New host keys are written behind the old ones, and no byte of the others is touched or lost."""

from __future__ import annotations

import base64
import multiprocessing
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nowfab.errors import FileError
from nowfab.machines.ssh import hostkeys, knownhosts_file
from nowfab.machines.ssh.hostkeys import KnownHosts, State

SECONDS = 60
ED = "ssh-ed25519"
KEYGEN = shutil.which("ssh-keygen")


def ed(seed: int) -> bytes:
    """Make a key that no host has."""
    name = ED.encode()
    return len(name).to_bytes(4, "big") + name + (32).to_bytes(4, "big") + seed.to_bytes(2, "big") * 16


def line(name: str, blob: bytes) -> bytes:
    return f"{name} {ED} {base64.b64encode(blob).decode()}\n".encode()


def test_B3_a_key_that_was_added_is_known(tmp_path: Path) -> None:
    """The second run finds what the first one wrote."""
    file = tmp_path / "known_hosts"
    hostkeys.append(file, [("red01", ED, ed(1)), ("[10.0.0.1]:2222", ED, ed(2))])
    hosts = KnownHosts.read([file])

    assert State.KNOWN is hosts.check(["red01"], ED, ed(1)).state
    assert State.KNOWN is hosts.check(["[10.0.0.1]:2222"], ED, ed(2)).state


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_B6_D12_the_folder_and_the_file_are_made_for_ourselves_only(tmp_path: Path, umask: int) -> None:
    """A fresh user has no ~/.ssh, and sshd would ignore one that others may write."""
    file = tmp_path / ".ssh/known_hosts"
    before = os.umask(umask)
    try:
        hostkeys.append(file, [("red01", ED, ed(1))])
    finally:
        os.umask(before)

    assert [0o700, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in (file.parent, file)]
    assert line("red01", ed(1)) == file.read_bytes()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts for others")
def test_D14_what_root_makes_in_somebodys_home_is_theirs(tmp_path: Path) -> None:
    """After `sudo -E nowfab` their own ssh must still be able to write its known_hosts."""
    os.chown(tmp_path, 12345, 12346)
    file = tmp_path / ".ssh/known_hosts"
    hostkeys.append(file, [("red01", ED, ed(1))])

    assert [(12345, 12346)] * 2 == [(each.stat().st_uid, each.stat().st_gid) for each in (file.parent, file)]


@pytest.mark.parametrize("old", [b"", b"# mine\n", b"# no end", b"\xff\x00junk\r\n", b"a b", b"\n\n"])
def test_B6_what_stood_there_is_left_as_it_is(tmp_path: Path, old: bytes) -> None:
    """The file is the user's: comments, broken lines and a missing end stay."""
    file = tmp_path / "known_hosts"
    file.write_bytes(old)
    number = file.stat().st_ino
    hostkeys.append(file, [("red01", ED, ed(1))])
    between = b"" if old[-1:] in (b"", b"\n") else b"\n"

    assert old + between + line("red01", ed(1)) == file.read_bytes()
    assert number == file.stat().st_ino


def test_B6_what_stands_there_already_is_not_added_again(tmp_path: Path) -> None:
    """Another nowfab may have been faster."""
    file = tmp_path / "known_hosts"
    file.write_bytes(line("red01,red02", ed(1)))
    hostkeys.append(file, [("red02", ED, ed(1)), ("Red03", ED, ed(3)), ("red03", ED, ed(3))])
    hostkeys.append(file, [("red02", ED, ed(1)), ("red03", ED, ed(3))])

    assert line("red01,red02", ed(1)) + line("red03", ed(3)) == file.read_bytes()


def test_B6_the_same_key_under_another_name_is_added(tmp_path: Path) -> None:
    """Cloned cards share a key, and a pattern or a comment is no entry of ours."""
    file = tmp_path / "known_hosts"
    old = b"#" + line("red02", ed(1)) + b"@revoked " + line("red02", ed(1)) + line("red01", ed(1))
    file.write_bytes(old)
    hostkeys.append(file, [("red02", ED, ed(1))])

    assert old + line("red02", ed(1)) == file.read_bytes()


def test_B6_names_can_be_hashed(tmp_path: Path) -> None:
    """Debian's ssh_config asks for it; OpenSSH must find them, and they are not added twice."""
    file = tmp_path / "known_hosts"
    for _ in range(2):
        hostkeys.append(file, [("red01", ED, ed(1))], hash_names=True)

    assert b"red01" not in file.read_bytes()
    assert 1 == len(file.read_bytes().splitlines())
    assert State.KNOWN is KnownHosts.read([file]).check(["red01"], ED, ed(1)).state


@pytest.mark.skipif(KEYGEN is None, reason="there is no ssh-keygen on this computer")
@pytest.mark.parametrize("hashed", [False, True], ids=["plain", "hashed"])
def test_B6_openssh_finds_what_was_added(tmp_path: Path, hashed: bool) -> None:
    """The file is shared with ssh itself."""
    file = tmp_path / "known_hosts"
    file.write_bytes(b"# no end")
    hostkeys.append(file, [("red01", ED, ed(1)), ("[::1]:2222", ED, ed(2))], hash_names=hashed)
    codes = [
        subprocess.run([str(KEYGEN), "-F", name, "-f", str(file)], capture_output=True, timeout=20).returncode
        for name in ("red01", "[::1]:2222", "red02")
    ]

    assert [0, 0, 1] == codes


@pytest.mark.parametrize("name", ["", "a b", "a,b", "*", "!a", "#a", "|1|a", "@revoked", "a\nb", "é", "a?"])
def test_B6_a_name_that_would_mean_more_is_refused(tmp_path: Path, name: str) -> None:
    """`*` from a HostKeyAlias would make one key good for every host."""
    file = tmp_path / "known_hosts"

    with pytest.raises(FileError, match="no host name for known_hosts"):
        hostkeys.append(file, [("red01", ED, ed(1)), (name, ED, ed(2))])
    assert not file.exists()


def add_many(file: Path, who: int, many: int) -> None:
    for number in range(many):
        mine = (f"node{who}-{number}", ED, ed(who * 1000 + number))
        hostkeys.append(file, [mine, (f"shared{number}", ED, ed(number))])


def test_B6_two_processes_at_once_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Two nowfabs on a fresh fleet are an ordinary morning in a class room."""
    file = tmp_path / "known_hosts"
    file.write_bytes(b"# mine, no end")
    many = 60
    several = multiprocessing.get_context("spawn")
    workers = [several.Process(target=add_many, args=(file, who, many)) for who in (1, 2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(SECONDS)
    names = [x.split(b" ")[0].decode() for x in file.read_bytes().splitlines()[1:]]
    expected = [f"node{who}-{n}" for who in (1, 2) for n in range(many)] + [f"shared{n}" for n in range(many)]

    assert [0, 0] == [worker.exitcode for worker in workers]
    assert sorted(expected) == sorted(names)
    assert b"# mine, no end" == file.read_bytes().splitlines()[0]


KILLED = """
import sys
from pathlib import Path
from nowfab.machines.ssh import hostkeys
key = b"\\0\\0\\0\\x0bssh-ed25519\\0\\0\\0\\x20"
for number in range(100000):
    hostkeys.append(Path(sys.argv[1]), [(f"n{number}", "ssh-ed25519", key + number.to_bytes(32, "big"))])
    print(number, flush=True)
"""


def test_B6_kill_9_tears_no_line(tmp_path: Path) -> None:
    """What was said to be written is there, whole, in the order of its writing."""
    file = tmp_path / "known_hosts"
    for round in range(3):
        worker = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(file)], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL
        )
        assert worker.stdout is not None
        with worker, worker.stdout:
            for _ in range(20 + round):
                last = worker.stdout.readline()
            worker.send_signal(signal.SIGKILL)
        there = file.read_bytes()
        file.write_bytes(b"")

        assert there.endswith(b"\n")
        assert [f"n{number}" for number in range(int(last) + 1)] == [
            x.split(b" ")[0].decode() for x in there.splitlines()
        ][: int(last) + 1]


def test_B6_a_file_that_was_put_in_its_place_meanwhile_gets_the_key(tmp_path: Path) -> None:
    """`ssh-keygen -R` writes a new file: who waited for the old one's lock must not write there."""
    fcntl = pytest.importorskip("fcntl")
    file = tmp_path / "known_hosts"
    file.write_bytes(b"# old\n")
    with file.open("rb") as old:
        fcntl.flock(old, fcntl.LOCK_EX)
        worker = multiprocessing.get_context("spawn").Process(target=add_many, args=(file, 1, 1))
        worker.start()
        time.sleep(0.5)  # long enough to wait for the lock; shorter, the test is only weaker
        (tmp_path / "new").write_bytes(b"# new\n")
        (tmp_path / "new").rename(file)
    worker.join(SECONDS)

    assert 0 == worker.exitcode
    assert b"# new\n" + line("node1-0", ed(1000)) + line("shared0", ed(0)) == file.read_bytes()


def test_B6_a_lock_that_nobody_lets_go_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every wait has an end, and the row says who is in the way."""
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(knownhosts_file, "PATIENCE", 0.1)
    file = tmp_path / "known_hosts"
    with file.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)

        with pytest.raises(FileError, match=r"another program has held it for 0\.1 s"):
            hostkeys.append(file, [("red01", ED, ed(1))])


@pytest.mark.parametrize("kind", ["folder", "symlink to a folder", "pipe", "below a file", "no home"])
def test_B7_a_file_that_cannot_be_written_is_an_error(tmp_path: Path, kind: str) -> None:
    """Accepted but not written would be asked again, or worse, believed."""
    file = tmp_path / "known_hosts"
    if kind == "pipe":
        os.mkfifo(file)
    elif kind == "below a file":
        file.write_text("")
        file = file / "known_hosts"
    elif kind == "no home":
        file = tmp_path / "no/.ssh/known_hosts"
    elif kind == "folder":
        file.mkdir()
    else:
        file.symlink_to(tmp_path)

    with pytest.raises(FileError, match="known_hosts: cannot be "):
        hostkeys.append(file, [("red01", ED, ed(1))])


def test_B7_a_symlink_is_written_through(tmp_path: Path) -> None:
    """People keep their dot files elsewhere; the link stays a link."""
    (tmp_path / "link").symlink_to(tmp_path / "real")
    hostkeys.append(tmp_path / "link", [("red01", ED, ed(1))])

    assert line("red01", ed(1)) == (tmp_path / "real").read_bytes()
    assert (tmp_path / "link").is_symlink()


def test_B7_a_full_disk_is_an_error_and_leaves_the_old_keys(tmp_path: Path) -> None:
    """A cut-off line is passed over by every reader, and what comes later begins a line of its own."""
    file = tmp_path / "known_hosts"
    file.write_bytes(line("red01", ed(1)))
    code = (
        "import resource, signal, sys; from pathlib import Path; from nowfab.machines.ssh import hostkeys;"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN);"
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({file.stat().st_size + 40},) * 2);"
        f"hostkeys.append(Path(sys.argv[1]), [('red02', '{ED}', {ed(2)!r})])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(file)], capture_output=True, text=True, timeout=20)
    hostkeys.append(file, [("red03", ED, ed(3))])
    hosts = KnownHosts.read([file])

    assert (1, True) == (done.returncode, "FileError" in done.stderr)
    assert [State.KNOWN, State.UNKNOWN, State.KNOWN] == [
        hosts.check([f"red0{n}"], ED, ed(n)).state for n in (1, 2, 3)
    ]
    assert [f"{file}:2: the key is not whole"] == [
        x.replace("not base64", "not whole") for x in hosts.problems
    ]


def test_B7_dev_null_takes_everything(tmp_path: Path) -> None:
    """People write `UserKnownHostsFile /dev/null` and accept-new."""
    hostkeys.append(Path(os.devnull), [("red01", ED, ed(1))])

    assert not KnownHosts.read([Path(os.devnull)]).kinds(["red01"])
