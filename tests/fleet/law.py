"""Have a case for each kind of step: what stands on a node before, the steps, and what stands there then."""

from __future__ import annotations

import base64
import gzip
import io
import tarfile
from dataclasses import dataclass, replace

from nowfab.steps.kinds import KINDS
from tests.fleet.test_agent import AWAY, REPOSITORY
from tests.fleet.test_software import NEWER

CANARY = "canary"
"""A part of each secret in a plan."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"
GONE = "userdel -r anna; groupdel lab; rm -f /etc/sudoers.d/010_nowfab-anna"
UTC = "ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo Etc/UTC >/etc/timezone"
NAMELESS = "hostname $NODE; echo $NODE >/etc/hostname; sed -i /^127.0.1.1/d /etc/hosts"
SPEECHLESS = "sed -i 's/^en_GB/# en_GB/' /etc/locale.gen; locale-gen; rm -f /etc/default/locale"


def _tar() -> bytes:
    """Give an archive that has the same bytes each time."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo("app-1/app")
        info.size, info.mode = len(b"app\n"), 0o755
        archive.addfile(info, io.BytesIO(b"app\n"))
    return packed.getvalue()


TAR = _tar()
PACKED = (
    f"printf %s {base64.b64encode(gzip.compress(TAR, mtime=0)).decode()} | base64 -d | gunzip >/srv/lab.tar"
)

TMUX = REPOSITORY.replace("nowfab-%s", "%s").replace("good", "tmux")
"""A repository that has a package of this name."""

FIRMWARE = r"""
mkdir -p $FIRMWARE
printf 'dtparam=audio=on\n[cm4]\notg_mode=1\n[all]\n' >$FIRMWARE/config.txt
echo console=serial0 root=PARTUUID=4e639091-02 rootwait quiet >$FIRMWARE/cmdline.txt
"""
"""What a Pi's firmware reads stands below /boot/firmware since Raspberry Pi OS 12, below /boot before."""

DPHYS = r"""
echo CONF_SWAPSIZE=100 >/etc/dphys-swapfile
{ printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n'
  printf '[Install]\nWantedBy=multi-user.target\n'; } >/etc/systemd/system/dphys-swapfile.service
systemctl daemon-reload
"""
"""A stand-in for the service of dphys-swapfile: a container may not swap."""


@dataclass(frozen=True)
class Case:
    """What `seen` prints is `wanted` once the steps are made: without `steps` the example of docs/reference.

    `before` makes the node so that something is to do, `back` makes it as it was; a line of the latter,
    or of `seen`, may fail. All three are lines of a shell that runs as root, with the node's name in NODE
    and the folder of what a Pi's firmware reads in FIRMWARE.
    """

    seen: str
    wanted: str
    before: str = ""
    back: str = ""
    steps: str = ""

    @property
    def plan(self) -> str:
        """The whole plan."""
        return f"title: the law\nsteps:\n{self.steps}"


