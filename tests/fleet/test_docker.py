"""The nodes in containers are what the fleet says they are, seen with the plain ssh program."""

from __future__ import annotations

import secrets
import stat
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from nowfab.errors import FleetError
from nowfab.fleet import docker
from tests.fleet.practice import ENVIRON, PROJECT, Fleet, await_login, engine, of_project, ssh, with_key

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its image."""


def test_each_node_answers_with_its_own_name_and_key(fleet: Fleet) -> None:
    """A wrong port or a mixed-up key would make every later test lie."""
    answers = {node.name: ssh(node, "hostname", *with_key(node)).stdout for node in fleet.nodes}

    assert {name: f"{name}\n" for name in docker.NAMES} == answers


def test_no_two_nodes_share_a_host_key(fleet: Fleet) -> None:
    """Keys baked into the image would make a changed host key impossible to notice."""
    keys = [line.split()[2] for line in (fleet.state / "known_hosts").read_text().splitlines()]

    assert (15, 15) == (len(keys), len(set(keys)))


def test_nodes_are_published_on_loopback_only(fleet: Fleet) -> None:
    """Practice nodes with sudo and a password are nothing for the neighbours."""
    published = {engine("port", fleet.container(name), "22").strip() for name in docker.NAMES}

    assert {f"127.0.0.1:{node.port}" for node in fleet.nodes} == published


def test_the_state_folder_is_private(fleet: Fleet) -> None:
    """It holds the fleet's key and passwords."""
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in fleet.state.iterdir()}

    assert 0o700 == stat.S_IMODE(fleet.state.stat().st_mode)
    assert {0o600} == set(modes.values()), modes


@pytest.mark.parametrize("name", docker.NAMES)
def test_only_red04_offers_a_password_login(fleet: Fleet, name: str) -> None:
    """The rest take keys only, as a Pi that was set up with a key does."""
    answer = ssh(fleet[name], "true", "-oPreferredAuthentications=none", "-oBatchMode=yes")

    expected = "(publickey,password)" if name == "red04" else "(publickey)"
    assert expected in answer.stderr


def test_the_password_of_red04_opens_it(fleet: Fleet, tmp_path: Path) -> None:
    """A password that is written down but not set would only look like one."""
    tell = tmp_path / "tell"
    tell.write_text('#!/bin/sh\necho "$PASSWORD"\n')
    tell.chmod(0o700)
    environ = {
        "SSH_ASKPASS": str(tell),
        "SSH_ASKPASS_REQUIRE": "force",
        "PASSWORD": fleet.password("red04"),
    }
    answer = ssh(fleet["red04"], "hostname", "-oPubkeyAuthentication=no", environ=environ)

    assert "red04\n" == answer.stdout, answer.stderr


@pytest.mark.parametrize("name", docker.NAMES)
def test_only_the_sudo_of_red05_asks(fleet: Fleet, name: str) -> None:
    """Pis ask or do not ask, depending on who set them up; nowfab has to live with both."""
    node = fleet[name]
    silent = ssh(node, "sudo -n id -un", *with_key(node))

    expected = (1, "") if name == "red05" else (0, "root\n")
    assert expected == (silent.returncode, silent.stdout)


def test_the_password_of_red05_satisfies_its_sudo(fleet: Fleet) -> None:
    """The one way that is left to root on such a node."""
    node = fleet["red05"]
    answer = ssh(node, "sudo -S -p '' id -un", *with_key(node), stdin=fleet.password("red05") + "\n")

    assert "root\n" == answer.stdout


def test_a_key_of_someone_else_is_refused(fleet: Fleet, tmp_path: Path) -> None:
    """A fleet opens to its own key and to no other."""
    key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "id_ed25519")]
    subprocess.run(key, check=True, stdin=subprocess.DEVNULL, timeout=60)
    stranger = replace(fleet["red01"], identity=str(tmp_path / "id_ed25519"))
    answer = ssh(stranger, "true", *with_key(stranger))

    assert (255, True) == (answer.returncode, "Permission denied (publickey)" in answer.stderr)


def test_systemd_is_in_charge_of_each_node(fleet: Fleet) -> None:
    """Services, timers and guarded changes need a real init: a failed unit would stand in the way later."""
    lines = {name: fleet.inside(name, "systemctl is-system-running --wait || true") for name in docker.NAMES}

    assert dict.fromkeys(docker.NAMES, "running\n") == lines


def test_a_timer_goes_off_in_a_node(fleet: Fleet) -> None:
    """What undoes a change that cut us off is a timer like this one."""
    fleet.inside(
        "red03",
        "systemd-run --on-active=1 --timer-property=AccuracySec=100ms touch /root/went-off; "
        "for i in $(seq 100); do [ ! -e /root/went-off ] || exit 0; sleep 0.1; done; exit 1",
    )


def test_a_node_that_restarts_is_the_same_node(fleet: Fleet) -> None:
    """Same port, same host key; only then does a reboot on the way not look like a stranger."""
    node = fleet["red02"]
    engine("restart", fleet.container("red02"))
    await_login(node)

    assert "red02\n" == ssh(node, "hostname", *with_key(node)).stdout


def test_a_stopped_node_is_told_as_such(fleet: Fleet) -> None:
    """`fleet.ps` asks the engine instead of remembering."""
    engine("stop", fleet.container("red01"))
    try:
        seen = {node.name: node.down for node in docker.ps(fleet.state, ENVIRON)}
    finally:
        engine("start", fleet.container("red01"))
        await_login(fleet["red01"])

    assert {**dict.fromkeys(docker.NAMES, ""), "red01": "its container is exited"} == seen


