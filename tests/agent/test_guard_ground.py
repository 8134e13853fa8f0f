"""A run is guarded only where a power cut leaves what takes it back."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import ask, new_run, request, write
from tests.agent.guarding import Place, place_in

END = b'if __name__ == "__main__":'


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return place_in(tmp_path / "node")


def text_where(place: Place, mounts: list[tuple[str, str, str]], forgets: bool = False) -> bytes:
    """Give the agent's text for a node with these mounts, whose start may be one with a root in memory."""
    rows = [(os.fsencode(path), kind, os.fsencode(layer)) for path, kind, layer in mounts]
    seen = f"load_part('guard')\nfile_systems, root_forgets = lambda: {rows!r}, lambda: {forgets}\n"
    head, _, tail = place.text.rpartition(END)
    return head + seen.encode() + END + tail


def armed_where(place: Place, *mounts: tuple[str, str, str], forgets: bool = False) -> tuple[str, str]:
    """Arm a run; give what came of it, and why. Nothing is there but in the first case."""
    sent = request(place.state, [write(place.top / "a")], [], [b"a"], {"verb": "arm", "run": new_run()})
    text = text_where(place, [("/", "ext4", ""), *mounts], forgets)
    reply = ask(sent, env=place.fakes.env, text=text)
    assert (reply.state == "armed") == bool(place.started()) == place.state.exists()
    assert not (place.top / "a").exists()
    return reply.state, reply.reason


@pytest.mark.parametrize(
    ("kind", "ground"),
    [
        ("ramfs", "is in memory (ramfs)"),
        ("vfat", "has no hard links (vfat)"),
        ("nfs4", "is not there before the network is (nfs4)"),
    ],
)
@pytest.mark.parametrize("what", ["state", "etc-systemd"])
def test_a_guard_that_a_power_cut_would_take_is_refused(
    what: str, kind: str, ground: str, place: Place
) -> None:
    """Neither the state folder nor the boot guard may lie where nothing lasts, or comes too late."""
    folder = place.top.parent / what
    state, reason = armed_where(
        place,
        (str(folder if what != "state" else folder.parent), kind, ""),
        (str(place.top), "ext4", ""),
        *[(str(place.units), "ext4", "")] * (what == "state"),
    )
    name = {"state": "the state folder", "etc-systemd": "the boot guard's folder"}[what]

    assert "failed" == state
    assert reason.startswith(f"nothing can be guarded: {name} `{folder}` is on a file system that {ground}; ")
    assert reason.endswith("`--no-rollback` makes it without a guard")


def test_a_root_that_is_an_overlay_in_memory_is_refused(place: Place) -> None:
    """As Raspberry Pi OS and overlayroot make it: the kernel's command line tells."""
    state, reason = armed_where(place, ("/", "overlay", "/upper/data"), forgets=True)

    assert "failed" == state
    assert "is on a file system that is in memory (the root's overlay)" in reason


def test_an_overlay_whose_upper_layer_is_in_memory_is_refused(place: Place) -> None:
    """As live systems make it: the layer is there to be seen."""
    layer = place.top.parent / "cow"
    layer.mkdir()
    state, reason = armed_where(place, ("/", "overlay", str(layer)), (str(layer), "ramfs", ""))

    assert "failed" == state
    assert "is on a file system that is in memory (ramfs)" in reason


def test_the_overlay_of_a_container_is_on_a_disk(place: Place) -> None:
    """Its upper layer lies where only the host sees it; what is in memory there by that name is another."""
    layer = "/nowhere/docker/overlay2/0123/diff"

    assert "armed" == armed_where(place, ("/", "overlay", layer), ("/nowhere", "tmpfs", ""))[0]


def test_the_mounts_of_this_computer_are_read(agent: dict[str, Any]) -> None:
    """A field of each row, whatever stands before it."""
    agent["load_part"]("guard")
    rows = (
        b"22 1 0:21 / / rw shared:1 - overlay overlay rw,lowerdir=/l,upperdir=/up\\040per/d,workdir=/w\n"
        b"23 22 0:5 / /sm\\040all rw - tmpfs tmpfs\n"
    )
    found = [agent["kind_of"](row.split()[row.split().index(b"-") + 1 :]) for row in rows.splitlines()]

    assert [("overlay", b"/up per/d"), ("tmpfs", b"")] == found
    assert b"/" in [path for path, _, _ in agent["file_systems"]()]


def test_the_python_that_takes_a_run_back_is_named_by_its_own_file(place: Place) -> None:
    """A plan, or an upgrade beside it, may change what `python3` leads to; the file itself stays."""
    link, run = place.top / "python3", new_run()
    link.symlink_to(sys.executable)
    was = {"is": "link", "target": sys.executable}
    changes = [{"do": "remove", "path": str(link), "was": was}]
    sent = request(place.state, changes, header={"verb": "arm", "run": run})
    reply = ask(sent, str(link), place.fakes.env, place.text)
    (guard,) = place.units.glob("nowfab-guard*.service")
    place.apply(run)
    gone = not os.path.lexists(link)
    place.boot()

    assert ("armed", True) == (reply.state, gone), reply.reason
    assert f"exec {Path(sys.executable).resolve()} -IS " in guard.read_text()
    assert ("reverted", str(link.readlink())) == (place.result(run)["state"], sys.executable)


@pytest.mark.parametrize("name", ["nowhere", "not executable", "per%cent"])
def test_a_python_that_cannot_be_started_is_refused(name: str, place: Place) -> None:
    """Its guard would be none; that is seen before anything is armed."""
    python = place.top.parent / name
    if name != "nowhere":
        python.write_bytes(b"")
        python.chmod(0o755 if name == "per%cent" else 0o644)
    sent = request(place.state, [write(place.top / "a")], [], [b"a"], {"verb": "arm"})
    text = f"import sys\nsys.executable = {str(python)!r}\n".encode() + place.text
    reply = ask(sent, env=place.fakes.env, text=text)

    says = "a unit file cannot name the Python" if name == "per%cent" else "there is no Python at"
    assert ("failed", set(), False) == (reply.state, place.started(), place.armed)
    assert reply.reason.startswith(f"{says} `{python}`"), reply.reason
