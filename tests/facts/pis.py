"""Hold what Raspberry Pis of several models and releases say of themselves, file by file.

Names, numbers and forms are those that Raspberry Pi OS shows: the device tree ends in a NUL, the df of
older releases names /dev/root, get_throttled is as
https://www.raspberrypi.com/documentation/computers/os.html#get_throttled documents it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

RASPBIAN = """\
PRETTY_NAME="Raspbian GNU/Linux {number} ({name})"
NAME="Raspbian GNU/Linux"
VERSION_ID="{number}"
VERSION="{number} ({name})"
{code}ID=raspbian
ID_LIKE=debian
HOME_URL="http://www.raspbian.org/"
SUPPORT_URL="http://www.raspbian.org/RaspbianForums"
BUG_REPORT_URL="http://www.raspbian.org/RaspbianBugs"
"""
DEBIAN = """\
PRETTY_NAME="Debian GNU/Linux {number} ({name})"
NAME="Debian GNU/Linux"
VERSION_ID="{number}"
VERSION="{number} ({name})"
VERSION_CODENAME={name}
{more}ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""
MEMORY = """\
MemTotal:       {total:8} kB
MemFree:        {free:8} kB
MemAvailable:   {available:8} kB
Buffers:           41544 kB
Cached:           392764 kB
SwapTotal:        102396 kB
CmaTotal:         262144 kB
"""
DF = """\
Filesystem     1024-blocks     Used Available Capacity Mounted on
{device}          {size} {used}  {free}      19% /
"""


@dataclass(frozen=True)
class Pi:
    """A node's files under their paths, and what its programs print."""

    files: dict[str, str]
    programs: dict[str, str]
    folders: tuple[str, ...] = ("run/systemd/system",)
    failing: dict[str, str] = field(default_factory=dict)

    def make(self, root: Path, bin: Path) -> None:
        """Lay it out below `root`, its programs in `bin`."""
        for name in self.folders:
            (root / name).mkdir(parents=True, exist_ok=True)
        for name, text in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
        bin.mkdir(exist_ok=True)
        for code, programs in ((0, self.programs), (1, self.failing)):
            for name, text in programs.items():
                path = bin / name
                path.write_text(f"#!/bin/sh\n{text}\nexit {code}\n")
                path.chmod(0o755)


def said(text: str) -> str:
    """Give the body of a program that prints this."""
    return f"cat <<'THAT'\n{text}\nTHAT"


def systemctl(active: tuple[str, ...], failed: str = "") -> str:
    """Give a systemctl that knows which units are active, and prints failed ones as they are listed."""
    known = "|".join(active) or "none"
    return f"""\
if [ "$1" = list-units ]; then printf '%s' '{failed}'; exit 0; fi
shift; worst=3
for unit in "$@"; do case $unit in {known}) echo active; worst=0;; *) echo inactive;; esac; done
exit $worst"""


def uname(release: str, machine: str) -> str:
    return f'case "$1" in -r) echo {release};; -m) echo {machine};; esac'


def zone(kind: str, heat: str) -> dict[str, str]:
    folder = "sys/class/thermal/thermal_zone0"
    return {f"{folder}/type": f"{kind}\n", f"{folder}/temp": f"{heat}\n"}


PI_3 = Pi(
    {
        "proc/device-tree/model": "Raspberry Pi 3 Model B Plus Rev 1.3\0",
        "etc/os-release": RASPBIAN.format(number=11, name="bullseye", code="VERSION_CODENAME=bullseye\n"),
        "proc/meminfo": MEMORY.format(total=945512, free=512340, available=756410),
        "proc/uptime": "273845.11 1083511.97\n",
        "proc/loadavg": "0.08 0.03 0.01 1/151 2113\n",
        "proc/stat": "cpu  1 2 3 4 5 6 7 0 0 0\nbtime 1795000000\nprocesses 2113\n",
        "sys/devices/system/cpu/online": "0-3\n",
        **zone("cpu-thermal", "51540"),
    },
    {
        "uname": uname("6.1.21-v7+", "armv7l"),
        "getconf": "echo 32",
        "dpkg": "echo armhf",
        "python3": "echo Python 3.9.2",
        "df": said(DF.format(device="/dev/root", size=30358988, used=5313176, free=23773856)),
        "vcgencmd": said("throttled=0x50005"),
        "systemctl": systemctl(("dhcpcd", "networking")),
    },
    ("run/systemd/system", "lib/modules/6.1.21+", "lib/modules/6.1.21-v7+", "lib/modules/6.1.21-v8+"),
)

