"""Each question is answered with what is, or with why it cannot be."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import ABSENT, ask, file_of, me, request, sha256


def answer(state: Path, question: dict[str, Any], **header: Any) -> tuple[dict[str, Any], list[bytes]]:
    reply = ask(request(state, [], [question], header=header))
    assert "nothing" == reply.state
    return reply.answers[0], reply.blobs


def test_what_stands_at_a_path(top: Path, state: Path) -> None:
    """Links are not followed, a pipe is not waited for."""
    (top / "file").write_bytes(b"hi\n")
    (top / "file").chmod(0o4640)
    (top / "link").symlink_to("nowhere")
    (top / "d").mkdir()
    (top / "d").chmod(0o1777)
    os.mkfifo(top / "pipe")
    names = ("file", "link", "d", "pipe", "none", "file/below")
    questions = [{"ask": "path", "path": str(top / name)} for name in names]
    reply = ask(request(state, [], questions))
    file = {name: reply.answers[0].pop(name) for name in ("changed", "size", "blob")}

    assert reply.answers == [
        file_of(b"hi\n", 0o4640),
        {"is": "link", "target": "nowhere"},
        {"is": "folder", "mode": 0o1777, **me()},
        {"is": "other", "what": "a pipe"},
        ABSENT,
        ABSENT,
    ]
    assert ((top / "file").stat().st_ctime, 3, 0) == (file["changed"], file["size"], file["blob"])
    assert [b"hi\n"] == reply.blobs


def test_a_large_file_is_told_by_its_hash(top: Path, state: Path) -> None:
    """No more than the limit comes home; one of exactly that size does."""
    (top / "a").write_bytes(b"12345")
    at_limit, blobs = answer(state, {"ask": "path", "path": str(top / "a")}, limit=5)
    beyond, none = answer(state, {"ask": "path", "path": str(top / "a")}, limit=4)

    assert ([b"12345"], []) == (blobs, none)
    assert (0, None, sha256(b"12345")) == (at_limit["blob"], beyond["blob"], beyond["sha256"])


def test_a_path_that_cannot_be_seen_cannot_be_told(top: Path, state: Path) -> None:
    """Absent would be a lie."""
    (top / "loop").symlink_to("loop")
    found, _ = answer(state, {"ask": "path", "path": str(top / "loop/a")})

    assert {"cannot": f"`{top}/loop/a` cannot be looked at: too many levels of symbolic links"} == found


OUTPUTS: list[tuple[list[str], int, bytes, bytes]] = [
    (["printf", "a\\0b"], 0, b"a\0b", b""),
    (["sh", "-c", "echo out; echo err >&2; exit 3"], 3, b"out\n", b"err\n"),
    (["sh", "-c", "kill -TERM $$"], 143, b"", b""),
    (["no-such-program"], 127, b"", b"no-such-program: No such file or directory"),
    (["/etc"], 126, b"", b"/etc: Permission denied"),
    (["sh", "-c", "echo $LC_ALL; pwd; cat"], 0, b"C.UTF-8\n/\n", b""),
    (["sh", "-c", "sleep 30 & echo left"], 0, b"left\n", b""),
]


@pytest.mark.parametrize(("argv", "code", "stdout", "stderr"), OUTPUTS)
def test_what_a_program_says(argv: list[str], code: int, stdout: bytes, stderr: bytes, state: Path) -> None:
    """Its code and outputs; in the C locale, in /, without input; what it leaves behind is not waited for."""
    begun = time.monotonic()
    found, blobs = answer(state, {"ask": "output", "argv": argv})

    assert ({"code": code, "stdout": 0, "stderr": 1}, [stdout, stderr]) == (found, blobs)
    assert time.monotonic() - begun < 25


def test_a_program_that_never_stops_talking_cannot_be_told(
    agent: dict[str, Any], state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither the node's memory nor ours is for all of it."""
    loud, _ = answer(state, {"ask": "output", "argv": ["seq", "100000"]}, limit=1000)
    monkeypatch.setitem(agent, "LOOK_SECONDS", 0.3)
    job = agent["checked"](
        {
            "nowfab": 1,
            "run": "20261123T083412Z-00000000",
            "verb": "exchange",
            "state": "/no",
            "title": "",
            "who": "",
            "limit": 1000,
            "blobs": [],
            "changes": [],
            "questions": [{"ask": "output", "argv": ["sleep", "30"]}],
        }
    )
    slow = agent["answer_all"](job).answers[0]

    assert {"cannot": "`seq 100000` said more than 1000 bytes"} == loud
    assert {"cannot": "`sleep 30` did not end within 0 s"} == slow


