"""The state folder is ours alone; one run at a time, each at most once, the last ten kept."""

from __future__ import annotations

import fcntl
import grp
import json
import os
import pwd
import stat
import time
from pathlib import Path
from typing import Any

import pytest

from nowfab.plan.program import program
from tests.agent.asking import (
    ABSENT,
    ask,
    file_of,
    me,
    new_run,
    parse,
    request,
    run,
    sha256,
    started,
    tree,
    write,
)


def test_a_look_leaves_no_trace(state: Path) -> None:
    """Check mode asks and changes nothing, not even the state folder."""
    reply = ask(request(state, [], [{"ask": "path", "path": "/no/where"}]))

    assert ("nothing", [ABSENT], False) == (reply.state, reply.answers, state.exists())


def test_the_state_folder_is_for_us_alone(top: Path, state: Path) -> None:
    """It holds what a plan writes, secrets too, whatever the umask of the login."""
    umask = os.umask(0)
    try:
        ask(request(state / "deep", [write(top / "a")], [], [b"a"]))
    finally:
        os.umask(umask)

    assert 0o700 == (state / "deep").stat().st_mode & 0o777


@pytest.mark.parametrize("kind", ["link", "file", "open", "foreign"])
def test_D13_a_state_folder_that_is_not_ours_is_refused(kind: str, top: Path, state: Path) -> None:
    """Who may put a link or a folder there could have us write where they like."""
    if kind == "link":
        (top.parent / "else").mkdir(mode=0o700)
        state.symlink_to(top.parent / "else")
    elif kind == "file":
        state.write_bytes(b"")
    else:
        state.mkdir(mode=0o700)
        state.chmod(0o755 if kind == "open" else 0o700)
        if kind == "foreign" and os.geteuid():
            return
        os.chown(state, 1 if kind == "foreign" else -1, -1)
    reply = ask(request(state, [write(top / "a")], [], [b"a"]))

    assert ("failed", {}) == (reply.state, tree(top))
    assert ("chmod 700" if kind == "open" else "no folder of ours") in reply.reason


@pytest.mark.parametrize("umask", [0, 0o002])
def test_folders_above_the_state_folder_are_made_for_us_alone_to_change(
    umask: int, top: Path, state: Path
) -> None:
    """Whatever the umask of the login lets others do: the next run would refuse them."""
    before = os.umask(umask)
    try:
        replies = [ask(request(state / "far/down", [write(top / name)], [], [b"a"])) for name in "ab"]
    finally:
        os.umask(before)

    assert ["applied", "applied"] == [reply.state for reply in replies], replies[1].reason
    assert {0o755} == {path.stat().st_mode & 0o777 for path in (state, state / "far")}


@pytest.mark.parametrize("kind", ["open", "open behind a link", "of a group", "of another"])
def test_D13_a_state_folder_on_whose_way_others_can_swap_a_folder_is_refused(
    kind: str, top: Path, state: Path
) -> None:
    """Such as below a user's home, for root: what stands there would be another's the next time."""
    above = state.parent / "above"
    above.mkdir(mode=0o755)
    way = above
    if kind == "open behind a link":
        way = state.parent / "link"
        way.symlink_to("above")
    if kind in ("of a group", "of another") and os.geteuid():
        return
    os.chown(above, 1 if kind == "of another" else -1, 1 if kind == "of a group" else -1)
    above.chmod({"of a group": 0o775, "of another": 0o755}.get(kind, 0o777))
    reply = ask(request(way / "far/state", [write(top / "a")], [], [b"a"]))
    above.chmod(0o1777)
    sticky = ask(request(way / "far/state", [write(top / "a")], [], [b"a"])).state

    whose = {"of a group": "open to the group daemon", "of another": "of daemon"}.get(
        kind, "open to everybody"
    )
    says = f"`{way}/far/state` is no safe place for the state folder: `{above}` is {whose}, who could"
    assert ("failed", True) == (reply.state, reply.reason.startswith(says)), reply.reason
    assert sticky == ("failed" if kind == "of another" else "applied")


