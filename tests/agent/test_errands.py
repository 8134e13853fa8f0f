"""What a node fetches is put in place whole and right, or not at all."""

from __future__ import annotations

import ast
import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import nowfab.agent.errands
from nowfab.plan.program import errand
from tests.agent.asking import ask, me, request, run, tree
from tests.agent.test_joined import PYTHONS, TOO_NEW

FOLDER = Path(nowfab.agent.errands.__file__).parent
RIGHTS = ("0644", "", "")


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing on standard error."""

    def do_GET(self) -> None:
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/file")
            self.end_headers()
        elif self.path == "/half":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"half")
        else:
            super().do_GET()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Serve the folder `served` of the test."""
    (tmp_path / "served").mkdir()
    handler = partial(_Handler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def done(name: str, *words: str, python: str = sys.executable) -> tuple[int, str]:
    """Do an errand as the agent does it; give its code and what it says."""
    argv = [python, "-IS", "-c", errand(name), *words]
    ended = subprocess.run(argv, capture_output=True, text=True, timeout=60, cwd="/")
    assert "" == ended.stdout
    return ended.returncode, ended.stderr.strip()


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def sha256(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_the_grammar_is_that_of_python_3_5(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 5))

    assert [] == [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, TOO_NEW)]


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_downloads(python: str, server: str, tmp_path: Path) -> None:
    (tmp_path / "served/file").write_bytes(b"new")
    path = tmp_path / "there"
    said = done("download", f"{server}/moved", sha256(b"new"), str(path), "0750", "", "", python=python)

    assert (0, "") == said
    assert (b"new", 0o100750) == (path.read_bytes(), path.stat().st_mode)


@pytest.mark.parametrize("python", PYTHONS)
def test_what_is_not_meant_never_stands_there(python: str, server: str, tmp_path: Path) -> None:
    """Not for a moment, and nothing is left beside it."""
    (tmp_path / "served/file").write_bytes(b"evil")
    (tmp_path / "at").mkdir()
    (tmp_path / "at/file").write_bytes(b"old")
    before = tree(tmp_path / "at")
    path = str(tmp_path / "at/file")
    code, said = done("download", f"{server}/file", sha256(b"new"), path, *RIGHTS, python=python)

    assert (1, before) == (code, tree(tmp_path / "at"))
    assert f"`{server}/file` is not the file that was meant: its 4 bytes have the sha256 " in said


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("{server}/nothing", "`{server}/nothing`: HTTP Error 404: File not found"),
        ("http://127.0.0.1:9/x", "`http://127.0.0.1:9/x`: Connection refused"),
        ("file:///nothing/here", "No such file or directory"),
        ("{server}/half", "`{server}/half`"),
    ],
)
def test_what_cannot_be_fetched_is_one_line(place: str, why: str, server: str, tmp_path: Path) -> None:
    (tmp_path / "at").mkdir()
    url = place.format(server=server)
    code, said = done("download", url, sha256(b""), str(tmp_path / "at/file"), *RIGHTS)

    assert (1, []) == (code, list((tmp_path / "at").iterdir()))
    assert why.format(server=server) in said
    assert "\n" not in said


def test_a_file_that_is_there_gets_its_rights_and_nobody_is_asked_for_it(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"new")
    inode = path.stat().st_ino
    mine = me()
    url = "http://127.0.0.1:9/x"
    said = done("download", url, sha256(b"new"), str(path), "0600", mine["owner"], mine["group"])

    assert (0, "") == said
    assert (inode, 0o100600) == (path.stat().st_ino, path.stat().st_mode)


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    (tmp_path / "other").write_bytes(b"other")
    (tmp_path / "link").symlink_to("other")
    (tmp_path / ".nowfab-download").symlink_to("other")  # what somebody would like us to write through
    url = (tmp_path / "source").as_uri()
    said = done("download", url, sha256(b"new"), str(tmp_path / "link"), *RIGHTS)

    assert (0, "") == said
    assert (b"new", b"other") == ((tmp_path / "link").read_bytes(), (tmp_path / "other").read_bytes())
    assert ["link", "other", "source"] == names(tmp_path)


def test_an_owner_that_is_not_there_is_said_before_the_file_is(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"new")
    url = (tmp_path / "source").as_uri()
    said = done("download", url, sha256(b"new"), str(tmp_path / "at"), "0644", "nobody-like-that", "")

    assert (1, "there is no user or group `nobody-like-that` here") == said
    assert ["source"] == names(tmp_path)


def test_a_folder_that_is_missing_is_said(tmp_path: Path) -> None:
    path = tmp_path / "no/file"
    said = done("download", "file:///nothing", sha256(b""), str(path), *RIGHTS)

    assert (1, f"there is no folder `{path.parent}`; a step `folder` before this one makes it") == said


def test_the_agent_tells_of_a_program_without_its_text(state: Path, tmp_path: Path) -> None:
    """Why it failed would be lost behind sixty lines of Python."""
    words = ("file:///nothing", sha256(b""), str(tmp_path / "at"), "0644", "", "")
    reply = ask(request(state, [run("python3", "-IS", "-c", errand("download"), *words)]))

    assert "failed" == reply.state
    assert reply.reason.startswith("`python3 -IS -c … file:///nothing ")
    assert reply.reason.endswith("No such file or directory")
    assert "\n" not in reply.reason
