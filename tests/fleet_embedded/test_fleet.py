"""Starting, listing and ending a fleet: who may, what is taken, what stays."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nowfab import fleet
from nowfab.errors import FleetError, UsageError
from nowfab.fleet import embedded, lock, state
from nowfab.inventory.node import Node
from tests.fleet_embedded.conftest import channel_of, connect

SECONDS = 15.0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Give a state folder; what it still runs at the end is ended."""
    path = state.folder(tmp_path / "project", tmp_path / "state")
    yield path
    with contextlib.suppress(FleetError):
        fleet.down(path)
    embedded.down(path)


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.01)


def up(folder: Path, nodes: int = 2, real: tuple[str, ...] = ()) -> tuple[Node, ...]:
    return fleet.up(folder, folder, "embedded", nodes, real)


def lives(nodes: tuple[Node, ...]) -> dict[str, bool]:
    return {node.name: not node.down for node in nodes}


def test_names_are_as_wide_as_the_largest() -> None:
    """Names sort as they count."""
    assert ("red01", "red02") == fleet.names(2)
    assert ("red001", "red100") == (fleet.names(100)[0], fleet.names(100)[-1])


def test_a_fleet_that_is_up_tells_how_to_reach_each_node(folder: Path) -> None:
    """The overlay is all that a run reads."""
    started = up(folder)

    assert started == state.load(folder) == fleet.ps(folder)
    assert ["red01", "red02"] == [node.name for node in started]
    for node in started:
        assert ("127.0.0.1", "pi", "embedded", "") == (node.address, node.user, node.fleet, node.down)
    assert 2 == len({node.port for node in started})


def test_all_that_opens_the_fleet_is_closed_to_others(folder: Path) -> None:
    """Whoever has the key runs commands as this user."""
    node = up(folder, 1)[0]

    assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
    for path in (node.identity, node.known_hosts, folder / "nodes.json", folder / "log"):
        assert 0o600 == stat.S_IMODE(Path(str(path)).stat().st_mode)


def test_names_stay_taken_after_down(folder: Path) -> None:
    """A name that practised must not become whatever the network calls by it."""
    up(folder)
    fleet.down(folder)

    assert {"red01": False, "red02": False} == lives(state.load(folder))
    assert {state.DOWN} == {node.down for node in fleet.ps(folder)}
    assert lock.holder(folder) is None


def test_down_twice_does_no_harm(folder: Path) -> None:
    """Cleaning up may be repeated."""
    up(folder)
    fleet.down(folder)

    assert {"red01": False, "red02": False} == lives(fleet.down(folder))


def test_down_without_a_fleet_makes_nothing(folder: Path) -> None:
    """Asking for the end of nothing leaves nothing behind."""
    assert () == fleet.down(folder)
    assert not folder.exists()


def test_names_stay_taken_after_a_crash(folder: Path) -> None:
    """kill -9 writes no farewell, so the lock alone has to tell."""
    up(folder)
    pid = lock.holder(folder)
    assert pid
    os.kill(pid, signal.SIGKILL)
    until(lambda: lock.holder(folder) is None)

    assert {"red01": False, "red02": False} == lives(state.load(folder))
    assert {"red01": True, "red02": True} == lives(up(folder))


def test_forgotten_names_are_free_again(folder: Path) -> None:
    """Only an explicit word gives a name back."""
    up(folder)
    fleet.down(folder, forget=True)

    assert () == state.load(folder)
    assert not folder.exists()


def test_a_smaller_fleet_keeps_the_names_of_a_larger_one(folder: Path) -> None:
    """red03 was practice an hour ago; it is not the network's red03 now."""
    up(folder, 3)
    fleet.down(folder)
    up(folder, 2)

    assert {"red01": True, "red02": True, "red03": False} == lives(state.load(folder))


def test_a_second_fleet_is_refused(folder: Path) -> None:
    """Two fleets would fight for the same names; the error says what to do."""
    up(folder)

    with pytest.raises(FleetError, match=r"up already \(red01 to red02\): end it with `inv fleet.down`"):
        up(folder)
    assert {"red01": True, "red02": True} == lives(state.load(folder))


def test_a_real_node_is_never_hidden(folder: Path) -> None:
    """Commands meant for a Pi must not run here instead, and no name is taken on the way."""
    with pytest.raises(FleetError, match=r"`red02`: nodes\.yaml says where"):
        up(folder, 3, real=("red02", "blue01"))
    assert () == state.load(folder)