def test_a_group_that_is_its_owner_s_alone_is_nobody_else(
    agent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a umask of 002, as logins of some systems have it, all folders of a user are open to it."""
    agent["load_part"]("changes")

    def found(group: str, *members: str) -> str:
        entry = grp.struct_group((group, "x", 7, list(members)))
        monkeypatch.setattr(grp, "getgrgid", lambda _: entry)
        me = os.stat_result((stat.S_IFDIR | 0o775, 0, 0, 0, os.geteuid(), 7, 0, 0, 0, 0))
        return agent["who_may_swap"](b"/x", me)[:17]

    name = pwd.getpwuid(os.geteuid()).pw_name

    assert ["", "", "open to the group", "open to the group"] == [
        found(name),
        found(name, name),
        found(name, name, "anna"),
        found("users"),
    ]


@pytest.mark.parametrize("spelled", ["{0}/up/../state", "{0}//state/", "/{0}/./state", "{0}/link/../state"])
def test_two_spellings_of_a_state_folder_are_one_lock(spelled: str, top: Path, state: Path) -> None:
    """Who is told another one would change the node beside us; links are not followed for that."""
    (state.parent / "else/deep").mkdir(parents=True)
    (state.parent / "link").symlink_to("else/deep")
    ask(request(state, [write(top / "a")], [], [b"a"]))
    with (state / "lock").open("r+") as lock:
        lock.truncate()
        lock.write(json.dumps({"who": "bob@desk"}))
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        reply = ask(request(spelled.format(state.parent), [write(top / "b")], [], [b"b"]))

    assert ("held", True) == (reply.state, reply.reason.startswith("bob@desk is changing this node"))


@pytest.mark.parametrize("state", ["state", "~/../state", "~", "", "/st\0ate", "~anna/state"])
def test_a_state_folder_that_is_no_absolute_path_is_refused(state: str, top: Path) -> None:
    reply = ask(request(state, [write(top / "a")], [], [b"a"]))

    assert ("failed", {}) == (reply.state, tree(top))
    assert reply.reason.endswith("is no absolute path")


def test_a_home_state_folder_is_below_our_home(top: Path, tmp_path: Path) -> None:
    """Without sudo the state lies at home, which only the node knows."""
    (tmp_path / "home").mkdir()
    sent = request("~/.local/state/nowfab", [write(top / "a")], [], [b"a"])
    reply = ask(sent, env={"HOME": str(tmp_path / "home")})

    assert "applied" == reply.state
    assert (tmp_path / "home/.local/state/nowfab/lock").exists()


@pytest.mark.parametrize("mended", [False, True])
def test_a_file_that_was_still_being_proved_is_taken_back(mended: bool, top: Path, state: Path) -> None:
    """It was never found good, and no later run would prove it: it is there already. A mended one stays."""
    path, mark = top / "f", top / "mark"
    path.write_bytes(b"old")
    was = {"is": "file", "sha256": sha256(b"old"), "mode": path.stat().st_mode & 0o7777, **me()}
    kill = f"cp {path} {mark}; {f'echo mended >{path};' if mended else ''} kill -9 $PPID"
    reply = ask(request(state, [write(path, was=was, verify=["sh", "-c", kill])], [], [b"new"]))

    assert ("failed", b"new") == (reply.state, mark.read_bytes())
    assert {"f": b"mended\n" if mended else b"old", "mark": b"new"} == {
        each.name: each.read_bytes() for each in top.iterdir()
    }


def test_I11_a_run_is_applied_at_most_once(top: Path, state: Path) -> None:
    """After a lost connection nowfab asks again: it hears what happened, and nothing happens twice."""
    log = top / "log"
    header = {"run": new_run()}
    changes = [write(top / "a"), run("sh", "-c", f"echo once >>{log}")]
    question = [{"ask": "path", "path": str(top / "a")}]
    first = ask(request(state, changes, question, [b"one\n"], header))
    (top / "a").write_bytes(b"by hand")
    second = ask(request(state, changes, question, [b"one\n"], header))

    assert (first.state, first.said["made"]) == (second.state, second.said["made"])
    assert ("once\n", [b"one\n"], [b"by hand"]) == (log.read_text(), first.blobs, second.blobs)


def test_I11_a_failed_run_is_not_tried_again(top: Path, state: Path) -> None:
    """Its answer stays what it was; a new attempt is a new run."""
    header = {"run": new_run()}
    changes = [write(top / "a"), run("test", "-e", str(top / "b"))]
    first = ask(request(state, changes, [], [b"one\n"], header))
    (top / "b").write_bytes(b"")
    second = ask(request(state, changes, [], [b"one\n"], header))

    assert ("failed", 1, first.reason) == (second.state, second.said["failed"], second.reason)


def test_a_run_that_touched_nothing_may_be_tried_again(top: Path, state: Path) -> None:
    """A conflict leaves no trace: once it is gone, the same run can be applied."""
    header = {"run": new_run()}
    (top / "a").write_bytes(b"by hand")
    first = ask(request(state, [write(top / "a")], [], [b"one\n"], header))
    left = [path.name for path in state.iterdir()]
    (top / "a").unlink()
    second = ask(request(state, [write(top / "a")], [], [b"one\n"], header))

    assert ("conflict", ["lock"], "applied") == (first.state, left, second.state)


def test_the_name_of_a_run_is_not_used_for_other_changes(top: Path, state: Path) -> None:
    """Two plans under one name would make one of the answers a lie."""
    header = {"run": new_run()}
    ask(request(state, [write(top / "a")], [], [b"one\n"], header))
    reply = ask(request(state, [write(top / "a")], [], [b"two\n"], header))

    assert ("failed", b"one\n") == (reply.state, (top / "a").read_bytes())
    assert "was used for other changes" in reply.reason


def test_what_came_is_gone_and_ten_runs_are_kept(top: Path, state: Path) -> None:
    """A card is small; what a plan wrote may be secret."""
    (state / "keepsake").mkdir(parents=True)
    state.chmod(0o700)
    runs = [new_run() for _ in range(12)]
    for number, name in enumerate(runs):
        ask(request(state, [write(top / f"f{number}")], [], [b"one\n"], {"run": name}))

    assert {"keepsake", "lock", *runs[2:]} == {path.name for path in state.iterdir()}
    assert [] == list(state.glob("*/new"))


def test_D8_a_second_nowfab_is_told_who_holds_the_node(top: Path, state: Path) -> None:
    """Two plans at once would mix; the second changes nothing and says who, since when, which run."""
    begun, go = top / "begun", top / "go"
    script = f"touch {begun}; until [ -e {go} ]; do sleep 0.05; done"
    first = request(state, [run("sh", "-c", script)], header={"who": "otto@desk"})
    with started() as slow:
        assert slow.stdin
        slow.stdin.write(program() + first)
        slow.stdin.close()
        wait_for(begun)
        question = [{"ask": "path", "path": str(begun), "content": False}]
        second = ask(request(state, [write(top / "a")], question, [b"a"]))
        go.touch()
        assert slow.stdout
        reply = parse(slow.stdout.read())

    assert ("held", "applied", False) == (second.state, reply.state, (top / "a").exists())
    assert second.reason.startswith("otto@desk is changing this node, since 20")
    assert reply.run in second.reason
    assert "file" == second.answers[0]["is"]


def test_many_at_once_are_applied_one_at_a_time(top: Path, state: Path) -> None:
    """Each is either applied whole or told that it was held off."""
    sent = [request(state, [run("sleep", "0.1"), write(top / f"f{n}")], [], [b"x"]) for n in range(6)]
    agents = [started() for _ in sent]
    for agent, each in zip(agents, sent, strict=True):
        assert agent.stdin
        agent.stdin.write(program() + each)
        agent.stdin.close()
    states = []
    for agent in agents:
        with agent:
            assert agent.stdout
            states.append(parse(agent.stdout.read()).state)

    assert {"applied", "held"} >= set(states)
    assert {f"f{n}" for n, state in enumerate(states) if state == "applied"} == set(tree(top)) != set()


def test_D8_a_waiting_guarded_run_keeps_others_out(top: Path, state: Path) -> None:
    """Until it is confirmed or undone, nothing else may be changed."""
    armed = new_run()
    (state / armed).mkdir(parents=True)
    state.chmod(0o700)
    (state / armed / "request.json").write_text(json.dumps({"title": "new address", "who": "otto@desk"}))
    (state / "armed").write_text(armed)
    reply = ask(request(state, [write(top / "a")], [], [b"a"]))

    assert ("held", {}) == (reply.state, tree(top))
    assert f"run {armed} (new address, of otto@desk) waits for its confirmation" == reply.reason


def test_who_leaves_the_line_does_not_stop_the_run(top: Path, state: Path) -> None:
    """What is begun is finished, attached to nobody; asked again, the run tells what came of it."""
    begun, go = top / "begun", top / "go"
    script = f"touch {begun}; until [ -e {go} ]; do sleep 0.05; done"
    changes = [run("sh", "-c", script), write(top / "a")]
    header = {"run": new_run()}
    question = [{"ask": "path", "path": str(top / "a")}]
    with started() as agent:
        assert agent.stdin
        agent.stdin.write(program() + request(state, changes, question, [b"a"], header))
        agent.stdin.close()
        wait_for(begun)
        again = ask(request(state, changes, question, [b"a"], header))
        agent.terminate()
        assert agent.stdout
        left = parse(agent.stdout.read())
    go.touch()
    wait_for_lock(state)
    last = ask(request(state, changes, question, [b"a"], header))

    assert ["running", "running", "applied"] == [again.state, left.state, last.state]
    assert (["changed", "changed"], [b"a"]) == (last.did, last.blobs)
    assert [{"cannot": left.reason}] == left.answers


def wait_for(path: Path, seconds: float = 30.0) -> None:
    until = time.monotonic() + seconds
    while not path.exists():
        assert time.monotonic() < until, f"{path} does not come"
        time.sleep(0.02)


def wait_for_lock(state: Path) -> None:
    with (state / "lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)


def test_what_is_not_json_in_the_state_is_no_result(top: Path, state: Path) -> None:
    """A power cut may leave an empty file; that run is not taken for applied."""
    header: dict[str, Any] = {"run": new_run()}
    (state / header["run"]).mkdir(parents=True)
    state.chmod(0o700)
    (state / header["run"] / "result.json").write_bytes(b"")
    reply = ask(request(state, [write(top / "a")], [], [b"a"], header))

    assert ("applied", file_of(b"a")["sha256"]) == (
        reply.state,
        json.loads((state / header["run"] / "request.json").read_text())["changes"][0]["sha256"],
    )
