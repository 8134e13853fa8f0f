"""A person's plan is read strictly: what cannot be meant is one line with its place."""

from __future__ import annotations

import pytest

from nowfab.blobs import Blob, MemoryBlob
from nowfab.errors import FileError, Place
from nowfab.inventory.strict_yaml import Text
from nowfab.plan.changes import WriteFile
from nowfab.plan.questions import Absent, PathAt
from nowfab.plan.steps import Plan
from nowfab.plan.view import View
from nowfab.steps import document
from nowfab.steps.kinds import KINDS

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"
ALL = """\
title: many things
steps:
  - file: {path: /etc/motd, content: "hi\\n", mode: "0644"}
  - file: {path: /etc/psk, source: psk.txt, secret: true, owner: root, group: netdev, mode: 600}
  - block: {path: /etc/hosts, name: red, content: "192.168.50.2 red02\\n"}
  - line: {path: /etc/x, text: colour = red, instead-of: "^colour"}
  - folder: {path: /srv/www/, mode: "0755"}
  - link: {path: /srv/now, to: www}
  - remove: {path: /etc/old}
  - package: {name: [tmux, "g++"]}
  - package: {name: nano, installed: false}
  - service: {name: nginx, enabled: true, running: yes, after-change-of: [/etc/nginx/nginx.conf]}
  - sysctl: {key: net.ipv4.ip_forward, value: 1}
  - run: {argv: make install, creates: /usr/local/bin/x}
  - run: {argv: [make, "a b"], unless: test -e "x y"}
  - run: {argv: [date], always: true}
  - hostname: {name: red01}
  - timezone: {name: Europe/Berlin}
  - locale: {name: en_GB.UTF-8}
  - keyboard: {layout: de, variant: nodeadkeys}
  - group: {name: gpio, system: true}
  - user: {name: anna, groups: [sudo, gpio], shell: /bin/bash, uid: 1005, password-hash: "*"}
  - sudo: {user: anna, password: false}
  - authorized-keys: {user: anna, keys: KEY}
  - download: {url: "https://example.org/x?a=b", sha256: SHA256, path: /usr/local/bin/x, mode: "0755"}
  - archive: {url: "https://example.org/x.tar.gz", sha256: SHA256, to: /opt/x, strip: 1}
  - archive: {source: x.zip, to: /opt/y}
  - config-txt: {line: dtoverlay=disable-bt, section: pi4}
  - config-txt: {key: arm_boost, value: 1}
  - cmdline: {set: {cfg80211.ieee80211_regdom: "{{ who }}"}, add: [cgroup_memory=1], remove: quiet}
  - swap: {size: 1024, zram: true}
  - timer: {name: backup, run: "rsync -a /srv nas:", on-calendar: "*-*-* 03:00", user: anna}
  - timer: {name: backup, present: false}
  - upgrade: {max-age: 12h}
  - upgrade: {}
  - sshd: {settings: {PasswordAuthentication: no, X11Forwarding: no}}
"""


def build(text: str) -> Plan:
    return document.build(document.read(text, "plan.yaml"), _fill, _source)


def _fill(text: Text) -> str:
    return text.value.replace("{{ who }}", "red01")


def _source(name: str, place: Place) -> Blob:
    return MemoryBlob(f"what {name} says".encode())


def test_every_kind_of_step_is_read() -> None:
    plan = build(ALL.replace("KEY", KEY).replace("SHA256", "A" * 64))

    assert "many things" == plan.title
    assert set(KINDS) == {entry.kind for entry in document.read(ALL, "plan.yaml").entries}
    assert [
        "file /etc/motd",
        "file /etc/psk",
        "block red in /etc/hosts",
        "line in /etc/x",
        "folder /srv/www",
        "link /srv/now",
        "remove /etc/old",
        "package tmux, g++",
        "no package nano",
        "service nginx",
        "sysctl net.ipv4.ip_forward",
        "run make install",
        "run make 'a b'",
        "run date",
        "hostname red01",
        "time zone Europe/Berlin",
        "locale en_GB.UTF-8",
        "keyboard de nodeadkeys",
        "group gpio",
        "user anna",
        "file /etc/sudoers.d/010_nowfab-anna",
        "keys of anna",
        "download /usr/local/bin/x",
        "archive in /opt/x",
        "archive in /opt/y",
        "config.txt: dtoverlay=disable-bt for pi4",
        "config.txt: arm_boost=1",
        "cmdline.txt: cfg80211.ieee80211_regdom=red01, cgroup_memory=1, no quiet",
        "swap of 1024 MiB",
        "timer backup",
        "file /etc/systemd/system/backup.service",
        "file /etc/systemd/system/backup.timer",
        "service backup.timer",
        "no timer backup",
        "remove /etc/systemd/system/backup.service",
        "remove /etc/systemd/system/backup.timer",
        *["lists of packages", "upgrade"] * 2,
        "sshd PasswordAuthentication, X11Forwarding",
    ] == [step.title for step in plan.steps]


