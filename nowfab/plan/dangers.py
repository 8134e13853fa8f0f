"""Tell which changes could cut us off from the node, by what they touch."""

from __future__ import annotations

from nowfab.plan.changes import Change, Packages, RunArgv, SetSysctl, SetUnit

PATHS = (
    "/etc/ssh",
    "/etc/default/ssh",
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
    "/etc/bash.bashrc",
    "/etc/zsh",
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
    "/etc/default/ufw",
    "/etc/firewalld",
    "/etc/hostapd",
    "/etc/udev/rules.d",
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

SSH = ("ssh", "sshd")
"""Those that do no harm when they are started."""

UNIT_FOLDERS = ("/etc/systemd/system", "/lib/systemd/system", "/usr/lib/systemd/system")
"""Where units stand, and folders with more about them (systemd.unit(5))."""

PACKAGES = (
    "openssh-server",
    "sudo",
    "python3",
    "python3-minimal",
    "network-manager",
    "dhcpcd",
    "dhcpcd5",
    "ifupdown",
    "netplan.io",
    "wpasupplicant",
    "systemd",
    "systemd-sysv",
    "firmware-brcm80211",
)
"""Packages without which nobody gets in, or nowfab has nothing to talk to."""

KEYS = "net."
"""How kernel parameters of the network begin (sysctl(8))."""

INSIDE_HOME = (".ssh", ".bashrc", ".zshenv", ".cshrc", ".tcshrc", ".pam_environment")
"""What of a home decides about logins, or is read by a shell that sshd starts for a command."""


def endangers(change: Change) -> bool:
    """Say whether the change may end our way to the node.

    A program may do anything; one that has an undo is guarded, one without cannot be. Nor can the
    removal of a package.
    """
    match change:
        case Packages():
            return any(name in PACKAGES for name in change.remove)
        case RunArgv():
            return change.undo is not None
        case SetUnit():
            starts = not (change.restart or change.running is False or change.enabled is False)
            return _unit(change.name) and not (starts and _stem(change.name) in SSH)
        case SetSysctl():
            return change.key.startswith(KEYS)
        case _:
            return _path(change.path)


def _path(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    if f"{path}/".startswith(_FOLDERS) or any(part in INSIDE_HOME for part in path.split("/")):
        return True
    if path in ("/home", "/root") or folder == "/home":  # sshd's StrictModes looks at them
        return True
    return any(_unit(each) for each in (name, folder.rpartition("/")[2]) if path.startswith(UNIT_FOLDERS))


def _unit(name: str) -> bool:
    return _stem(name) in UNITS


def _stem(name: str) -> str:
    """Give a unit's name without its kind and instance."""
    return name.partition(".")[0].partition("@")[0]
