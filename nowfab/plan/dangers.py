"""Tell which changes could cut us off from the node, by what they touch."""

from __future__ import annotations

import posixpath

from nowfab.blobs import Blob
from nowfab.plan import sshd_config
from nowfab.plan.changes import (
    Change,
    FetchLists,
    MakeFolder,
    Packages,
    RunArgv,
    SetSysctl,
    SetUnit,
    Upgrade,
    WriteFile,
    ends_all,
)
from nowfab.plan.questions import File, Folder

PATHS = (
    "/etc/ssh",
    "/etc/default/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/sudo.conf",
    "/etc/pam.d",
    "/etc/pam.conf",
    "/etc/security",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/gshadow",
    "/etc/shells",
    "/etc/login.defs",
    "/etc/nsswitch.conf",
    "/etc/hosts.allow",
    "/etc/hosts.deny",
    "/etc/nologin",
    "/etc/bash.bashrc",
    "/etc/csh.cshrc",
    "/etc/fish",
    "/etc/zsh",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/etc/NetworkManager",
    "/etc/network",
    "/etc/netplan",
    "/etc/systemd/network",
    "/etc/systemd/networkd.conf",
    "/etc/systemd/system.conf",
    "/etc/systemd/system.conf.d",
    "/etc/systemd/logind.conf",
    "/etc/systemd/logind.conf.d",
    "/etc/dhcpcd.conf",
    "/etc/dhcp",
    "/etc/iwd",
    "/etc/connman",
    "/etc/wpa_supplicant",
    "/etc/wireguard",
    "/etc/openvpn",
    "/etc/iproute2",
    "/etc/iptables",
    "/etc/nftables.conf",
    "/etc/nftables.d",
    "/etc/ufw",
    "/etc/default/ufw",
    "/etc/firewalld",
    "/etc/fail2ban",
    "/etc/hostapd",
    "/etc/default/hostapd",
    "/etc/default/networking",
    "/etc/dnsmasq.conf",
    "/etc/dnsmasq.d",
    "/etc/udev/rules.d",
    "/etc/modprobe.d",
    "/etc/modules",
    "/etc/modules-load.d",
    "/etc/sysctl.conf",
    "/etc/sysctl.d",
    "/home",
    "/root",
)
"""Files and folders without which nobody gets in, or becomes root; of homes only some of what is inside."""

HOMES = ("/home", "/root")

UNITS = (
    "ssh",
    "sshd",
    "networking",
    "ifup",
    "NetworkManager",
    "systemd-networkd",
    "systemd-resolved",
    "systemd-logind",
    "dbus",
    "dhcpcd",
    "wpa_supplicant",
    "iwd",
    "connman",
    "wg-quick",
    "openvpn",
    "tailscaled",
    "nftables",
    "netfilter-persistent",
    "iptables",
    "ufw",
    "firewalld",
    "fail2ban",
    "hostapd",
    "dnsmasq",
)
"""Units that carry our connection."""

FAMILIES = ("wpa_supplicant-", "dhcpcd-", "openvpn-")
"""How the names of more such units begin: `wpa_supplicant-nl80211@wlan0.service`."""

SSH = ("ssh", "sshd")
"""Those that do no harm when they are started."""