def test_a_node_boots_on_cgroup_v2(fleet: Fleet) -> None:
    """Most of today's hosts have it; where this one has not, a node gets the unified tree for itself.

    That tree has no controllers then, since cgroup v1 holds them; systemd needs none to boot.
    """
    if fleet.inside("red01", "stat -f -c %T /sys/fs/cgroup") == "cgroup2fs\n":
        return
    tree = f"nowfab-{secrets.token_hex(4)}"
    options = [
        "--cap-add=SYS_ADMIN",
        "--security-opt=seccomp=unconfined",
        "--security-opt=apparmor=unconfined",
    ]
    start = ["run", "--network=none", "--entrypoint=sh", *options]
    image = engine("inspect", "--format={{.Image}}", fleet.container("red01")).strip()
    move = f"mount -t cgroup2 none /mnt; mkdir /mnt/{tree}; echo $$ >/mnt/{tree}/cgroup.procs; umount /mnt"
    mount = "umount -R /sys/fs/cgroup; mount -t cgroup2 -o ro none /sys/fs/cgroup; exec become-node"
    words = ["--detach", "--tmpfs=/run", "--tmpfs=/run/lock", image, "-euc"]
    node = engine(*start, *words, f'{move}; exec unshare --cgroup sh -euc "{mount}"').strip()
    try:
        wait = "until systemctl -q is-active ssh; do sleep 0.1; done; systemctl is-system-running --wait"
        said = engine("exec", node, "timeout", "50", "sh", "-uc", f"{wait}; stat -f -c %T /sys/fs/cgroup")
    finally:
        engine("rm", "--force", "--volumes", node)
        clean = f"mount -t cgroup2 none /mnt; find /mnt/{tree} -depth -type d -exec rmdir {{}} +"
        engine(*start, "--rm", image, "-euc", clean)

    assert "running\ncgroup2fs\n" == said


def test_up_twice_is_refused(fleet: Fleet) -> None:
    """The second would replace the key of nodes that are in use."""
    with pytest.raises(FleetError, match="is up already"):
        docker.up(fleet.state, 1, PROJECT, ENVIRON)


def test_two_fleets_live_side_by_side_and_down_leaves_nothing(fleet: Fleet, tmp_path: Path) -> None:
    """CI and a person's own fleet may share an engine."""
    (other,) = docker.up(tmp_path / "state", 1, PROJECT, ENVIRON)
    both = (ssh(other, "hostname", *with_key(other)).stdout, other.port != fleet["red01"].port)
    mine = of_project(tmp_path / "state")
    docker.down(tmp_path / "state", ENVIRON)
    docker.down(tmp_path / "state", ENVIRON)
    left = engine("ps", "-aq", mine) + engine("network", "ls", "-q", mine)

    assert ("red01\n", True) == both
    assert ("", []) == (left, list((tmp_path / "state").iterdir()))


@pytest.mark.usefixtures("need_engine")
def test_a_fleet_that_cannot_start_leaves_nothing(tmp_path: Path) -> None:
    """Half a fleet would be in the way of the next one."""
    (tmp_path / "docker-compose.yml").write_text("services:\n  red01:\n    image: nowfab-no-such-image\n")
    with pytest.raises(FleetError):
        docker.up(tmp_path / "state", 1, tmp_path, ENVIRON)

    assert [] == list((tmp_path / "state").iterdir())


@pytest.mark.parametrize("nodes", [0, 6, -1])
def test_a_wrong_number_of_nodes_is_refused(tmp_path: Path, nodes: int) -> None:
    """The compose file has five."""
    with pytest.raises(FleetError, match="has 1 to 5 nodes"):
        docker.up(tmp_path / "state", nodes, PROJECT, ENVIRON)


@pytest.mark.parametrize("behind", [6, -1])
def test_a_wrong_number_of_nodes_behind_the_gateway_is_refused(tmp_path: Path, behind: int) -> None:
    """The compose file has five of these too."""
    with pytest.raises(FleetError, match="has 0 to 5 nodes behind red01"):
        docker.up(tmp_path / "state", 1, PROJECT, ENVIRON, behind)


def test_without_a_compose_file_the_error_says_where_it_is(tmp_path: Path) -> None:
    """An installed nowfab has no compose file: the sentence must lead on."""
    with pytest.raises(FleetError, match=r"no docker-compose.yml in .*source folder, or .* embedded"):
        docker.up(tmp_path / "state", 1, tmp_path, ENVIRON)


def test_without_a_docker_program_the_error_says_so(tmp_path: Path) -> None:
    """Most machines have none; the embedded fleet needs none."""
    assert "there is no `docker` program" in docker.why_not({"PATH": str(tmp_path)})


def test_an_engine_that_does_not_answer_is_told(tmp_path: Path) -> None:
    """A docker program without an engine is the second most frequent case."""
    docker_program = tmp_path / "docker"
    docker_program.write_text("#!/bin/sh\n[ $1 = compose ] || { echo Cannot connect >&2; exit 1; }\n")
    docker_program.chmod(0o700)

    expected = "`docker version` failed with 1: Cannot connect"
    assert expected == docker.why_not({"PATH": f"{tmp_path}:/usr/bin:/bin"})


def test_no_fleet_no_list(tmp_path: Path) -> None:
    """A folder without a fleet is not an empty fleet."""
    with pytest.raises(FleetError, match="no docker fleet in"):
        docker.ps(tmp_path, ENVIRON)

    docker.down(tmp_path, ENVIRON)