def test_whether_somebody_takes_a_connection(state: Path) -> None:
    """The proof that a gateway still reaches the nodes behind it."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        open_one, _ = answer(state, {"ask": "tcp", "host": "127.0.0.1", "port": port})
    closed, _ = answer(state, {"ask": "tcp", "host": "127.0.0.1", "port": port})
    absurd, _ = answer(state, {"ask": "tcp", "host": "127.0.0.1", "port": 99999})

    assert [True, False, False] == [each["reached"] for each in (open_one, closed, absurd)]


def test_kernel_parameters(state: Path) -> None:
    """By either way to write them; one that the kernel does not have is None."""
    keys = ("kernel.ostype", "kernel/ostype", "net.ipv4.ip_local_port_range", "no.such.key")
    reply = ask(request(state, [], [{"ask": "sysctl", "key": key} for key in keys]))
    ports = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()

    assert ["Linux", "Linux", " ".join(ports), None] == [each["value"] for each in reply.answers]


def test_a_kernel_parameter_that_has_its_value_is_left_alone(state: Path) -> None:
    """Its numbers may be written with tabs or blanks; a value that changed since the look is a conflict."""
    now = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text()
    change = {
        "do": "sysctl",
        "key": "net.ipv4.ip_local_port_range",
        "value": now.strip(),
        "was": {"value": "1 2"},
    }
    holds = ask(request(state, [change]))
    conflict = ask(request(state, [{**change, "value": "3 4"}]))

    assert ("applied", ["already"], "conflict") == (holds.state, holds.did, conflict.state)
    assert conflict.reason.endswith(f"was `1 2` then, `{' '.join(now.split())}` now")


@pytest.mark.parametrize(
    ("key", "path"),
    [
        ("net.ipv4.ip_forward", b"net/ipv4/ip_forward"),
        ("net/ipv4/conf/eth0.1/forwarding", b"net/ipv4/conf/eth0.1/forwarding"),
        ("net.ipv4.conf.eth0/1.forwarding", b"net/ipv4/conf/eth0.1/forwarding"),
    ],
)
def test_the_file_of_a_kernel_parameter(key: str, path: bytes, agent: dict[str, Any]) -> None:
    """As sysctl(8) reads them: an interface may have a dot in its name."""
    assert b"/proc/sys/" + path == agent["sysctl_path"](key)


@pytest.mark.parametrize(
    ("root", "command_line", "forgets"),
    [
        ("overlay / overlay rw 0 0", "console=tty1 boot=overlay root=/dev/mmcblk0p2", True),
        ("overlayroot / overlay rw 0 0", "overlayroot=tmpfs quiet", True),
        ("overlay / overlay rw 0 0", "console=tty1 root=/dev/mmcblk0p2", False),
        ("/dev/mmcblk0p2 / ext4 rw 0 0", "boot=overlay", False),
    ],
)
def test_a_root_that_forgets_is_noticed(
    root: str, command_line: str, forgets: bool, agent: dict[str, Any]
) -> None:
    """What is changed there is gone after the next start; a container's overlay keeps it."""
    mounts = f"proc /proc proc rw 0 0\n{root}\n"

    assert forgets == agent["forgets"](mounts, command_line)


def test_one_question_without_an_answer_leaves_the_others(state: Path) -> None:
    """Each says for itself why it cannot be told."""
    questions = [{"ask": "output", "argv": ["seq", "9"]}, {"ask": "output", "argv": ["echo"]}]
    reply = ask(request(state, [], questions, header={"limit": 3}))

    assert [True, False] == ["cannot" in each for each in reply.answers]
    assert [b"\n", b""] == reply.blobs