UNIT_FOLDERS = ("/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
"""Where units stand, and folders with more about them (systemd.unit(5))."""

PROGRAM_FOLDERS = ("bin", "sbin")

PROGRAMS = ("sshd", "sudo", "sh", "bash", "dash", "env", "python3")
"""Programs that every login of nowfab runs, wherever PATH finds them first."""

PACKAGES = (
    "openssh-server",
    "sudo",
    "python3",
    "python3-minimal",
    "network-manager",
    "dhcpcd",
    "dhcpcd5",
    "dhcpcd-base",
    "ifupdown",
    "netplan.io",
    "wpasupplicant",
    "iwd",
    "iproute2",
    "systemd",
    "systemd-sysv",
    "dbus",
    "firmware-brcm80211",
)
"""Packages without which nobody gets in, or nowfab has nothing to talk to."""

KEYS = ("net.", "net/")
"""How kernel parameters of the network begin, written either way (sysctl(8))."""

COMMANDS = (
    "nft",
    "iptables",
    "ip6tables",
    "iptables-restore",
    "ip6tables-restore",
    "ufw",
    "firewall-cmd",
    "ip",
    "ifconfig",
    "route",
    "ifup",
    "ifdown",
    "tc",
    "nmcli",
    "netplan",
    "wpa_cli",
    "iw",
    "iwconfig",
    "rfkill",
    "dhclient",
    "dhcpcd",
    "wg",
    "wg-quick",
)
"""Programs that change the network or the firewall; without an undo nothing takes that back."""

INSIDE_HOME = (".ssh", ".bashrc", ".zshenv", ".cshrc", ".tcshrc", ".pam_environment")
"""What of a home decides about logins, or is read by a shell that sshd starts for a command."""

_STEMS = tuple(name.rstrip("0123456789.") for name in PROGRAMS)
_FOLDERS = tuple(f"{path}/" for path in PATHS if path not in HOMES)
_SYSTEM = ("/bin", "/sbin", "/lib", "/usr/bin", "/usr/sbin", "/usr/lib")
_KNOWN = tuple(f"{path}/" for path in (*PATHS, *UNIT_FOLDERS, *_SYSTEM))


def endangers(change: Change) -> bool:
    """Say whether the change may end our way to the node.

    A program may do anything; one that has an undo is guarded, and of those that have none only
    those count whose one purpose is known. Nor can the removal of a package be taken back. An upgrade
    brings what the distribution has tried.
    """
    match change:
        case Packages():
            return any(name.partition(":")[0] in PACKAGES for name in change.remove)
        case FetchLists() | Upgrade():
            return False
        case RunArgv():
            return change.undo is not None or ends_all(change) or _named(change) in COMMANDS
        case SetUnit():
            starts = not (change.restart or change.running is False or change.enabled is False)
            return ends_all(change) or (_unit(change.name) and not (starts and _stem(change.name) in SSH))
        case SetSysctl():
            return change.key.startswith(KEYS)
        case _:
            return path_endangers(change.path) or _above(change)


def _named(change: RunArgv) -> str:
    return posixpath.basename(change.argv[0])


def closes_passwords(change: Change) -> bool:
    """Say whether the change turns off logins by password: then a key must let us in before it is made."""
    if not isinstance(change, WriteFile) or not f"{change.path}/".startswith(sshd_config.PLACES):
        return False
    was = change.was.content if isinstance(change.was, File) else None
    now, before = (sshd_config.without_passwords(_text(content)) for content in (change.content, was))
    return bool(now - before)


def _text(content: Blob | None) -> str:
    return content.head(content.size).decode("utf-8", "replace") if content else ""


def path_endangers(path: str) -> bool:
    """Say whether what stands at a path decides about our way to the node."""
    folder, _, name = path.rpartition("/")
    if f"{path}/".startswith(_FOLDERS) or any(part in INSIDE_HOME for part in path.split("/")):
        return True
    if "/.config/fish/" in path:
        return True
    if path in HOMES or folder == "/home":  # sshd's StrictModes looks at them
        return True
    if posixpath.basename(folder) in PROGRAM_FOLDERS and name.rstrip("0123456789.") in _STEMS:
        return True
    return any(_unit(each) for each in (name, folder.rpartition("/")[2]) if path.startswith(UNIT_FOLDERS))


def folder_endangers(folder: str) -> bool:
    """Say whether a folder, or anything that may be in it, decides about our way to the node."""
    return path_endangers(folder) or _holds(folder)


def _above(change: Change) -> bool:
    """Say whether the change is of a folder above what counts: closing or replacing it closes that too."""
    if isinstance(change, MakeFolder) and not isinstance(change.was, Folder):
        return False
    return _holds(getattr(change, "path", ""))


def _holds(folder: str) -> bool:
    return any(known.startswith(f"{folder.rstrip('/')}/") for known in _KNOWN)


def _unit(name: str) -> bool:
    stem = _stem(name)
    return stem in UNITS or stem.startswith(FAMILIES)


def _stem(name: str) -> str:
    """Give a unit's name without its kind and instance."""
    return name.partition(".")[0].partition("@")[0]