_CASES = {
    "file": Case(
        "cat /etc/lab.conf; stat -c '%a %U:%G' /etc/lab.conf",
        "colour = red\n640 pi:users\n",
        "echo old >/etc/lab.conf",
        "rm -f /etc/lab.conf",
    ),
    "block": Case(
        "grep -v '^#' /etc/lab.conf; stat -c '%a %U:%G' /etc/lab.conf",
        "one\ntwo\nthree\n604 pi:users\n",
        "printf one >/etc/lab.conf; chmod 604 /etc/lab.conf; chown pi:users /etc/lab.conf",
        "rm -f /etc/lab.conf",
    ),
    "line": Case(
        "cat /etc/lab.conf",
        "one\ncolour = red\ntwo\n",
        "printf 'one\ncolour=blue\ntwo\n' >/etc/lab.conf",
        "rm -f /etc/lab.conf",
    ),
    "folder": Case(
        "stat -c '%F %a %U:%G' /srv/lab",
        "directory 750 root:users\n",
        back="rmdir /srv/lab",
    ),
    "link": Case(
        "readlink /srv/lab",
        "/etc/hostname\n",
        "ln -s /etc/hosts /srv/lab",
        "rm -f /srv/lab",
    ),
    "remove": Case(
        "ls -d /srv/lab",
        "",
        "mkdir /srv/lab",
        "rm -rf /srv/lab",
    ),
    "remove: a file, and the folder that is empty then": Case(
        "ls -d /srv/lab",
        "",
        "mkdir /srv/lab; touch /srv/lab/file",
        "rm -rf /srv/lab",
        "  - remove: {path: /srv/lab/file}\n  - remove: {path: /srv/lab}\n",
    ),
    "package": Case(
        "dpkg-query -W -f '${Status}\n' tmux",
        "install ok installed\n",
        TMUX,
        AWAY.replace("nowfab-good nowfab-torn", "tmux"),
    ),
    "service": Case(
        "for is in is-enabled is-active; do systemctl $is lab.service; done",
        "enabled\nactive\n",
        r"""
        printf '[Service]\nExecStart=/bin/sleep 999\n[Install]\nWantedBy=multi-user.target\n' \
            >/etc/systemd/system/lab.service
        systemctl daemon-reload; touch /etc/lab.conf
        """,
        "systemctl disable --now lab.service; rm -f /etc/systemd/system/lab.service /etc/lab.conf; "
        "systemctl daemon-reload",
    ),
    "hostname": Case(
        "hostname; cat /etc/hostname; grep 127.0.1.1 /etc/hosts",
        "blue42\nblue42\n127.0.1.1\tblue42\n",
        back=NAMELESS,
    ),
    "timezone": Case(
        "date -d 2026-12-01 +%Z; cat /etc/timezone; readlink /etc/localtime",
        "CET\nEurope/Berlin\n/usr/share/zoneinfo/Europe/Berlin\n",
        back=UTC,
    ),
    "locale": Case(
        "locale -a | grep en_GB; grep LANG /etc/default/locale",
        "en_GB.utf8\nLANG=en_GB.UTF-8\n",
        back=SPEECHLESS,
    ),
    "keyboard": Case(
        "cat /etc/default/keyboard",
        'XKBMODEL="pc105"\nXKBLAYOUT="de"\nXKBVARIANT="nodeadkeys"\n',
        back="rm -f /etc/default/keyboard",
    ),
    "group": Case(
        "getent group lab | awk -F: '{ print $1, $3 < 1000 }'",
        "lab 1\n",
        back="groupdel lab",
    ),
    "user": Case(
        "getent passwd anna | cut -d: -f3,6,7; id -Gn anna; getent shadow anna | cut -d: -f2",
        "1042:/home/anna:/bin/sh\nanna sudo lab\n!\n",
        "groupadd lab",
        GONE,
    ),
    "sudo": Case(
        "sudo -u anna sudo -n id -un",
        "root\n",
        "useradd anna",
        GONE,
    ),
    "authorized-keys": Case(
        "cd /home/anna; cat .ssh/authorized_keys; stat -c '%a %U:%G' .ssh .ssh/authorized_keys",
        f"{KEY}\n700 anna:anna\n600 anna:anna\n",
        "useradd --create-home anna",
        GONE,
    ),
    "authorized-keys: of a user of this very plan, on a node that gets its name and place too": Case(
        """
        hostname; date -d 2026-12-01 +%Z; id -Gn anna; sudo -u anna sudo -n id -un
        stat -c '%a %U:%G' /home/anna/.ssh/authorized_keys; getent shadow anna | cut -d: -f2
        """,
        f"blue42\nCET\nanna sudo lab\nroot\n600 anna:anna\n$6${CANARY}$x\n",
        back=f"{NAMELESS}; {UTC}; {GONE}",
        steps=f"""\
  - hostname: {{name: blue42}}
  - timezone: {{name: Europe/Berlin}}
  - group: {{name: lab}}
  - user: {{name: anna, groups: [lab, sudo], password-hash: "$6${CANARY}$x"}}
  - sudo: {{user: anna, password: false}}
  - authorized-keys: {{user: anna, keys: "{KEY}"}}
""",
    ),
    # A container's /proc/sys is read-only until somebody says otherwise. Without `bind` all of /proc
    # would be read-only then, and PAM let nobody in any more.
    "sysctl": Case(
        "cat /proc/sys/net/ipv4/conf/all/log_martians /etc/sysctl.d/90-nowfab.conf",
        "1\nnet.ipv4.conf.all.log_martians = 1\n",
        "mount -o remount,bind,rw /proc/sys; echo 0 >/proc/sys/net/ipv4/conf/all/log_martians",
        """
        echo 0 >/proc/sys/net/ipv4/conf/all/log_martians; mount -o remount,bind,ro /proc/sys
        rm -f /etc/sysctl.d/90-nowfab.conf
        """,
    ),
    "sshd": Case(
        "/usr/sbin/sshd -T | grep -i x11forwarding",
        "x11forwarding no\n",
        "cp -a /etc/ssh /root/ssh.kept",
        "rm -rf /etc/ssh; mv /root/ssh.kept /etc/ssh; systemctl restart ssh.service",
    ),
    "swap": Case(
        "cat /etc/dphys-swapfile; systemctl is-enabled dphys-swapfile; systemctl is-active dphys-swapfile",
        "CONF_SWAPSIZE=512\nenabled\nactive\n",
        DPHYS,
        "systemctl disable --now dphys-swapfile; rm -f /etc/systemd/system/dphys-swapfile.service "
        "/etc/dphys-swapfile; systemctl daemon-reload",
    ),
    "config-txt": Case(
        "cat $FIRMWARE/config.txt",
        "dtparam=audio=on\n[cm4]\notg_mode=1\ngpu_mem=64\n[all]\n",
        FIRMWARE,
        "rm -rf /boot/firmware /boot/config.txt /boot/cmdline.txt",
    ),
    "cmdline": Case(
        "cat $FIRMWARE/cmdline.txt",
        "console=tty1 root=PARTUUID=4e639091-02 rootwait cgroup_memory=1\n",
        FIRMWARE,
        "rm -rf /boot/firmware /boot/config.txt /boot/cmdline.txt",
    ),
    "timer": Case(
        "for is in is-enabled is-active; do systemctl $is lab.timer; done",
        "enabled\nactive\n",
        back="systemctl disable --now lab.timer; rm -f /etc/systemd/system/lab.*; systemctl daemon-reload",
    ),
    "download": Case(
        "cmp /srv/lab /srv/lab.tar && stat -c '%a %U:%G' /srv/lab",
        "640 root:root\n",
        PACKED,
        "rm -rf /srv/lab /srv/lab.tar",
    ),
    "archive": Case(
        "cat /srv/lab/app; stat -c '%a %U:%G' /srv/lab/app",
        "app\n755 root:root\n",
        PACKED,
        "rm -rf /srv/lab /srv/lab.tar",
    ),
    "upgrade": Case(
        "dpkg-query -W -f '${Package} ${Version}\n' nowfab-good",
        "nowfab-good 2.0\n",
        f"""
        {REPOSITORY}
        (apt-get -qq update && apt-get -qq -y install nowfab-good) >/dev/null 2>&1
        {NEWER}
        touch -d 2020-01-01 /var/lib/apt/lists/partial
        """,
        AWAY,
    ),
    "run": Case(
        "cat /srv/lab",
        "made\n",
        back="rm -f /srv/lab",
    ),
    "run: unless it was done": Case(
        "stat -c %a /srv/lab",
        "600\n",
        "touch /srv/lab",
        "rm -f /srv/lab",
        steps="""\
  - run: {argv: [chmod, '600', /srv/lab], unless: [sh, -c, 'stat -c %a /srv/lab | grep -qx 600']}
""",
    ),
}
CASES = {
    name: case if case.steps else replace(case, steps=f"  - {name}: {KINDS[name].example}\n")
    for name, case in _CASES.items()
}
"""By the kind of its last step, and behind a colon what is special; each runs on every system of nodes."""
