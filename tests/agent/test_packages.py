"""Packages come and go in one transaction of apt, whatever dpkg went through; real ones in tests/fleet."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import program
from tests.agent.asking import Reply, ask, request, tree, write
from tests.agent.fakes import Fakes, locked, made

OPTIONS = (
    "-q -y -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "
)
NOT = {"version": "", "held": False}


@pytest.fixture
def fakes(tmp_path: Path) -> Fakes:
    return made(tmp_path / "fakes")


def packages(install: list[str], remove: Sequence[str] = (), **was: Any) -> dict[str, Any]:
    known = dict.fromkeys((*install, *remove), NOT) | was
    return {"do": "packages", "install": install, "remove": list(remove), "was": known}


def asked(fakes: Fakes, state: Path, *changes: dict[str, Any], names: str = "", **header: Any) -> Reply:
    questions = [{"ask": "package", "name": name} for name in names.split()]
    blobs = [b"a"] if any(change["do"] == "write" for change in changes) else []
    return ask(request(state, changes, questions, blobs, header), env=fakes.env)


def test_packages_come_and_go_in_one_transaction(fakes: Fakes, state: Path) -> None:
    """apt decides over all of them together; the second run does not even call it."""
    (fakes.here / "packages").write_text("nano ii 7.2-1\n")
    change = packages(["tmux", "htop"], ["nano"], nano={"version": "7.2-1", "held": False})
    first = asked(fakes, state, change, names="tmux htop nano")
    second = asked(fakes, state, change)

    assert ("applied", "", ["changed"]) == (first.state, first.reason, first.did)
    assert ["already"] == second.did
    assert [{"version": "1.0-1", "held": False}] * 2 + [NOT] == first.answers
    assert [f"apt-get {OPTIONS}install tmux htop nano-"] == fakes.calls()


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ("tmux ii 3.3a-3", {"version": "3.3a-3", "held": False}),
        ("tmux hi 3.3a-3", {"version": "3.3a-3", "held": True}),
        ("tmux it 3.3a-3", {"version": "3.3a-3", "held": False}),
        ("tmux rc 3.3a-3", NOT),
        ("tmux iU 3.3a-3", NOT),
        ("tmux iF 3.3a-3", NOT),
        ("", NOT),
    ],
)
def test_a_package_is_there_only_when_it_is_whole(
    row: str, answer: dict[str, Any], fakes: Fakes, state: Path
) -> None:
    """Unpacked is not installed, and its left-over configuration is nothing."""
    (fakes.here / "packages").write_text(row + "\n")

    assert [answer] == asked(fakes, state, names="tmux").answers


def test_all_packages_are_asked_for_in_one_go(fakes: Fakes, state: Path) -> None:
    """A Pi takes 50 ms to start dpkg-query."""
    asked(fakes, state, names="tmux htop nano tmux")

    assert 1 == (fakes.here / "calls").read_text().count("dpkg-query")


def test_a_package_that_changed_since_the_look_is_a_conflict(fakes: Fakes, top: Path, state: Path) -> None:
    """Somebody held it meanwhile, or another version came: nothing is done, no file written either."""
    (fakes.here / "packages").write_text("nano hi 7.2-1\n")
    change = packages([], ["nano"], nano={"version": "7.2-1", "held": False})
    reply = asked(fakes, state, write(top / "a"), change)

    assert ("conflict", {}, []) == (reply.state, tree(top), fakes.calls())
    assert reply.reason.endswith("`nano` was 7.2-1 then, is 7.2-1, held now")


@pytest.mark.parametrize("sign", ["journal", "unconfigured"])
def test_G5_an_interrupted_dpkg_is_mended_first(sign: str, fakes: Fakes, state: Path) -> None:
    """apt refuses everything until somebody does it; that somebody is the next run."""
    if sign == "journal":
        (fakes.here / "dpkg/updates/0001").write_bytes(b"")
    else:
        (fakes.here / "audit").write_text("The following packages are only half configured\n")
    reply = asked(fakes, state, packages(["tmux"]))

    assert "applied" == reply.state, reply.reason
    mend = "dpkg --force-confdef --force-confold --configure -a"
    assert [mend, f"apt-get {OPTIONS}install tmux"] == fakes.calls()


def test_G4_a_held_lock_is_waited_for(fakes: Fakes, state: Path) -> None:
    """Just after the boot, unattended-upgrades holds it."""
    freed: list[float] = []

    def hold() -> None:
        with locked(fakes.here / "dpkg/lock-frontend"):
            held.set()
            time.sleep(1.5)
            freed.append(time.time())

    held = threading.Event()
    holder = threading.Thread(target=hold)
    holder.start()
    assert held.wait(30)
    reply = asked(fakes, state, packages(["tmux"]), lock_seconds=60)
    holder.join(30)

    assert "applied" == reply.state, reply.reason
    assert (fakes.here / "packages").stat().st_mtime >= freed[0]


@pytest.mark.parametrize("lock", ["lock-frontend", "lock"])
def test_G4_who_holds_the_lock_for_too_long_is_named(lock: str, fakes: Fakes, state: Path) -> None:
    """The lock is never removed: that is how dpkg's own records break."""
    with locked(fakes.here / "dpkg" / lock):
        reply = asked(fakes, state, packages(["tmux"]), lock_seconds=1)

    assert ("failed", 0, []) == (reply.state, reply.said["failed"], fakes.calls())
    assert reply.reason.startswith("dpkg is locked by process ")
    assert "(python" in reply.reason
    assert reply.reason.endswith("1 s were waited for it")
    assert (fakes.here / "dpkg" / lock).exists()


