"""Ask a node's shell for what its files and programs say, and cut the answer into sections.

The answer is text: a section's name begins in the first column, its lines behind one space, so that
no line of a file can be taken for the next name. It begins with BEGIN and ends with END; what a login
script says around it is left out. The script needs a POSIX sh and sed, and leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

BEGIN = "nowfab-facts-1"
END = "end"

LONGEST = 256 * 1024
"""Bytes of an answer that are read; an honest one has 4 KiB."""

Sections = Mapping[str, tuple[str, ...]]

_FRAME = """\
LC_ALL=C; export LC_ALL
PATH=$PATH:/usr/sbin:/sbin:/opt/vc/bin
put() { printf '\\n%s\\n' "$1"; sed 's/^/ /'; }
file() { if [ -r "$2" ]; then put "$1" <"$2"; fi; }
said() {
  name=$1; shift
  if answer=$("$@" 2>/dev/null </dev/null); then printf '%s\\n' "$answer" | put "$name"; fi
}
"""

_ASKS = {
    "model": "file model ROOT/proc/device-tree/model",
    "product": "file product ROOT/sys/class/dmi/id/product_name",
    "os": "file os ROOT/etc/os-release; [ -r ROOT/etc/os-release ] || file os ROOT/usr/lib/os-release",
    "kernel": "said kernel uname -r",
    "machine": "said machine uname -m",
    "bits": "said bits getconf LONG_BIT",
    "packages": "said packages dpkg --print-architecture",
    "cpus": "file cpus ROOT/sys/devices/system/cpu/online",
    "memory": "file memory ROOT/proc/meminfo",
    "disk": "said disk df -Pk ROOT/",
    "python": "said python python3 -V",
    "network": "[ ! -d ROOT/run/systemd/system ] || "
    "{ systemctl is-active UNITS 2>/dev/null || :; } | put network",
    "uptime": "file uptime ROOT/proc/uptime",
    "stat": "sed -n '/^btime /p' ROOT/proc/stat 2>/dev/null | put stat",
    "load": "file load ROOT/proc/loadavg",
    "heat": "for zone in ROOT/sys/class/thermal/thermal_zone*; do "
    'if read -r type <"$zone/type" && read -r heat <"$zone/temp"; then echo "$heat $type"; fi; '
    "done 2>/dev/null | put heat",
    "throttled": "said throttled vcgencmd get_throttled",
    "required": "if [ -e ROOT/run/reboot-required ]; then echo yes | put required; fi",
    "modules": "said modules ls ROOT/lib/modules",
    "failed": "[ ! -d ROOT/run/systemd/system ] || "
    "said failed systemctl list-units --state=failed --no-legend --plain --no-pager",
}
"""How each section is got; one that a node does not have is left out, and so is unknown."""

NETWORKS = ("NetworkManager", "systemd-networkd", "dhcpcd", "networking")
"""The units that may see to a node's network; the last one is ifupdown's."""


def script(sections: Iterable[str], root: str = "") -> str:
    """Give the shell script that says these sections; `root` is a folder with the files of another node."""
    asks = [_ASKS[name].replace("ROOT", root).replace("UNITS", " ".join(NETWORKS)) for name in sections]
    return "\n".join([f"{_FRAME}printf '\\n%s\\n' {BEGIN}", *asks, f"printf '\\n%s\\n' {END}", "exit 0"])


def cut(answer: bytes) -> Sections | None:
    """Cut an answer into its sections, each as lines that are not empty; None when it is not whole."""
    lines = answer.replace(b"\0", b"").decode("utf-8", "backslashreplace").split("\n")
    try:
        lines = lines[lines.index(BEGIN) + 1 :]
        lines = lines[: lines.index(END)]
    except ValueError:
        return None
    sections: dict[str, list[str]] = {}
    name = ""
    for line in lines:
        if line.startswith(" "):
            sections.setdefault(name, []).append(line[1:])
        elif line:
            name = line
            sections.setdefault(name, [])
    return {name: tuple(filter(None, map(str.strip, told))) for name, told in sections.items()}
