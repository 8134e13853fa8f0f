"""Tell which changes could cut us off from the node, by what they touch."""

from __future__ import annotations

from nowfab.plan.changes import Change, Packages, RunArgv, SetSysctl, SetUnit

PATHS = (
    "/etc/ssh",
    "/etc/sudoers",
    "/etc/sudoers.d",
    "/etc/pam.d",
    "/etc/pam.conf",
    "/etc/security",
    "/etc/passwd",
    "/etc/shadow",
    "/etc/group",
    "/etc/shells",
    "/etc/nsswitch.conf",
    "/etc/hosts.allow",
    "/etc/hosts.deny",
    "/etc/nologin",
    "/etc/NetworkManager",
    "/etc/network",
    "/etc/netplan",
    "/etc/systemd/network",
    "/etc/dhcpcd.conf",
    "/etc/dhcp",
    "/etc/wpa_supplicant",
    "/etc/iptables",
    "/etc/nftables.conf",
    "/etc/nftables.d",
    "/etc/ufw",
    "/etc/modprobe.d",
    "/etc/sysctl.conf",
    "/etc/sysctl.d",
)
"""Files and folders without which nobody gets in, or becomes root."""

_FOLDERS = tuple(f"{path}/" for path in PATHS)

UNITS = (
    "ssh",
    "sshd",
    "networking",
    "NetworkManager",
    "systemd-networkd",
    "systemd-resolved",
    "dhcpcd",
    "wpa_supplicant",
    "nftables",
    "netfilter-persistent",
    "iptables",
    "ufw",
    "firewalld",
    "hostapd",
)
"""Units that carry our connection."""

KEYS = "net."
"""How kernel parameters of the network begin (sysctl(8))."""

INSIDE_HOME = (".ssh",)
"""Folders of a home that decide about logins."""


def endangers(change: Change) -> bool:
    """Say whether the change may end our way to the node.

    A program may do anything; one that has an undo is guarded, one without cannot be.
    """
    match change:
        case Packages():
            return False
        case RunArgv():
            return change.undo is not None
        case SetUnit():
            return _unit(change.name) and (
                change.restart or change.running is False or change.enabled is False
            )
        case SetSysctl():
            return change.key.startswith(KEYS)
        case _:
            return _path(change.path)


def _path(path: str) -> bool:
    return f"{path}/".startswith(_FOLDERS) or any(part in INSIDE_HOME for part in path.split("/"))


def _unit(name: str) -> bool:
    return name.partition(".")[0].partition("@")[0] in UNITS
