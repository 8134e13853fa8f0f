"""What could cut us off is told by what it touches, not by whoever wrote the plan."""

from __future__ import annotations

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import (
    Change,
    MakeFolder,
    MakeLink,
    Packages,
    RemovePath,
    RunArgv,
    SetSysctl,
    SetUnit,
    WriteFile,
)
from nowfab.plan.dangers import closes_passwords, endangers
from nowfab.plan.questions import Absent, File, Folder, Package, Sysctl, Unit


def _write(path: str) -> Change:
    return WriteFile(path, MemoryBlob(b""), 0o644, "root", "root", Absent())


DANGEROUS: dict[str, Change] = {
    "sshd's own file": _write("/etc/ssh/sshd_config"),
    "a drop-in of sshd": _write("/etc/ssh/sshd_config.d/90-keys.conf"),
    "sudo": _write("/etc/sudoers.d/pi"),
    "a connection of NetworkManager": _write("/etc/NetworkManager/system-connections/eth0.nmconnection"),
    "dhcpcd": _write("/etc/dhcpcd.conf"),
    "the keys of a user": _write("/home/pi/.ssh/authorized_keys"),
    "the folder of the keys": MakeFolder("/home/pi/.ssh", 0o755, "root", "root", Absent()),
    "removing the firewall's rules": RemovePath("/etc/nftables.conf", Absent()),
    "a link instead of the network": MakeLink("/etc/network/interfaces", "/dev/null", Absent()),
    "restarting sshd": SetUnit("ssh", Unit("enabled", "active"), restart=True),
    "stopping the network": SetUnit("NetworkManager.service", Unit("enabled", "active"), running=False),
    "an instance of a unit": SetUnit(
        "wpa_supplicant@wlan0.service", Unit("enabled", "active"), enabled=False
    ),
    "starting a firewall": SetUnit("ufw", Unit("disabled", "inactive"), running=True),
    "sshd's own unit": _write("/etc/systemd/system/ssh.service"),
    "more about sshd's unit": _write("/etc/systemd/system/ssh.service.d/10-port.conf"),
    "a home that anybody may write to": MakeFolder("/home/pi", 0o777, "pi", "pi", Absent()),
    "what bash reads for each command": _write("/home/pi/.bashrc"),
    "removing sshd": Packages((), ("openssh-server",), (("openssh-server", Package("1")),)),
    "forwarding": SetSysctl("net.ipv4.ip_forward", "1", Sysctl("0")),
    "forwarding, written the other way": SetSysctl("net/ipv4/ip_forward", "1", Sysctl("0")),
    "removing sshd of another architecture": Packages(
        (), ("openssh-server:armhf",), (("openssh-server:armhf", Package("1")),)
    ),
    "closing a folder above": MakeFolder("/etc", 0o700, "root", "root", Folder(0o755, "root", "root")),
    "a link in place of a folder above": MakeLink("/usr/lib", "/srv/lib", Absent()),
    "closing the root": MakeFolder("/", 0o700, "root", "root", Folder(0o755, "root", "root")),
    "another python in PATH": _write("/usr/local/bin/python3"),
    "another shell": MakeLink("/bin/sh", "zsh", Absent()),
    "what fish reads for each command": _write("/home/pi/.config/fish/config.fish"),
    "what is loaded into each program": _write("/etc/ld.so.preload"),
    "a family of units": SetUnit(
        "wpa_supplicant-nl80211@wlan0.service", Unit("enabled", "active"), restart=True
    ),
    "who gives leases": SetUnit("dnsmasq", Unit("enabled", "active"), running=False),
    "turning the node off": SetUnit("poweroff.target", Unit("static", "inactive"), running=True),
    "starting the node anew": RunArgv(("systemctl", "reboot")),
    "a firewall without an undo": RunArgv(("/usr/sbin/nft", "-f", "/etc/x.nft")),
    "a program that can be undone": RunArgv(("ip", "link"), undo=("ip", "link")),
}

HARMLESS: dict[str, Change] = {
    "a message": _write("/etc/motd"),
    "what only looks like it": _write("/etc/sshd-notes"),
    "a package": Packages(("openssh-server",), (), (("openssh-server", Package()),)),
    "starting sshd": SetUnit("ssh", Unit("disabled", "inactive"), enabled=True, running=True),
    "restarting something else": SetUnit("nginx", Unit("enabled", "active"), restart=True),
    "a unit of somebody's own": _write("/etc/systemd/system/page.service"),
    "a file in a home": _write("/home/pi/notes"),
    "removing something else": Packages((), ("tmux",), (("tmux", Package("1")),)),
    "memory": SetSysctl("vm.swappiness", "1", Sysctl("60")),
    "a new folder": MakeFolder("/etc/page", 0o700, "root", "root", Absent()),
    "another program in PATH": _write("/usr/local/bin/page"),
    "what is called like a tool": _write("/srv/python3"),
    "removing what begins alike": Packages((), ("sudoku:armhf",), (("sudoku:armhf", Package("1")),)),
    "a target that ends nothing": SetUnit("page.target", Unit("static", "inactive"), running=True),
    "a program that nobody can undo": RunArgv(("make",)),
}


@pytest.mark.parametrize("what", DANGEROUS)
def test_what_could_cut_us_off_is_guarded(what: str) -> None:
    assert endangers(DANGEROUS[what])


@pytest.mark.parametrize("what", HARMLESS)
def test_what_could_not_is_left_alone(what: str) -> None:
    """A guard costs a timer and a second connection."""
    assert not endangers(HARMLESS[what])


DROP_IN = "/etc/ssh/sshd_config.d/x.conf"
OFF = b"x y\n  passwordauthentication=No # for all\n"
CLOSING: dict[str, tuple[str, bytes, bytes | None, bool]] = {
    "a new drop-in": (DROP_IN, OFF, None, True),
    "in sshd's own file": ("/etc/ssh/sshd_config", OFF, b"PasswordAuthentication yes\n", True),
    "in quotation marks": (DROP_IN, b'PasswordAuthentication "no"\n', None, True),
    "with a comment behind a tab": (DROP_IN, b"PasswordAuthentication no\t# for all\n", None, True),
    "for some only": (DROP_IN, b"Match User x\n" + OFF, None, True),
    "for some before, for all now": (DROP_IN, OFF, b"Match User x\n" + OFF, True),
    "as it was": (DROP_IN, OFF + b"Port 22\n", OFF, False),
    "on": (DROP_IN, b"PasswordAuthentication yes\n", OFF, False),
    "a comment": (DROP_IN, b"#PasswordAuthentication no\n", None, False),
    "nothing of sshd's": ("/etc/ssh/ssh_config", OFF, None, False),
}


@pytest.mark.parametrize("what", CLOSING)
def test_what_turns_passwords_off_is_known_by_what_it_says(what: str) -> None:
    """Whoever wrote the plan, and with whichever step: a key is tried first."""
    path, now, before, expected = CLOSING[what]
    old = MemoryBlob(before or b"")
    was = Absent() if before is None else File(old.sha256, 0o644, "root", "root", old)

    assert expected == closes_passwords(WriteFile(path, MemoryBlob(now), 0o644, "root", "root", was))
    assert not closes_passwords(RemovePath(path, was))