def test_old_lists_are_fetched_once(fakes: Fakes, state: Path) -> None:
    """A fresh image has none; a good one needs no second."""
    (fakes.here / "old-lists").write_text("E: Unable to locate package tmux\n")
    reply = asked(fakes, state, packages(["tmux"]))

    assert "applied" == reply.state, reply.reason
    verbs = [line.replace(OPTIONS, "") for line in fakes.calls()]
    assert ["apt-get install tmux", "apt-get update", "apt-get install tmux"] == verbs


def test_lists_that_cannot_be_had_are_the_reason(fakes: Fakes, state: Path) -> None:
    """apt-get update only warns of it; that there is no such package is then the wrong thing to look at."""
    (fakes.here / "old-lists").write_text("E: Unable to locate package tmux\n")
    (fakes.here / "away").write_text("W: Failed to fetch http://x  Could not resolve 'x'\n")
    reply = asked(fakes, state, packages(["tmux"]))

    assert "failed" == reply.state
    assert reply.reason.endswith(
        "E: Unable to locate package tmux; `apt-get update` had said: "
        "W: Failed to fetch http://x  Could not resolve 'x'"
    )


def test_what_apt_said_is_the_reason(fakes: Fakes, state: Path) -> None:
    """The end of its standard error, which says why."""
    (fakes.here / "refuse").write_text("E: Held packages were changed\n")
    reply = asked(fakes, state, packages(["tmux"]))

    assert ("failed", 0) == (reply.state, reply.said["failed"])
    assert reply.reason.endswith("install tmux` ended with 100: E: Held packages were changed")


OLD = {"version": "5.2-1", "held": False}


def upgrade(**to: str) -> dict[str, Any]:
    return {"do": "upgrade", "to": to, "was": dict.fromkeys(to, OLD)}


def installed(fakes: Fakes, version: str = "5.2-1") -> None:
    (fakes.here / "packages").write_text(f"bash ii {version}\ncurl ii {version}\n")
    (fakes.here / "newer").write_text("bash 5.2-2\ncurl 5.2-2\n")


def test_all_packages_are_upgraded_in_one_transaction_and_once(fakes: Fakes, state: Path) -> None:
    """New ones may come along, none goes; what is upgraded already is left alone."""
    installed(fakes)
    change = upgrade(bash="5.2-2", curl="5.2-2")
    first = asked(fakes, state, change, names="bash curl")
    second = asked(fakes, state, change)

    assert ("applied", "", ["changed"]) == (first.state, first.reason, first.did)
    assert [{"version": "5.2-2", "held": False}] * 2 == first.answers
    assert ["already"] == second.did
    assert [f"apt-get {OPTIONS}upgrade --with-new-pkgs"] == fakes.calls()


def test_an_upgrade_of_what_somebody_upgraded_meanwhile_is_a_conflict(fakes: Fakes, state: Path) -> None:
    installed(fakes, "5.2-3")
    reply = asked(fakes, state, upgrade(bash="5.2-2"))

    assert ("conflict", []) == (reply.state, fakes.calls())
    assert reply.reason.endswith("`bash` was 5.2-1 then, is 5.2-3 now")