PI_4 = Pi(
    {
        "proc/device-tree/model": "Raspberry Pi 4 Model B Rev 1.4\0",
        "etc/os-release": RASPBIAN.format(number=12, name="bookworm", code="VERSION_CODENAME=bookworm\n"),
        "proc/meminfo": MEMORY.format(total=3884408, free=3021200, available=3511700),
        "proc/uptime": "15123.40 60021.11\n",
        "proc/loadavg": "4.21 3.90 2.75 5/210 99\n",
        "proc/stat": "btime 1795200000\n",
        "sys/devices/system/cpu/online": "0-3\n",
        "run/reboot-required": "",
        **zone("cpu-thermal", "82761"),
    },
    {
        "uname": uname("6.6.51+rpt-rpi-v8", "aarch64"),
        "getconf": "echo 32",
        "dpkg": "echo armhf",
        "python3": "echo Python 3.11.2",
        "df": said(DF.format(device="/dev/mmcblk0p2", size=61278584, used=11000000, free=47146584)),
        "vcgencmd": said("throttled=0xe0008"),
        "systemctl": systemctl(
            ("NetworkManager",), "\u25cf cups.service loaded failed failed CUPS Scheduler\n"
        ),
    },
)

PI_5 = Pi(
    {
        "proc/device-tree/model": "Raspberry Pi 5 Model B Rev 1.0\0",
        "etc/os-release": DEBIAN.format(number=12, name="bookworm", more=""),
        "proc/meminfo": MEMORY.format(total=8256032, free=7001200, available=7600000),
        "proc/uptime": "59.90 210.00\n",
        "proc/loadavg": "0.00 0.00 0.00 1/180 900\n",
        "proc/stat": "btime 1795300000\n",
        "sys/devices/system/cpu/online": "0-3\n",
        **zone("cpu-thermal", "43150"),
    },
    {
        "uname": uname("6.6.31+rpt-rpi-2712", "aarch64"),
        "getconf": "echo 64",
        "dpkg": "echo arm64",
        "python3": "echo Python 3.11.2",
        "df": said(DF.format(device="/dev/nvme0n1p2", size=244000000, used=20000000, free=211000000)),
        "vcgencmd": said("throttled=0x0"),
        "systemctl": systemctl(("NetworkManager",)),
    },
    (
        "run/systemd/system",
        *(f"lib/modules/6.6.{number}+rpt-rpi-{kind}" for number in (31, 51) for kind in ("v8", "2712")),
    ),
)

ZERO_2 = Pi(
    {
        "proc/device-tree/model": "Raspberry Pi Zero 2 W Rev 1.0\0",
        "etc/os-release": DEBIAN.format(number=13, name="trixie", more="DEBIAN_VERSION_FULL=13.2\n"),
        "proc/meminfo": MEMORY.format(total=437196, free=60120, available=188200),
        "proc/uptime": "604800.00 2000000.00\n",
        "proc/loadavg": "0.52 0.58 0.59 2/170 4120\n",
        "proc/stat": "btime 1795400000\n",
        "sys/devices/system/cpu/online": "0-3\n",
        **zone("cpu-thermal", "47236"),
    },
    {
        "uname": uname("6.12.47+rpt-rpi-v8", "aarch64"),
        "getconf": "echo 64",
        "dpkg": "echo arm64",
        "python3": "echo Python 3.13.5",
        "df": said(DF.format(device="/dev/mmcblk0p2", size=15000000, used=4000000, free=10300000)),
        "systemctl": systemctl(("NetworkManager",)),
    },
    ("run/systemd/system", "lib/modules/6.12.47+rpt-rpi-v8", "lib/modules/6.12.47+rpt-rpi-2712"),
    {"vcgencmd": "echo 'VCHI initialization failed'"},  # the login is not in the group `video`
)

STRETCH = Pi(
    {
        "proc/device-tree/model": "Raspberry Pi 3 Model B Rev 1.2\0",
        "etc/os-release": RASPBIAN.format(number=9, name="stretch", code=""),
        "proc/meminfo": MEMORY.format(total=949580, free=512340, available=756410),
        "proc/uptime": "4000.00 1.00\n",
        "proc/loadavg": "0.08 0.03 0.01 1/151 2113\n",
        "sys/devices/system/cpu/online": "0-3\n",
        **zone("bcm2835_thermal", "48312"),
    },
    {
        "uname": uname("4.14.52-v7+", "armv7l"),
        "getconf": "echo 32",
        "dpkg": "echo armhf",
        "python3": "echo Python 3.5.3",
        "df": said(DF.format(device="/dev/root", size=15000000, used=4000000, free=10300000)),
        "systemctl": systemctl(("dhcpcd",)),
    },
    ("run/systemd/system", "lib/modules/4.19.66-v7+", "lib/modules/4.19.66-v7l+", "lib/modules/4.19.66+"),
)

BARE = Pi({}, {}, ())
"""A node that tells nothing: no systemd, no programs, none of the files."""