@pytest.mark.parametrize("nodes", [0, -1, 1001])
def test_a_fleet_has_a_sensible_size(folder: Path, nodes: int) -> None:
    """A slip of the finger does not start 50,000 nodes."""
    with pytest.raises(UsageError, match="from 1 to 1000"):
        up(folder, nodes)


def test_an_unknown_kind_is_refused(folder: Path) -> None:
    """The error names what there is."""
    with pytest.raises(UsageError, match="embedded or docker, not `vagrant`"):
        fleet.up(folder, folder, "vagrant", 1, ())


def test_only_containers_can_be_behind_another(folder: Path) -> None:
    """Embedded nodes are all on this computer: nothing stands between."""
    with pytest.raises(UsageError, match="--behind goes with --kind docker"):
        fleet.up(folder, folder, "embedded", 1, (), behind=1)


def test_only_containers_have_a_system_of_their_own(folder: Path) -> None:
    """Embedded nodes run commands on this computer."""
    with pytest.raises(UsageError, match="--os goes with --kind docker"):
        fleet.up(folder, folder, "embedded", 1, (), system="bullseye")


def test_a_node_behind_another_stays_behind_it(folder: Path) -> None:
    """The run after `fleet.up` reads from the overlay how to get there."""
    state.make(folder)
    gateway = Node("red01", "127.0.0.1", "pi", 2201)
    nodes = (gateway, Node("blue01", "blue01", "pi", 22, via=gateway))
    state.take(folder, nodes)

    assert nodes == state.load(folder)


