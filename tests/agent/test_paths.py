"""Each change of a path does exactly what it says, or nothing."""

from __future__ import annotations

import os
import stat
import struct
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import ABSENT, ask, file_of, folder, link, me, remove, request, run, tree, write

FOLDER = {"is": "folder", "mode": 0o755, **me()}


def prepared(top: Path) -> None:
    (top / "old").write_bytes(b"old\n")
    (top / "old").chmod(0o644)
    (top / "link").symlink_to("old")
    (top / "box").mkdir(mode=0o755)
    (top / "box").chmod(0o755)
    (top / "full").mkdir(mode=0o755)
    (top / "full/file").write_bytes(b"")


OLD = file_of(b"old\n")
LINK = {"is": "link", "target": "old"}

GOOD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("a new file", write(Path("new")), file_of(b"new\n")),
    ("other content", write(Path("old"), was=OLD), file_of(b"new\n")),
    ("other rights", write(Path("old"), was=OLD, mode=0o4600), file_of(b"new\n", 0o4600)),
    ("no owner named", write(Path("new"), owner="", group=""), file_of(b"new\n")),
    ("owner by number", write(Path("new"), owner=str(os.geteuid())), file_of(b"new\n")),
    ("a file in place of a link", write(Path("link"), was=LINK), file_of(b"new\n")),
    ("a link in place of a file", link(Path("old"), "gone", OLD), {"is": "link", "target": "gone"}),
    ("another link", link(Path("link"), "gone", LINK), {"is": "link", "target": "gone"}),
    ("a new folder", folder(Path("new"), mode=0o2750), {**FOLDER, "mode": 0o2750}),
    ("a folder's mode", folder(Path("box"), FOLDER, 0o700), {**FOLDER, "mode": 0o700}),
    ("no file", remove(Path("old"), OLD), ABSENT),
    ("no link", remove(Path("link"), LINK), ABSENT),
    ("no folder", remove(Path("box"), FOLDER), ABSENT),
]


