"""Groups go over to other tools whole, and what a format cannot hold is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nowfab import inventory
from nowfab.exchange import gather, write
from nowfab.exchange.roster import Roster
from nowfab.groups import Source

CLUSTERS = """\
red red01 pi@red02
blue red h{1..2}:22 fe80::1
web-1 bob@red
"""
NODES = """\
nodes:
  red01: {address: 10.0.0.1, user: ada, port: 2200, identity: ~/.ssh/pi}
  h1: {address: 192.168.50.2, via: red01}
"""


def roster(clusters: str = CLUSTERS, nodes: str | None = NODES) -> Roster:
    known = inventory.build([Source("c", clusters)], (nodes and ("nodes.yaml", nodes)) or None)
    return gather.roster(known, inventory.groups(known))


def written(to: str, clusters: str = CLUSTERS) -> str:
    return write.write(roster(clusters), to)[0][""]


def lost(to: str) -> str:
    return "; ".join(write.write(roster(), to)[1])


def run(*argv: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a tool that is really there."""
    if shutil.which(str(argv[0])) is None:
        pytest.skip(f"{argv[0]} is not installed")
    env = {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment}
    return subprocess.run(list(map(str, argv)), env=env, capture_output=True, text=True, timeout=60)


def test_clusterssh_has_groups_within_groups_users_and_ports() -> None:
    assert ("red ada@red01:2200 pi@red02\nblue red h1:22 h2:22 fe80::1\nweb-1 bob@red\n") == written(
        "clusterssh"
    )
    assert "addresses: red01,h1; gateways: h1; keys: red01" == lost("clusterssh")


def test_what_all_readers_of_such_files_understand_is_plain() -> None:
    """csshX wants each group in one line, and tmux-cluster knows neither ranges nor groups in groups."""
    assert "ada@red01 pi@red02 h1 h2 fe80::1" in written("clusterssh-portable")
    assert "groups within groups; their members are written out: blue, web-1" in lost("clusterssh-portable")
    assert "ports: red01,h[1-2]" in lost("clusterssh-portable")


def test_dsh_has_a_file_for_each_group() -> None:
    files, _ = write.write(roster(), "dsh")

    assert ["red", "blue", "web-1"] == list(files)
    assert "ada@red01\npi@red02\n" == files["red"]
    assert "bob@red01\nbob@red02\n" == files["web-1"]


def test_pssh_has_hosts_only() -> None:
    assert "ada@red01:2200\npi@red02\nh1:22\nh2:22\nfe80::1\n" == written("pssh")
    assert "groups: red, blue, web-1" in lost("pssh")


def test_hosts_has_the_nodes_with_an_address() -> None:
    assert "10.0.0.1 red01\n192.168.50.2 h1\n" == written("hosts")
    assert "nodes without an address: red02,h2,fe80::1" in lost("hosts")


def test_a_user_who_differs_from_group_to_group_is_told_where_a_host_has_one() -> None:
    assert "more than one user or port of a host: red[01-02]" in lost("genders")


def test_no_format_loses_anything_of_a_plain_group() -> None:
    """A warning at each export would be read by nobody."""
    plain = roster("red red01 red02\n", None)

    told = {to for to in write.FORMATS if write.write(plain, to)[1]}
    assert {"pssh", "ssh-config", "hosts"} == told


def test_groups_that_meet_again_are_unfolded_once() -> None:
    """Each of fifty levels names the next one twice, as two users: 2**50 ways lead down."""
    levels = "".join(f"g{level} g{level + 1} pi@g{level + 1}\n" for level in range(50))

    assert "g0 red09 pi@red09\n" in written("clusterssh-portable", f"{levels}g50 red09\n")


def test_the_real_cssh_reads_the_export(tmp_path: Path) -> None:
    perl = Path(__file__).parent.parent / "groups" / "clusterssh" / "resolve.pl"
    (tmp_path / "clusters").write_text(written("clusterssh"))
    (tmp_path / "tags").write_text("")
    if shutil.which("cssh") is None:
        pytest.skip("cssh is not installed")
    answer = subprocess.run(
        ["perl", perl],
        input=f"5 {tmp_path}\n",
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "AUTHOR_TESTING": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    said = json.loads(answer.stdout)

    assert [] == said["odd"]
    assert ["ada@red01:2200", "pi@red02"] == sorted(said["tags"]["red"])
    assert ["bob@red01:2200", "bob@red02"] == sorted(said["tags"]["web-1"])


def test_nodeset_reads_the_export(tmp_path: Path) -> None:
    folder = tmp_path / "groups.d"
    folder.mkdir()
    (folder / "nowfab.yaml").write_text(written("clustershell"))
    (tmp_path / "groups.conf").write_text(f"[Main]\ndefault: nowfab\nautodir: {folder}\n")
    nodeset = Path(sys.executable).parent / "nodeset"
    environment = {"CLUSTERSHELL_CFGDIR": str(tmp_path)}

    assert "h[1-2] red[01-02]" == " ".join(
        sorted(run(nodeset, "-f", "@blue", **environment).stdout.strip().split(","))
    )
    assert "red01 red02" == run(nodeset, "-e", "@web-1", **environment).stdout.strip()


def test_nodeattr_accepts_the_export(tmp_path: Path) -> None:
    path = tmp_path / "genders"
    path.write_text(written("genders"))

    checked = run("nodeattr", "-f", path, "-k")
    assert 0 == checked.returncode, checked.stdout + checked.stderr
    assert "red01,red02" == run("nodeattr", "-f", path, "-c", "red").stdout.strip()
    assert "2200" == run("nodeattr", "-f", path, "-v", "red01", "port").stdout.strip()


def test_ansible_reads_the_export(tmp_path: Path) -> None:
    path = tmp_path / "inventory.yaml"
    path.write_text(written("ansible", CLUSTERS + "all red h9\nbig all\n"))
    listed = run("ansible-inventory", "-i", path, "--list", ANSIBLE_LOCALHOST_WARNING="False")
    assert 0 == listed.returncode, listed.stderr
    said = json.loads(listed.stdout)

    assert ["red01", "red02"] == sorted(said["red"]["hosts"])
    assert ["red"] == said["blue"]["children"]
    assert ["h9", "red01", "red02"] == sorted(said["big"]["hosts"])
    red01, h1 = (said["_meta"]["hostvars"][name] for name in ("red01", "h1"))
    assert ("10.0.0.1", "ada", 2200) == (red01["ansible_host"], red01["ansible_user"], red01["ansible_port"])
    assert "-o ProxyJump=red01" == h1["ansible_ssh_common_args"]


def test_ssh_shows_what_the_export_says(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text(written("ssh-config"))
    said = run("ssh", "-G", "-F", path, "red01").stdout.splitlines()
    behind = run("ssh", "-G", "-F", path, "h1").stdout.splitlines()

    assert {"hostname 10.0.0.1", "user ada", "port 2200", "identityfile ~/.ssh/pi"} <= set(said)
    assert {"hostname 192.168.50.2", "port 22", "proxyjump red01"} <= set(behind)