def _content(plan: Plan) -> bytes:
    (change,) = plan.steps[0].decide(View({question: Absent() for question in plan.questions}))
    assert isinstance(change, WriteFile)
    return change.content.head(change.content.size)


def test_variables_are_filled_into_every_text() -> None:
    plan = build("title: t\nsteps:\n  - file: {path: '/etc/{{ who }}', content: 'I am {{ who }}'}\n")

    assert b"I am red01" == _content(plan)
    assert (PathAt("/etc/red01"),) == plan.questions


def test_a_source_is_what_the_file_beside_the_plan_says() -> None:
    assert b"what a says" == _content(build("title: t\nsteps: [{file: {path: /a, source: a}}]\n"))


BROKEN = {
    "nothing": ("", 1, "a plan is a mapping"),
    "no title": ("steps: [{remove: {path: /a}}]", 1, "`title` says"),
    "no steps": ("title: t\nsteps:\n", 2, "`steps` is a list"),
    "an empty list": ("title: t\nsteps: []\n", 2, "`steps` is a list"),
    "another key": ("title: t\nstep: []\n", 2, "no key `step`"),
    "a misspelt kind": (
        "title: t\nsteps:\n  - packge: {}\n",
        3,
        "no step `packge`; did you mean `package`?",
    ),
    "two kinds": ("title: t\nsteps:\n  - remove: {path: /a}\n    link: {path: /a}\n", 4, "one key"),
    "a condition of nobody": (
        "title: t\nsteps:\n  - remove: {path: /a}\n    when: {exist: /b}\n",
        4,
        "no condition `exist`; did you mean `exists`?",
    ),
    "a condition of nothing": (
        "title: t\nsteps:\n  - remove: {path: /a}\n    when: x\n",
        4,
        "is a mapping of",
    ),
    "a value of nobody": (
        "title: t\ngather:\n  a: {argv: [x]}\nsteps:\n  - remove: {path: /a}\n",
        3,
        "`on: NODE`",
    ),
    "a value that is ours": (
        "title: t\ngather:\n  node: {on: a, argv: [x]}\nsteps:\n  - remove: {path: /a}\n",
        3,
        "cannot be the name of a value",
    ),
    "a misspelt field": (
        "title: t\nsteps:\n  - file:\n      path: /a\n      contents: x\n",
        5,
        "`file` has no field `contents`; did you mean `content`?",
    ),
    "a name that is a number": ("title: t\nsteps:\n  - hostname: {name: 17}\n", 3, "which is no number"),
    "a private key": (
        "title: t\nsteps:\n  - authorized-keys: {user: a, keys: -----BEGIN OPENSSH PRIVATE KEY-----}\n",
        3,
        "a private key stands here; the public one ends in `.pub`",
    ),
    "half a key": (
        "title: t\nsteps:\n  - authorized-keys: {user: a, keys: ssh-ed25519 AAAA}\n",
        3,
        "is no public key as sshd reads them",
    ),
    "a zone with a detour": ("title: t\nsteps:\n  - timezone: {name: ../x}\n", 3, "a time zone such as"),
    "another scheme": (
        f"title: t\nsteps:\n  - download: {{path: /a, sha256: {'a' * 64}, url: 'ftp://a/b'}}\n",
        3,
        "a URL such as",
    ),
    "a password in a URL": (
        f"title: t\nsteps:\n  - download: {{path: /a, sha256: {'a' * 64}, url: 'https://a:b@c/d'}}\n",
        3,
        "a URL such as",
    ),
    "an archive that nobody knows": (
        "title: t\nsteps:\n  - archive: {to: /opt/a, url: 'https://a/b'}\n",
        3,
        "`archive` with `url` needs the field `sha256`",
    ),
    "a key without its value": (
        "title: t\nsteps:\n  - config-txt: {key: arm_boost}\n",
        3,
        "a `key` needs its `value`",
    ),
    "a value of what is removed": (
        "title: t\nsteps:\n  - config-txt: {key: a, value: b, present: false}\n",
        3,
        "with `present: false` it has none",
    ),
    "a key of many": (
        "title: t\nsteps:\n  - config-txt: {key: dtparam, value: audio=on}\n",
        3,
        "say the whole `line`, or `dtparam=NAME`",
    ),
    "a line that the firmware would cut": (
        f"title: t\nsteps:\n  - config-txt: {{line: a={'b' * 97}}}\n",
        3,
        "has 1 to 98 characters",
    ),
    "a section within a line": (
        "title: t\nsteps:\n  - config-txt: {line: a=b, section: 'pi4]x'}\n",
        3,
        "is no section",
    ),
    "nothing for the command line": ("title: t\nsteps:\n  - cmdline: {}\n", 3, "`cmdline` says what"),
    "a list to be set": ("title: t\nsteps:\n  - cmdline: {set: [a]}\n", 3, "a mapping such as"),
    "two words in one": (
        "title: t\nsteps:\n  - cmdline: {add: quiet splash}\n",
        3,
        "`quiet splash` is no word",
    ),
    "a timer without a time": (
        "title: t\nsteps:\n  - timer: {name: a, run: b}\n",
        3,
        "`timer` needs `run`, and `on-calendar` or `every`",
    ),
    "a timer of two names": ("title: t\nsteps:\n  - timer: {name: a.b}\n", 3, "letters, digits"),
    "two lines of time": (
        'title: t\nsteps:\n  - timer: {name: a, run: b, on-calendar: "a\\nb"}\n',
        3,
        "a text of one line",
    ),
    "a line in a secret file": (
        "title: t\nsteps:\n  - file: {path: /a, content: b, secret: true}\n  - line: {path: /a, text: c}\n",
        4,
        "`/a` holds what another step keeps secret",
    ),
    "a password for its hash": (
        "title: t\nsteps:\n  - user: {name: a, password-hash: geheim}\n",
        3,
        "is no hash as crypt(5) has them",
    ),
    "an age of words": (
        "title: t\nsteps:\n  - upgrade: {max-age: a day}\n",
        3,
        "a span of time such as `30min`",
    ),
    "an age that nothing is younger than": (
        "title: t\nsteps:\n  - upgrade: {max-age: 0min}\n",
        3,
        "a span of time such as `30min`",
    ),
    "half a sha256": (
        "title: t\nsteps:\n  - download: {path: /a, url: 'https://a/b', sha256: abcd}\n",
        3,
        "a sha256 of 64",
    ),
    "no fields": ("title: t\nsteps:\n  - remove: /a\n", 3, "followed by its fields"),
    "a field is missing": ("title: t\nsteps:\n  - link: {path: /a}\n", 3, "needs the field `to`"),
    "neither content nor source": ("title: t\nsteps:\n  - file: {path: /a}\n", 3, "exactly one of content"),
    "both": ("title: t\nsteps:\n  - file: {path: /a, content: x, source: y}\n", 3, "exactly one of content"),
    "a run without a condition": ("title: t\nsteps:\n  - run: {argv: [a]}\n", 3, "exactly one of creates"),
    "a path that is not whole": ("title: t\nsteps:\n  - remove: {path: a}\n", 3, "an absolute path"),
    "a path with a detour": ("title: t\nsteps:\n  - remove: {path: /a/../b}\n", 3, "without `//`"),
    "the root": ("title: t\nsteps:\n  - remove: {path: /}\n", 3, "without `//`"),
    "a mode of letters": ("title: t\nsteps:\n  - folder: {path: /a, mode: u+x}\n", 3, "octal digits"),
    "no boolean": ("title: t\nsteps:\n  - service: {name: a, running: maybe}\n", 3, "true or false"),
    "an option for a package": ("title: t\nsteps:\n  - package: {name: [-y]}\n", 3, "the name of a package"),
    "an option for a unit": ("title: t\nsteps:\n  - service: {name: --now}\n", 3, "the name of a unit"),
    "a parameter that climbs": (
        "title: t\nsteps:\n  - sysctl: {key: ../x, value: 1}\n",
        3,
        "a kernel parameter",
    ),
    "no program": ("title: t\nsteps:\n  - run: {argv: [], always: true}\n", 3, "a program"),
    "an open quote": (
        "title: t\nsteps:\n  - run: {argv: 'a \"b', always: true}\n",
        3,
        "no closing quotation",
    ),
    "an open group": (
        "title: t\nsteps:\n  - line: {path: /a, text: b, instead-of: '('}\n",
        3,
        "regular expression",
    ),
    "a mapping for a text": ("title: t\nsteps:\n  - remove: {path: {a: b}}\n", 3, "a mapping stands where"),
    "nothing for a text": ("title: t\nsteps:\n  - remove: {path: }\n", 3, "nothing stands where"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_meant_is_one_line_with_its_place(name: str) -> None:
    text, line, what = BROKEN[name]
    with pytest.raises(FileError) as caught:
        build(text)

    assert f"plan.yaml:{line}" == str(caught.value.place)
    assert what in caught.value.what
    assert "\n" not in str(caught.value)
    assert "geheim" not in str(caught.value)
