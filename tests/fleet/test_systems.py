"""Practice nodes of each system have what Raspberry Pi OS of that age has, as far as nowfab looks there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from nowfab.errors import FleetError
from nowfab.fleet import docker
from tests.fleet.practice import ENVIRON, PROJECT, Fleet, nowfab, ssh, with_key

pytestmark = pytest.mark.timeout(900)
"""The first fleet on a machine builds its images."""

FACTS = r"""
. /etc/os-release; echo "system $VERSION_CODENAME"
echo "python $(python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
echo "systemd $(systemctl --version | sed -n '1s/systemd \([0-9]*\).*/\1/p')"
for unit in NetworkManager dhcpcd; do echo "$unit $(systemctl is-active $unit)"; done
for program in nmcli dhcpcd dnsmasq nft iptables; do echo "$program $(command -v $program)"; done
echo "include $(grep -c '^Include' /etc/ssh/sshd_config)"
echo "drop-ins $(ls -d /etc/ssh/sshd_config.d)"
echo "state $(systemctl is-system-running --wait)"
"""
BOOKWORM = """\
system bookworm
python 3.11
systemd 252
NetworkManager active
dhcpcd inactive
nmcli /usr/bin/nmcli
dhcpcd \n\
dnsmasq /usr/sbin/dnsmasq
nft /usr/sbin/nft
iptables \n\
include 1
drop-ins /etc/ssh/sshd_config.d
state running
"""
BULLSEYE = """\
system bullseye
python 3.9
systemd 247
NetworkManager inactive
dhcpcd active
nmcli \n\
dhcpcd /usr/sbin/dhcpcd
dnsmasq \n\
nft \n\
iptables /usr/sbin/iptables
include 0
drop-ins \n\
state running
"""

KEYFILE = """
cat >/etc/NetworkManager/system-connections/lab.nmconnection <<END
[connection]
id=lab
type=ethernet
interface-name=lab0
[ipv4]
method=manual
address1=10.99.0.2/24
[ipv6]
method=disabled
END
chmod 600 /etc/NetworkManager/system-connections/lab.nmconnection
nmcli connection reload
nmcli --wait 30 connection up lab
"""
"""An address as Raspberry Pi OS 12 keeps it."""

IN_DHCPCD_CONF = """
mount -o remount,bind,rw /proc/sys
cp -p /etc/dhcpcd.conf /root/dhcpcd.conf
printf 'interface lab0\nstatic ip_address=10.99.0.2/24\n' >>/etc/dhcpcd.conf
systemctl restart dhcpcd
"""
"""An address as Raspberry Pi OS 11 keeps it; dhcpcd sets kernel parameters of the interface too."""

AWAY = """
ip link del lab0
rm -f /etc/NetworkManager/system-connections/lab.nmconnection && nmcli connection reload
mv /root/dhcpcd.conf /etc/dhcpcd.conf && systemctl restart dhcpcd
mount -o remount,bind,ro /proc/sys
"""
SHOWN = "ip -o -4 address show lab0 | grep -o '10[0-9.]*/24' || true"


@pytest.fixture
def wired(either: Fleet) -> Iterator[Fleet]:
    """red02, with one network interface more, whose cable is plugged in."""
    was = either.inside("red02", "ip -o address show eth0; ip route; cat /etc/resolv.conf")
    either.inside(
        "red02", "ip link add lab0 type veth peer name lab1; ip link set lab1 up; ip link set lab0 up"
    )
    yield either
    either.inside("red02", f"({AWAY}) >/dev/null 2>&1 || true")

    assert was == either.inside("red02", "ip -o address show eth0; ip route; cat /etc/resolv.conf")


def test_a_node_has_what_its_system_has(either: Fleet) -> None:
    """What a step does is decided by such facts: a fleet that is vague about them proves nothing."""
    said = either.inside("red02", f"({FACTS}) 2>/dev/null || true")

    assert {"bookworm": BOOKWORM, "bullseye": BULLSEYE}[either.system] == said


def test_what_has_the_network_gives_an_interface_its_address(wired: Fleet) -> None:
    """NetworkManager and dhcpcd really work, and let the engine's own interface be."""
    wired.inside("red02", {"bookworm": KEYFILE, "bullseye": IN_DHCPCD_CONF}[wired.system])
    for_it = f"for i in $(seq 100); do {SHOWN} | grep . && exit; sleep 0.1; done"

    assert "10.99.0.2/24\n" == wired.inside("red02", for_it)


def test_both_ways_in_and_up_work_on_each_system(either: Fleet) -> None:
    """red04 takes a password and red05's sudo asks for one, wherever sshd keeps its settings."""
    login = ssh(either["red04"], "true", "-oPreferredAuthentications=none", "-oBatchMode=yes")
    asks = ssh(either["red05"], "sudo -n id -un", *with_key(either["red05"]))
    told = ssh(
        either["red05"], "sudo -S -p '' id -un", *with_key(either["red05"]), stdin=either.password("red05")
    )

    assert "(publickey,password)" in login.stderr
    assert (1, "root\n") == (asks.returncode, told.stdout)


def test_a_person_s_own_fleet_has_the_system_that_they_name(need_engine: None, tmp_path: Path) -> None:
    """Started, asked and ended as docs/tutorial.md has it."""
    try:
        up = nowfab(tmp_path, "fleet.up", "--kind", "docker", "--os", "bullseye", "--nodes", "1")
        assert 0 == up.returncode, up.stderr
        said = nowfab(tmp_path, "run", "grep VERSION_CODENAME /etc/os-release", "-w", "red01")
    finally:
        nowfab(tmp_path, "fleet.down")

    assert "VERSION_CODENAME=bullseye" in said.stdout


def test_an_unknown_system_is_refused(tmp_path: Path) -> None:
    """The error names what there is; nothing was started."""
    with pytest.raises(FleetError, match="docker nodes have bookworm or bullseye, not `trixie`"):
        docker.up(tmp_path / "state", 1, PROJECT, ENVIRON, system="trixie")