def test_what_cannot_start_takes_no_names(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A failed start leaves everything as it was."""

    def fail(*_: object) -> tuple[Node, ...]:
        raise FleetError("no")

    monkeypatch.setattr(embedded, "up", fail)
    with pytest.raises(FleetError, match="no"):
        up(folder)

    assert () == state.load(folder)


def test_without_asyncssh_the_error_says_what_to_install(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The extra is not everybody's; what is missing comes with its remedy."""
    monkeypatch.setitem(sys.modules, "asyncssh", None)

    with pytest.raises(FleetError, match=r'needs asyncssh: pip install "nowfab\[fleet\]"'):
        up(folder)


def test_a_server_that_does_not_start_shows_its_log(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason lies in a file that nobody would look into."""
    state.make(folder)
    (folder / "home").write_text("in the way")

    with pytest.raises(FleetError, match=r"did not start; its log ends with: .*home"):
        up(folder)
    assert lock.holder(folder) is None


def test_two_people_at_once_are_kept_apart(folder: Path) -> None:
    """Starting and ending at the same time would leave a fleet that nobody knows of."""
    state.make(folder)
    with lock.at_work(folder), pytest.raises(FleetError, match="at work"):
        up(folder)


def test_the_server_ends_when_its_folder_is_gone(folder: Path) -> None:
    """A removed temp folder leaves no process behind that nobody can name any more."""
    up(folder)
    pid = lock.holder(folder)
    assert pid
    folder.rename(folder.with_name("moved"))

    until(lambda: lock.holder(folder.with_name("moved")) is None)


def test_the_server_outlives_who_started_it(folder: Path) -> None:
    """`inv fleet.up` returns to the prompt; its shell may close, its group may be killed."""
    code = (
        "import sys; from pathlib import Path; from nowfab import fleet;"
        "fleet.up(Path(sys.argv[1]), Path('/'), 'embedded', 1, ()); print('up')"
    )
    starter = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        capture_output=True,
        text=True,
        timeout=SECONDS,
        start_new_session=True,
    )

    assert ("up\n", "") == (starter.stdout, starter.stderr)
    assert {"red01": True} == lives(state.load(folder))
    pid = lock.holder(folder)
    assert pid
    assert os.getsid(pid) != os.getsid(0)


def test_what_still_runs_on_a_node_ends_with_the_fleet(folder: Path) -> None:
    """A Pi that is switched off takes its programs along; here they would haunt the computer."""
    with connect(up(folder, 1)[0]) as client:
        channel = channel_of(client, "echo $$; exec sleep 60")
        pid = int(channel.recv(100))
        fleet.down(folder)

    until(lambda: not runs(pid))


def runs(pid: int) -> bool:
    words = ["ps", "-o", "args=", "-p", str(pid)]
    return "sleep" in subprocess.run(words, capture_output=True, text=True, timeout=SECONDS).stdout


def test_a_server_that_is_deaf_is_killed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end has a deadline."""
    monkeypatch.setattr(embedded, "_GRACE", 0.3)
    up(folder, 1)
    pid = lock.holder(folder)
    assert pid
    os.kill(pid, signal.SIGSTOP)
    fleet.down(folder)

    assert lock.holder(folder) is None


def test_an_old_process_id_is_never_signalled(folder: Path) -> None:
    """After a crash the number in the lock file may be anybody's."""
    with subprocess.Popen(["sleep", "60"]) as innocent:
        state.make(folder)
        (folder / "lock").write_text(str(innocent.pid))
        embedded.down(folder)

        assert innocent.poll() is None
        innocent.kill()


def test_D13_a_link_in_the_folders_place_is_refused(tmp_path: Path) -> None:
    """Keys are not written where somebody else points to."""
    folder = state.folder(tmp_path, tmp_path / "state")
    folder.parent.mkdir(parents=True)
    folder.symlink_to(tmp_path)

    with pytest.raises(FleetError, match="is a link or a file"):
        state.folder(tmp_path, tmp_path / "state")


def test_D12_a_folder_open_to_others_is_refused(tmp_path: Path) -> None:
    """Whoever can write there can be any practice node."""
    folder = state.folder(tmp_path, tmp_path / "state")
    state.make(folder)
    folder.chmod(0o755)

    with pytest.raises(FleetError, match="chmod 700"):
        state.folder(tmp_path, tmp_path / "state")


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_D12_a_fleets_folders_are_for_their_owner_alone(tmp_path: Path, umask: int) -> None:
    """Whoever can write one of those above can put another in its place."""
    before = os.umask(umask)
    try:
        state.make(tmp_path / "a" / "b" / "c")
        state.write(tmp_path / "a" / "b" / "c" / "id", b"key")
    finally:
        os.umask(before)
    made = [tmp_path / each for each in ("a", "a/b", "a/b/c", "a/b/c/id")]

    assert [0o700, 0o700, 0o700, 0o600] == [stat.S_IMODE(path.stat().st_mode) for path in made]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
def test_D13_a_folder_of_another_user_is_refused(tmp_path: Path) -> None:
    """They would have the key, and could be every practice node."""
    folder = state.folder(tmp_path, tmp_path / "state")
    state.make(folder)
    os.chown(folder, 12345, 12345)

    with pytest.raises(FleetError, match="belongs to another user"):
        state.folder(tmp_path, tmp_path / "state")


def test_every_project_has_its_own_fleet(tmp_path: Path) -> None:
    """Folders of the same name in two places do not share nodes."""
    one, other = (state.folder(tmp_path / each / "lab", tmp_path) for each in ("a", "b"))

    assert one != other
    assert one.name.startswith("lab-")


def test_state_goes_where_xdg_says() -> None:
    """A relative XDG_STATE_HOME is to be ignored."""
    assert Path("/s") == state.home({"XDG_STATE_HOME": "/s", "HOME": "/h"})
    assert Path("/h/.local/state") == state.home({"XDG_STATE_HOME": "s", "HOME": "/h"})


def test_an_overlay_that_cannot_be_read_is_an_error_with_a_way_out(folder: Path) -> None:
    """Guessing that there are no practice nodes would send commands to real ones."""
    state.make(folder)
    (folder / "nodes.json").write_text("{")

    with pytest.raises(FleetError, match="--forget"):
        state.load(folder)
    fleet.down(folder, forget=True)
    assert () == state.load(folder)


def test_reading_the_overlay_loads_nothing_heavy() -> None:
    """Every run asks for the practice nodes, so asking has to cost nothing."""
    code = "import sys; import nowfab.fleet.state; print(*sorted(set(sys.modules) & set(sys.argv[1:])))"
    heavy = ["asyncssh", "asyncio", "paramiko", "cryptography", "subprocess", "docker"]
    answer = subprocess.run(
        [sys.executable, "-c", code, *heavy], capture_output=True, text=True, timeout=SECONDS, check=True
    )

    assert "" == answer.stdout.strip()
