"""Have a case for each kind of step: what stands on a node before, the steps, and what stands there then."""

from __future__ import annotations

from dataclasses import dataclass

from tests.fleet.test_agent import AWAY, REPOSITORY

CANARY = "canary"
"""A part of each secret in a plan."""

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"
GONE = "userdel -r anna; groupdel lab; rm -f /etc/sudoers.d/010_nowfab-anna"
UTC = "ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo Etc/UTC >/etc/timezone"
NAMELESS = "hostname $NODE; echo $NODE >/etc/hostname; sed -i /^127.0.1.1/d /etc/hosts"
SPEECHLESS = "sed -i 's/^en_GB/# en_GB/' /etc/locale.gen; locale-gen; rm -f /etc/default/locale"


@dataclass(frozen=True)
class Case:
    """What `seen` prints is `wanted` once the steps are made.

    `before` makes the node so that something is to do, `back` makes it as it was; a line of the latter,
    or of `seen`, may fail. All three are lines of a shell that runs as root, with the node's name in NODE.
    """

    steps: str
    seen: str
    wanted: str
    before: str = ""
    back: str = ""


CASES = {
    "file": Case(
        """\
  - file: {path: /etc/lab.conf, content: "colour = red\\n", mode: "0640", owner: pi, group: users}
""",
        "cat /etc/lab.conf; stat -c '%a %U:%G' /etc/lab.conf",
        "colour = red\n640 pi:users\n",
        "echo old >/etc/lab.conf",
        "rm -f /etc/lab.conf",
    ),
    "block": Case(
        '  - block: {path: /etc/lab.conf, name: lab, content: "two\\nthree\\n"}\n',
        "grep -v '^#' /etc/lab.conf; stat -c '%a %U:%G' /etc/lab.conf",
        "one\ntwo\nthree\n604 pi:users\n",
        "printf one >/etc/lab.conf; chmod 604 /etc/lab.conf; chown pi:users /etc/lab.conf",
        "rm -f /etc/lab.conf",
    ),
    "line": Case(
        '  - line: {path: /etc/lab.conf, text: colour = red, instead-of: "^colour"}\n',
        "cat /etc/lab.conf",
        "one\ncolour = red\ntwo\n",
        "printf 'one\ncolour=blue\ntwo\n' >/etc/lab.conf",
        "rm -f /etc/lab.conf",
    ),
    "folder": Case(
        '  - folder: {path: /srv/lab, mode: "0750", group: users}\n',
        "stat -c '%F %a %U:%G' /srv/lab",
        "directory 750 root:users\n",
        back="rmdir /srv/lab",
    ),
    "link": Case(
        "  - link: {path: /srv/lab, to: /etc/hostname}\n",
        "readlink /srv/lab",
        "/etc/hostname\n",
        "ln -s /etc/hosts /srv/lab",
        "rm -f /srv/lab",
    ),
    "remove": Case(
        "  - remove: {path: /srv/lab/file}\n  - remove: {path: /srv/lab}\n",
        "ls -d /srv/lab",
        "",
        "mkdir /srv/lab; touch /srv/lab/file",
        "rm -rf /srv/lab",
    ),
    "package": Case(
        "  - package: {name: nowfab-good}\n",
        "dpkg-query -W -f '${Status}\n' nowfab-good",
        "install ok installed\n",
        REPOSITORY,
        AWAY,
    ),
    "service": Case(
        "  - service: {name: lab.service, enabled: true, running: true}\n",
        "for is in is-enabled is-active; do systemctl $is lab.service; done",
        "enabled\nactive\n",
        r"""
        printf '[Service]\nExecStart=/bin/sleep 999\n[Install]\nWantedBy=multi-user.target\n' \
            >/etc/systemd/system/lab.service
        systemctl daemon-reload
        """,
        "systemctl disable --now lab.service; rm -f /etc/systemd/system/lab.service; systemctl daemon-reload",
    ),
    "hostname": Case(
        "  - hostname: {name: blue42}\n",
        "hostname; cat /etc/hostname; grep 127.0.1.1 /etc/hosts",
        "blue42\nblue42\n127.0.1.1\tblue42\n",
        back=NAMELESS,
    ),
    "timezone": Case(
        "  - timezone: {name: Europe/Berlin}\n",
        "date -d 2026-12-01 +%Z; cat /etc/timezone; readlink /etc/localtime",
        "CET\nEurope/Berlin\n/usr/share/zoneinfo/Europe/Berlin\n",
        back=UTC,
    ),
    "locale": Case(
        "  - locale: {name: en_GB.UTF-8}\n",
        "locale -a | grep en_GB; grep LANG /etc/default/locale",
        "en_GB.utf8\nLANG=en_GB.UTF-8\n",
        back=SPEECHLESS,
    ),
    "keyboard": Case(
        "  - keyboard: {layout: de, variant: nodeadkeys}\n",
        "cat /etc/default/keyboard",
        'XKBMODEL="pc105"\nXKBLAYOUT="de"\nXKBVARIANT="nodeadkeys"\n',
        back="rm -f /etc/default/keyboard",
    ),
    "group": Case(
        "  - group: {name: lab, system: true}\n",
        "getent group lab | awk -F: '{ print $1, $3 < 1000 }'",
        "lab 1\n",
        back="groupdel lab",
    ),
    "user": Case(
        f"""\
  - user: {{name: anna, groups: [lab, sudo], shell: /bin/sh, uid: 1042, password-hash: "$6${CANARY}$x"}}
""",
        "getent passwd anna | cut -d: -f3,6,7; id -Gn anna; getent shadow anna | cut -d: -f2",
        f"1042:/home/anna:/bin/sh\nanna sudo lab\n$6${CANARY}$x\n",
        "groupadd lab",
        GONE,
    ),
    "sudo": Case(
        "  - sudo: {user: anna, password: false}\n",
        "sudo -u anna sudo -n id -un",
        "root\n",
        "useradd anna",
        GONE,
    ),
    "authorized-keys": Case(
        f'  - authorized-keys: {{user: anna, keys: "{KEY}"}}\n',
        "cd /home/anna; cat .ssh/authorized_keys; stat -c '%a %U:%G' .ssh .ssh/authorized_keys",
        f"{KEY}\n700 anna:anna\n600 anna:anna\n",
        "useradd --create-home anna",
        GONE,
    ),
    "authorized-keys: of a user of this very plan, on a node that gets its name and place too": Case(
        f"""\
  - hostname: {{name: blue42}}
  - timezone: {{name: Europe/Berlin}}
  - group: {{name: lab}}
  - user: {{name: anna, groups: [lab, sudo], password-hash: "$6${CANARY}$x"}}
  - sudo: {{user: anna, password: false}}
  - authorized-keys: {{user: anna, keys: "{KEY}"}}
""",
        """
        hostname; date -d 2026-12-01 +%Z; id -Gn anna; sudo -u anna sudo -n id -un
        stat -c '%a %U:%G' /home/anna/.ssh/authorized_keys
        """,
        "blue42\nCET\nanna sudo lab\nroot\n600 anna:anna\n",
        back=f"{NAMELESS}; {UTC}; {GONE}",
    ),
    # A container's /proc/sys is read-only until somebody says otherwise. Without `bind` all of /proc
    # would be read-only then, and PAM let nobody in any more.
    "sysctl": Case(
        '  - sysctl: {key: net.ipv4.conf.all.log_martians, value: "1"}\n',
        "cat /proc/sys/net/ipv4/conf/all/log_martians /etc/sysctl.d/90-nowfab.conf",
        "1\nnet.ipv4.conf.all.log_martians = 1\n",
        "mount -o remount,bind,rw /proc/sys; echo 0 >/proc/sys/net/ipv4/conf/all/log_martians",
        """
        echo 0 >/proc/sys/net/ipv4/conf/all/log_martians; mount -o remount,bind,ro /proc/sys
        rm -f /etc/sysctl.d/90-nowfab.conf
        """,
    ),
    "run": Case(
        '  - run: {argv: [sh, -c, "cat >/srv/lab"], stdin: "made\\n", creates: /srv/lab}\n',
        "cat /srv/lab",
        "made\n",
        back="rm -f /srv/lab",
    ),
    "run: unless it was done": Case(
        "  - run: {argv: [chmod, '600', /srv/lab], unless: [sh, -c, 'stat -c %a /srv/lab | grep -qx 600']}\n",
        "stat -c %a /srv/lab",
        "600\n",
        "touch /srv/lab",
        "rm -f /srv/lab",
    ),
}
"""By the kind of its last step, and behind a colon what is special; each runs on every system of nodes."""
