"""Name, place, language, keyboard and users of a node, as tables of cases."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import RunArgv
from nowfab.plan.decide import next_stage
from nowfab.plan.diff import headline
from nowfab.plan.questions import (
    Absent,
    Answer,
    Folder,
    Link,
    OutputOf,
    Question,
    Said,
    Unit,
    UnitNamed,
)
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.authorized_keys import authorized_keys, key, put
from nowfab.steps.group import group
from nowfab.steps.hostname import hostname
from nowfab.steps.keyboard import FILE as KEYBOARD
from nowfab.steps.keyboard import UNIT, keyboard
from nowfab.steps.locale import DEFAULT, LINKED, LIST, SOURCES, locale
from nowfab.steps.sudo import sudo
from nowfab.steps.timezone import timezone
from nowfab.steps.user import user
from tests.steps.cases import Case, a_file, at, lawful

ANNA = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8hBu8mcRuXPDSWGTIRB0XyuRqvA3hTBVQ1l6Ep8Pf2 anna@laptop"
BERT = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxcXFxc bert"
NAMED = a_file(b"127.0.0.1 localhost\n127.0.1.1\tred01\n")
BERLIN = "/usr/share/zoneinfo/Europe/Berlin"
ENGLISH = locale("en_GB.UTF-8")
GERMAN = keyboard("de")
GERMAN_TEXT = b'XKBMODEL="pc105"\nXKBLAYOUT="de"\nXKBVARIANT=""\n'


def says(*argv: str, out: str = "", code: int = 0) -> dict[Question, Answer]:
    return {OutputOf(argv): Said(code, out.encode())}


def who(
    name: str = "pi", home: str = "/home/pi", shell: str = "/bin/bash", groups: str = "pi sudo"
) -> dict[Question, Answer]:
    return {
        **says("getent", "passwd", name, out=f"{name}:x:1000:1000:,,,:{home}:{shell}\n"),
        **says("id", "-gn", name, out=f"{groups.split()[0]}\n"),
        **says("id", "-Gn", name, out=f"{groups}\n"),
    }


def nobody(name: str) -> dict[Question, Answer]:
    return {
        **says("getent", "passwd", name, code=2),
        **says("id", "-gn", name, code=1),
        **says("id", "-Gn", name, code=1),
    }


DEFAULTS = at("/etc/default/useradd", a_file(b"SHELL=/bin/sh\n# HOME=/srv\n"))


def sources(found: Answer) -> dict[Question, Answer]:
    return {
        **at(f"{SOURCES[0]}/en_GB", found, False),
        **at(f"{SOURCES[1]}/en_GB", Absent(), False),
    }


def home(
    keys: Answer, ssh: Answer | None = None, mode: int = 0o755, owner: str = "pi"
) -> dict[Question, Answer]:
    return {
        **at("/home/pi", Folder(mode, owner, "pi"), False),
        **at("/home/pi/.ssh", ssh or Folder(0o700, "pi", "pi"), False),
        **at("/home/pi/.ssh/authorized_keys", keys),
    }


CASES = {
    "hostname: new": Case(
        hostname("red01"),
        {
            **says("hostname", out="raspberrypi\n"),
            **at("/etc/hostname", a_file(b"raspberrypi\n")),
            **at("/etc/hosts", a_file(b"127.0.1.1\traspberrypi\n::1 localhost\n")),
        },
        ["change /etc/hostname: 6 bytes", "change /etc/hosts: 30 bytes", "run hostname red01"],
    ),
    "hostname: as it should be": Case(
        hostname("red01"),
        {
            **says("hostname", out="red01\n"),
            **at("/etc/hostname", a_file(b"red01\n")),
            **at("/etc/hosts", NAMED),
        },
    ),
    "time zone: another": Case(
        timezone("Europe/Berlin"),
        {
            **at(BERLIN, a_file(b""), False),
            **at("/etc/localtime", Link("/usr/share/zoneinfo/Etc/UTC"), False),
            **at("/etc/timezone", a_file(b"Etc/UTC\n")),
        },
        [f"link /etc/localtime → {BERLIN}, instead of a link", "change /etc/timezone: 14 bytes"],
        b"Europe/Berlin\n",
    ),
    "time zone: as it should be, without a name in a file": Case(
        timezone("Europe/Berlin"),
        {
            **at(BERLIN, a_file(b""), False),
            **at("/etc/localtime", Link("../usr/share/zoneinfo/Europe/Berlin"), False),
            **at("/etc/timezone", Absent()),
        },
    ),
    "locale: made and spoken": Case(
        ENGLISH,
        {
            **says("locale", "-a", out="C\nC.utf8\nPOSIX\n"),
            **at(LIST, a_file(b"# de_DE.UTF-8 UTF-8\n# en_GB.UTF-8 UTF-8\n")),
            **sources(a_file(b"")),
            **at(DEFAULT, a_file(b"# x\n")),
            **at(LINKED, Absent()),
        },
        [f"change {LIST}: 38 bytes", f"change {DEFAULT}: 21 bytes", "run locale-gen"],
    ),
    "locale: as it should be, where a link leads": Case(
        ENGLISH,
        {
            **says("locale", "-a", out="C\nen_GB.utf8\n"),
            **at(LIST, Absent()),
            **sources(Absent()),
            **at(DEFAULT, Link("../locale.conf")),
            **at(LINKED, a_file(b"LANG=en_GB.UTF-8\n")),
        },
    ),
    "locale: the C library's own": Case(
        locale("C.UTF-8"),
        {
            **says("locale", "-a"),
            **at(LIST, Absent()),
            **at(f"{SOURCES[0]}/C", Absent(), False),
            **at(f"{SOURCES[1]}/C", Absent(), False),
            **at(DEFAULT, Absent()),
            **at(LINKED, Absent()),
        },
        [f"write {DEFAULT} 0644, 13 bytes"],
        b"LANG=C.UTF-8\n",
    ),
    "keyboard: another layout, on a console": Case(
        GERMAN,
        {
            **at(KEYBOARD, a_file(b'XKBMODEL="pc105"\nXKBLAYOUT="gb"\nXKBVARIANT=""\n')),
            **at(KEYBOARD, a_file(b"", changed=1.0), False),
            UnitNamed(UNIT): Unit("enabled", "active", 5.0),
        },
        [f"change {KEYBOARD}: 46 bytes", f"restart {UNIT}"],
        GERMAN_TEXT,
    ),
    "keyboard: as it should be": Case(
        GERMAN,
        {
            **at(KEYBOARD, a_file(GERMAN_TEXT)),
            **at(KEYBOARD, a_file(GERMAN_TEXT), False),
            UnitNamed(UNIT): Unit(),
        },
    ),
    "group: new": Case(
        group("gpio", system=True), says("getent", "group", "gpio", code=2), ["run groupadd --system -- gpio"]
    ),
    "group: there": Case(group("gpio"), says("getent", "group", "gpio", out="gpio:x:997:pi\n")),
    "user: new": Case(
        user("anna", ("sudo",), uid=1005, password_hash=MemoryBlob(b"$6$x")),
        {**nobody("anna"), **DEFAULTS, **says("getent", "group", "sudo")},
        [
            "run useradd --create-home --shell /bin/bash --uid 1005 --groups sudo -- anna",
            "run chpasswd --encrypted",
        ],
    ),
    "user: a group and a shell are missing": Case(
        user("pi", ("sudo", "gpio"), shell="/bin/zsh"),
        {
            **who(),
            **DEFAULTS,
            **says("getent", "group", "sudo"),
            **says("getent", "group", "gpio"),
            **at("/bin/zsh", a_file(b""), False),
        },
        ["run usermod --append --groups gpio --shell /bin/zsh -- pi"],
    ),
    "user: as it should be": Case(
        user("pi", ("sudo",)), {**who(), **DEFAULTS, **says("getent", "group", "sudo")}
    ),
    "sudo: without a password": Case(
        sudo("pi", password=False),
        at("/etc/sudoers.d/010_nowfab-pi", Absent()),
        ["write /etc/sudoers.d/010_nowfab-pi 0440 root:root, 31 bytes"],
        b"pi ALL=(ALL:ALL) NOPASSWD: ALL\n",
    ),
    "G13: keys of a new user": Case(
        authorized_keys("pi", (ANNA,)),
        {**who(), **home(Absent(), Absent())},
        ["make folder /home/pi/.ssh 0700 pi:pi", "write /home/pi/.ssh/authorized_keys 0600 pi:pi, 93 bytes"],
        f"{ANNA}\n".encode(),
    ),
    "G13: a file without a last line end, open to all": Case(
        authorized_keys("pi", (ANNA,)),
        {**who(), **home(a_file(BERT.encode(), 0o666, "pi"))},
        ["change /home/pi/.ssh/authorized_keys: 179 bytes, 0666 pi:root → 0600 pi:pi"],
        f"{BERT}\n{ANNA}\n".encode(),
    ),
    "G13: a home that is root's": Case(
        authorized_keys("pi", (ANNA,)),
        {**who(), **home(Absent(), Folder(0o777, "root", "root"), owner="root")},
        ["set folder /home/pi/.ssh 0700 pi:pi", "write /home/pi/.ssh/authorized_keys 0600 pi:pi, 93 bytes"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_keeps_the_law_of_steps(name: str) -> None:
    lawful(CASES[name])


REFUSED: dict[str, tuple[Step, dict[Question, Answer], str]] = {
    "a zone that nobody knows": (
        timezone("Europe/Berlinn"),
        {
            **at(f"{BERLIN}n", Absent(), False),
            **at("/etc/localtime", Absent(), False),
            **at("/etc/timezone", Absent()),
        },
        "no time zone `Europe/Berlinn`",
    ),
    "no package locales": (
        ENGLISH,
        {**says("locale", "-a"), **at(LIST, Absent()), **at(DEFAULT, Absent()), **at(LINKED, Absent())},
        "`locales` brings it",
    ),
    "a locale of nobody": (
        ENGLISH,
        {
            **says("locale", "-a"),
            **at(LIST, a_file(b"")),
            **at(DEFAULT, Absent()),
            **at(LINKED, Absent()),
            **sources(Absent()),
        },
        "the node knows no locale `en_GB.UTF-8`; `ls /usr/share/i18n/locales` has them",
    ),
    "a group that is not there": (
        user("pi", ("nope",)),
        {**who(), **says("getent", "group", "nope", code=2)},
        "no group `nope`",
    ),
    "a shell that is not there": (
        user("pi", shell="/bin/zsh"),
        {**who(), **at("/bin/zsh", Absent(), False)},
        "no shell /bin/zsh",
    ),
    "another number": (user("pi", uid=7), who(), "number 1000"),
    "keys of nobody": (
        authorized_keys("anna", (ANNA,), "/home/pi"),
        {**nobody("anna"), **home(Absent())},
        "no user `anna`",
    ),
    "another home": (
        authorized_keys("pi", (ANNA,)),
        {**who(home="/data/pi"), **home(Absent())},
        "the home of `pi` is /data/pi",
    ),
    "a home that is a link": (
        authorized_keys("pi", (ANNA,)),
        {**who(), **home(Absent()), **at("/home/pi", Link("/data/pi"), False)},
        "/home/pi is a link to /data/pi",
    ),
    "G13: a home that others may write to": (
        authorized_keys("pi", (ANNA,)),
        {**who(), **home(Absent(), mode=0o775)},
        "StrictModes",
    ),
    "G13: a file that is a link": (
        authorized_keys("pi", (ANNA,)),
        {**who(), **home(Link("/dev/null"))},
        "no regular file",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(name: str) -> None:
    step, answers, reason = REFUSED[name]
    with pytest.raises(Refused, match=reason):
        step.decide(View(answers))


def test_a_password_s_hash_is_on_no_command_line() -> None:
    step = user("anna", password_hash=MemoryBlob(b"$6$canary"))
    made = step.decide(View(nobody("anna") | DEFAULTS))

    assert not any("canary" in headline(change) for change in made)
    assert [b"anna:$6$canary\n"] == [
        change.stdin.head(99) for change in made if isinstance(change, RunArgv) and change.stdin is not None
    ]


def test_programs_whose_traces_are_known_share_a_stage_with_what_reads_others() -> None:
    """Each stage is a way to the node and back, and asks everything anew."""
    names = ("hostname: new", "locale: made and spoken", "group: new", "time zone: another")
    cases = [CASES[name] for name in names]
    answers = {asked: answer for case in cases for asked, answer in case.answers.items()}
    stage = next_stage([*(case.step for case in cases), user("anna")], View(answers | nobody("anna")))

    assert [case.step for case in cases] == [wanted.step for wanted in stage.wanted]
    assert ["user anna"] == [step.title for step in stage.rest], "groupadd alters what it asks for"


@pytest.mark.parametrize(
    ("step", "defaults", "expected"),
    [
        (user("anna"), Absent(), "/home"),
        (user("anna"), a_file(b"# HOME=/srv\n"), "/home"),
        (user("anna"), a_file(b"HOME=/data/home\n"), "/data/home"),
        (user("anna", home="/opt/anna"), Absent(), "/opt/anna"),
    ],
)
def test_a_new_user_alters_accounts_and_where_its_home_will_be(
    step: Step, defaults: Answer, expected: str
) -> None:
    """What stands elsewhere needs no stage of its own behind it."""
    answers = nobody("anna") | at("/etc/default/useradd", defaults)
    (made,) = step.decide(View(answers))
    assert isinstance(made, RunArgv)
    assert made.alters

    assert ("/etc/passwd", expected) == (made.alters[0], made.alters[-1])


def test_where_the_node_does_not_tell_of_homes_a_new_user_may_alter_anything() -> None:
    answers = nobody("anna") | at("/etc/default/useradd", Link("/x"))
    (made,) = user("anna").decide(View(answers))

    assert isinstance(made, RunArgv)
    assert made.alters is None


OPTIONS = f'command="ls -l",no-pty {ANNA}'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"{OPTIONS}\n", f"{OPTIONS}\n"),
        (f"{ANNA}\n{OPTIONS}\n{ANNA}\n", f"{ANNA}\n"),
        (f"#{ANNA}\n", f"#{ANNA}\n{ANNA}\n"),
        (f"# of 2019\r\n{BERT}\r\n", f"# of 2019\r\n{BERT}\r\n{ANNA}\n"),
        ("ssh-ed25519 AAAA= broken\n", f"ssh-ed25519 AAAA= broken\n{ANNA}\n"),
        (ANNA.replace("anna@laptop", "other"), ANNA.replace("anna@laptop", "other")),
    ],
)
def test_G13_a_key_is_there_once_and_its_options_stay(old: str, new: str) -> None:
    assert new == put(old, [ANNA])


@given(
    st.lists(st.sampled_from([ANNA, BERT, OPTIONS, "# x", "", "rubbish", f"  {ANNA}"]), max_size=8),
    st.booleans(),
)
def test_G13_put_again_nothing_changes_and_nobody_else_s_line_goes(lines: list[str], ended: bool) -> None:
    old = "\n".join(lines) + "\n" * ended
    new = put(old, [ANNA])

    assert new == put(new, [ANNA])
    assert 1 == [key(line) for line in new.splitlines()].count(key(ANNA))

    def foreign(text: str) -> list[str]:
        return [line for line in text.splitlines() if line and key(line) != key(ANNA)]

    assert foreign(old) == foreign(new)