@pytest.mark.parametrize(("change", "after"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_change_is_made_once_and_then_holds(
    change: dict[str, Any], after: dict[str, Any], top: Path, state: Path
) -> None:
    """What was asked for stands there, nothing else moved, and a second run has nothing to do."""
    prepared(top)
    change = {**change, "path": str(top / change["path"])}
    others = {name: what for name, what in tree(top).items() if top / name != Path(change["path"])}
    question = {"ask": "path", "path": change["path"], "content": False}
    blobs = [b"new\n"] if change["do"] == "write" else []
    first, second = (ask(request(state, [change], [question], blobs)) for _ in range(2))

    assert ("applied", "", ["changed"]) == (first.state, first.reason, first.did)
    assert ("applied", "", ["already"]) == (second.state, second.reason, second.did)
    assert after == {name: first.answers[0][name] for name in after}
    assert others == {name: what for name, what in tree(top).items() if top / name != Path(change["path"])}


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("a folder that is not there", write(Path("no/file")), "make it in a step before"),
    ("a parent that is a file", write(Path("old/file")), "there is no folder"),
    ("a folder in the way of a file", write(Path("box"), was=FOLDER), "is a folder of"),
    ("a folder in the way of a link", link(Path("box"), "old", FOLDER), "is a folder of"),
    ("a file in the way of a folder", folder(Path("old"), OLD), "remove it in a step before"),
    ("a folder that is not empty", remove(Path("full"), FOLDER), "directory not empty"),
    ("an unknown owner", write(Path("new"), owner="nobody-here"), "there is no user `nobody-here`"),
    ("an unknown group", write(Path("new"), group="none-here"), "there is no group `none-here`"),
    ("a check that says no", write(Path("new"), check=["grep", "-q", "old", "{}"]), "ended with 1"),
    ("a check that is not there", write(Path("new"), check=["no-such-check"]), "ended with 127"),
    ("a verify that says no", write(Path("new"), verify=["false"]), "`false` ended with 1"),
    ("a verify after a change", write(Path("old"), was=OLD, verify=["false"]), "`false` ended with 1"),
    ("a verify after a link", write(Path("link"), was=LINK, verify=["false"]), "`false` ended with 1"),
]


@pytest.mark.parametrize(("change", "reason"), [row[1:] for row in BAD], ids=[row[0] for row in BAD])
def test_what_cannot_be_done_leaves_everything_as_it_was(
    change: dict[str, Any], reason: str, top: Path, state: Path
) -> None:
    """Nothing half: the reason says what stood in the way."""
    prepared(top)
    change = {**change, "path": str(top / change["path"])}
    before = tree(top)
    reply = ask(request(state, [change], [], [b"new\n"] if change["do"] == "write" else []))

    assert ("failed", before) == (reply.state, tree(top))
    assert reason in reply.reason


LATE: list[tuple[str, dict[str, Any]]] = [
    ("no folder", write(Path("no/c"), 2)),
    ("no such owner", write(Path("c"), 2, owner="nobody-here")),
    ("no such group", write(Path("c"), 2, group="none-here")),
    ("a check that says no", write(Path("c"), 2, check=["false"])),
]


@pytest.mark.parametrize("last", [row[1] for row in LATE], ids=[row[0] for row in LATE])
def test_what_cannot_be_done_is_seen_before_the_first_change(
    last: dict[str, Any], top: Path, state: Path
) -> None:
    """The third of three files is in the way: the first two are not written either."""
    changes = [write(top / "a"), write(top / "b", 1), {**last, "path": str(top / last["path"])}]
    reply = ask(request(state, changes, [], [b"a", b"b", b"c"]))

    assert ("failed", None, [], {}) == (reply.state, reply.said["failed"], reply.did, tree(top))


def test_without_sudo_only_ones_own_files_can_be_made(
    agent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen before anything is changed, with what would have worked."""
    own = write("/a", owner="12345", group="")
    monkeypatch.setattr(os, "geteuid", lambda: 12345)
    monkeypatch.setattr(os, "getgroups", lambda: [12345])
    monkeypatch.setattr(os, "getegid", lambda: 12345)

    agent["see_owner"](own, ABSENT)
    with pytest.raises(agent["Trouble"], match="only root can give `/a` to 0:"):
        agent["see_owner"]({**own, "owner": "0"}, ABSENT)
    with pytest.raises(agent["Trouble"], match="only root can give `/a` to 12345:0"):
        agent["see_owner"]({**own, "group": "0"}, ABSENT)


def test_G6_a_validator_that_says_no_keeps_every_file_as_it_was(top: Path, state: Path) -> None:
    """`check` sees the bytes to be, before the first change of the whole run."""
    check = ["sh", "-c", 'grep -q "^good" "$1" || { echo "line 1: bad" >&2; exit 1; }', "check", "{}"]
    changes = [write(top / "a", check=check), write(top / "b", 1, check=check)]
    bad = ask(request(state, changes, [], [b"good\n", b"evil\n"]))
    nothing = tree(top)
    good = ask(request(state, changes, [], [b"good\n", b"good two\n"]))

    assert ("failed", {}, "applied") == (bad.state, nothing, good.state)
    assert bad.reason.endswith("ended with 1: line 1: bad")


def test_changes_build_on_each_other(top: Path, state: Path) -> None:
    """A folder, a file in it, the same file again: `was` of the later ones is what the earlier ones make."""
    changes = [
        folder(top / "d"),
        folder(top / "d/e"),
        write(top / "d/e/f"),
        write(top / "d/e/f", 1, file_of(b"one")),
        link(top / "d/l", "e/f"),
        remove(top / "d/l", {"is": "link", "target": "e/f"}),
    ]
    reply = ask(request(state, changes, [], [b"one", b"two"]))

    assert ("applied", "", 6) == (reply.state, reply.reason, reply.said["changed"])
    assert (["d", "d/e", "d/e/f"], b"two") == (list(tree(top)), (top / "d/e/f").read_bytes())


WAS: list[tuple[str, dict[str, Any], str]] = [
    ("content", file_of(b"else\n"), "the same with another content now"),
    ("mode", {**OLD, "mode": 0o600}, "with mode 0600 then"),
    ("owner", {**OLD, "owner": "somebody"}, "a file of somebody:"),
    ("absent", ABSENT, "was nothing then, a file of"),
    ("link", LINK, "was a link to `old` then, a file of"),
    ("folder", FOLDER, "was a folder of"),
]


@pytest.mark.parametrize(("was", "reason"), [row[1:] for row in WAS], ids=[row[0] for row in WAS])
def test_G2_what_changed_since_the_look_is_a_conflict(
    was: dict[str, Any], reason: str, top: Path, state: Path
) -> None:
    """Minutes may lie between look and apply: somebody's edit is not overwritten, nothing else is touched."""
    prepared(top)
    before = tree(top)
    reply = ask(request(state, [write(top / "new"), write(top / "old", 1, was)], [], [b"new\n", b"mine\n"]))

    assert ("conflict", [], before) == (reply.state, reply.did, tree(top))
    assert reply.reason.startswith(f"changed since it was looked at: `{top}/old` was ")
    assert reason in reply.reason


def test_what_holds_already_is_no_conflict(top: Path, state: Path) -> None:
    """The same goal reached by somebody else is reached."""
    (top / "a").write_bytes(b"new\n")
    (top / "a").chmod(0o644)
    reply = ask(request(state, [write(top / "a")], [], [b"new\n"]))

    assert ("applied", ["already"], 0) == (reply.state, reply.did, reply.said["changed"])


def test_G3_a_symlinked_file_is_replaced_only_when_that_was_decided(top: Path, state: Path) -> None:
    """`was` says file, there is a link: neither the link nor what it points to is written to."""
    prepared(top)
    before = tree(top)
    reply = ask(request(state, [write(top / "link", was=OLD)], [], [b"new\n"]))

    assert ("conflict", before) == (reply.state, tree(top))


def test_a_change_that_fails_stops_those_after_it(top: Path, state: Path) -> None:
    """Those before it are made and said, those after it are not."""
    changes = [write(top / "a"), run("sh", "-c", "echo why >&2; exit 7"), write(top / "b", 1)]
    reply = ask(request(state, changes, [{"ask": "path", "path": str(top / "b")}], [b"a", b"b"]))

    assert ("failed", 1, ["changed"]) == (reply.state, reply.said["failed"], reply.did)
    assert (["a"], [ABSENT]) == (list(tree(top)), reply.answers)
    assert reply.reason.endswith("ended with 7: why")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a file immutable")
@pytest.mark.parametrize("immutable", ["a", "."])
def test_G3_an_immutable_file_stops_the_run_before_any_change(immutable: str, top: Path, state: Path) -> None:
    """The first change could be made, the second never: neither is."""
    (top / "d").mkdir()
    (top / "a").write_bytes(b"old\n")
    (top / "a").chmod(0o644)
    lock = subprocess.run(["chattr", "+i", top / immutable], capture_output=True, timeout=60)
    if lock.returncode:
        pytest.skip("this file system has no immutable files")
    try:
        before = tree(top)
        changes = [write(top / "d/b"), write(top / "a", 1, file_of(b"old\n"))]
        reply = ask(request(state, changes, [], [b"b", b"new\n"]))
        after = tree(top)
    finally:
        subprocess.run(["chattr", "-i", top / immutable], check=True, timeout=60)

    assert ("failed", [], before) == (reply.state, reply.did, after)
    assert "it is immutable" in reply.reason


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_G3_a_full_disk_stops_the_run_before_any_change(top: Path, state: Path) -> None:
    """Room is looked at for all files of a file system together."""
    with Mounted(top / "m", "size=64k"):
        changes = [write(top / "m/a"), write(top / "m/b", 1)]
        reply = ask(request(state, changes, [], [bytes(40_000), bytes(41_000)]))

        assert ("failed", [], ["m"]) == (reply.state, reply.did, list(tree(top)))
        assert "no room is left" in reply.reason


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_G3_a_state_folder_without_room_stops_the_run_before_any_change(top: Path, tmp_path: Path) -> None:
    """What comes is staged first: a full disk is noticed there, and nothing of it stays."""
    with Mounted(tmp_path / "m", "size=64k,mode=700"):
        reply = ask(request(tmp_path / "m/state", [write(top / "a")], [], [bytes(100_000)]))

        assert ("failed", [], {}) == (reply.state, reply.did, tree(top))
        assert ["lock"] == [path.name for path in (tmp_path / "m/state").iterdir()]
        assert "no room is left" in reply.reason


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount")
def test_G3_a_mounted_file_and_a_read_only_system_say_so(top: Path, state: Path) -> None:
    """In a container /etc/hosts is a mount: no rename can replace it, nor does anything else happen."""
    (top / "a b").write_bytes(b"old\n")
    (top / "a b").chmod(0o644)
    subprocess.run(["mount", "--bind", top / "a b", top / "a b"], check=True, timeout=60)
    try:
        reply = ask(request(state, [write(top / "a b", was=OLD)], [], [b"new\n"]))
    finally:
        subprocess.run(["umount", top / "a b"], check=True, timeout=60)
    with Mounted(top / "m", "size=64k,ro"):
        other = ask(request(state, [write(top / "m/a")], [], [b"new\n"]))

    assert ("failed", b"old\n") == (reply.state, (top / "a b").read_bytes())
    assert "is a mount of its own" in reply.reason
    assert "the file system is read-only" in other.reason


class Mounted:
    """A file system in memory, for as long as the block lasts."""

    def __init__(self, place: Path, options: str) -> None:
        self._place, self._options = place, options

    def __enter__(self) -> None:
        self._place.mkdir(mode=0o700)
        argv = ["mount", "-t", "tmpfs", "-o", self._options, "nowfab", self._place]
        if subprocess.run(argv, capture_output=True, timeout=60).returncode:
            pytest.skip("this computer lets nobody mount")

    def __exit__(self, *_: object) -> None:
        subprocess.run(["umount", self._place], check=True, timeout=60)


def test_users_attributes_stay_with_a_file(top: Path, state: Path) -> None:
    """Content, mode and owner are the plan's; what the plan says nothing of is kept."""
    (top / "a").write_bytes(b"old\n")
    (top / "a").chmod(0o644)
    try:
        os.setxattr(top / "a", "user.origin", b"by hand")
    except OSError:
        pytest.skip("this file system has no attributes")
    reply = ask(request(state, [write(top / "a", was=OLD)], [], [b"new\n"]))

    assert ("applied", b"new\n") == (reply.state, (top / "a").read_bytes())
    assert b"by hand" == os.getxattr(top / "a", "user.origin")


def test_an_access_list_stays_and_the_mode_bounds_it(top: Path, state: Path) -> None:
    """A secret with mode 0600 is for its owner alone, whoever the list lets in."""
    (top / "a").write_bytes(b"old\n")
    owner, user, group, mask, other = 1, 2, 4, 16, 32
    rows = [(owner, 6, -1), (user, 6, 1), (group, 4, -1), (mask, 6, -1), (other, 4, -1)]
    # acl(5) as the kernel keeps it: version 2, then tag, rights and who of each entry
    listed = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *row) for row in rows)
    try:
        os.setxattr(top / "a", "system.posix_acl_access", listed)
    except OSError:
        pytest.skip("this file system has no access lists")
    mode = stat.S_IMODE((top / "a").stat().st_mode)
    change = write(top / "a", was=file_of(b"old\n", mode), mode=0o600)
    reply = ask(request(state, [change], [], [b"new\n"]))
    raw = os.getxattr(top / "a", "system.posix_acl_access")
    found = [struct.unpack_from("<HHi", raw, place) for place in range(4, len(raw), 8)]

    assert ("applied", 0o600) == (reply.state, stat.S_IMODE((top / "a").stat().st_mode))
    assert [(user, 6, 1), (mask, 0, -1)] == [row for row in found if row[0] in (user, mask)]