def test_G5_an_interrupted_dpkg_is_mended_before_an_upgrade(fakes: Fakes, state: Path) -> None:
    installed(fakes)
    (fakes.here / "dpkg/updates/0001").write_bytes(b"")
    (fakes.here / "old-lists").write_text("E: Failed to fetch http://x  404  Not Found\n")
    reply = asked(fakes, state, upgrade(bash="5.2-2", curl="5.2-2"))

    assert "applied" == reply.state, reply.reason
    verbs = [line.replace(OPTIONS, "") for line in fakes.calls()]
    assert [
        "dpkg --force-confdef --force-confold --configure -a",
        "apt-get upgrade --with-new-pkgs",
        "apt-get update",
        "apt-get upgrade --with-new-pkgs",
    ] == verbs


def test_G4_an_upgrade_waits_for_who_holds_the_lock(fakes: Fakes, state: Path) -> None:
    installed(fakes)
    with locked(fakes.here / "dpkg/lock-frontend"):
        reply = asked(fakes, state, upgrade(bash="5.2-2"), lock_seconds=1)

    assert ("failed", 0, []) == (reply.state, reply.said["failed"], fakes.calls())
    assert reply.reason.startswith("dpkg is locked by process ")


@pytest.fixture
def lists(tmp_path: Path) -> Path:
    """Give a folder in the place of apt's lists, old since 2020."""
    folder = tmp_path / "lists"
    (folder / "partial").mkdir(parents=True)
    (folder / "lock").write_bytes(b"")
    os.utime(folder / "partial", (1577836800, 1577836800))
    return folder


def fetched(fakes: Fakes, state: Path, lists: Path, **header: Any) -> Reply:
    text = program().replace(b"/var/lib/apt/lists", str(lists).encode())
    return ask(request(state, [{"do": "lists"}], header=header), env=fakes.env, text=text)


def test_lists_are_fetched_each_time_and_are_young_then(fakes: Fakes, state: Path, lists: Path) -> None:
    """apt leaves a folder as it is when nothing was new; who asks for its age would fetch for ever."""
    replies = [fetched(fakes, state, lists) for _ in range(2)]

    assert [("applied", ["changed"])] * 2 == [(reply.state, reply.did) for reply in replies]
    assert [f"apt-get {OPTIONS}-o APT::Update::Error-Mode=any update"] * 2 == fakes.calls()
    assert time.time() - (lists / "partial").stat().st_mtime < 60


def test_lists_that_cannot_be_fetched_stay_old(fakes: Fakes, state: Path, lists: Path) -> None:
    (fakes.here / "refuse").write_text("E: Failed to fetch http://x\n")
    reply = fetched(fakes, state, lists)

    assert ("failed", 0) == (reply.state, reply.said["failed"])
    assert reply.reason.endswith("update` ended with 100: E: Failed to fetch http://x")
    assert 1577836800 == (lists / "partial").stat().st_mtime


def test_G4_who_fetches_lists_already_is_waited_for(fakes: Fakes, state: Path, lists: Path) -> None:
    with locked(lists / "lock"):
        reply = fetched(fakes, state, lists, lock_seconds=1)

    assert ("failed", []) == (reply.state, fakes.calls())
    assert reply.reason.startswith("the list of packages is locked by process ")


@pytest.mark.parametrize(
    "change", [upgrade(bash="1") | {"to": {"-y": "1"}}, {"do": "upgrade", "to": {"bash": 1}, "was": {}}]
)
def test_an_upgrade_of_what_is_no_package_is_not_understood(
    change: dict[str, Any], fakes: Fakes, state: Path
) -> None:
    reply = asked(fakes, state, change)

    assert ("failed", []) == (reply.state, fakes.calls())
    assert "is no package with its version" in reply.reason


def test_neither_is_guarded(fakes: Fakes, state: Path) -> None:
    """Nobody can take it back."""
    for change in (upgrade(bash="5.2-2"), {"do": "lists"}):
        reply = asked(fakes, state, change, verb="arm")

        assert "failed" == reply.state
        assert "install them in a step before" in reply.reason


def test_a_node_without_dpkg_says_so(
    agent: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not every node is a Debian."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setitem(agent, "FOLDERS", str(tmp_path))

    with pytest.raises(agent["Trouble"], match="there is no dpkg on this node"):
        agent["packages_at"](["tmux"])
