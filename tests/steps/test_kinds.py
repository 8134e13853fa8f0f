"""Each kind of step is as docs/reference/steps.md tells of it: its example, its defaults, its guard."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from nowfab.blobs import Blob, MemoryBlob
from nowfab.errors import Place
from nowfab.plan import diff
from nowfab.plan.decide import Stage, next_stage
from nowfab.plan.questions import (
    Absent,
    Answer,
    Folder,
    OutputOf,
    Package,
    PackageNamed,
    Question,
    Said,
    Sysctl,
    SysctlNamed,
    Unit,
    UnitNamed,
)
from nowfab.plan.steps import Plan
from nowfab.plan.view import View
from nowfab.steps import document
from nowfab.steps.kind import Read
from nowfab.steps.kinds import KINDS
from nowfab.steps.when import CONDITIONS
from tests.steps.cases import a_file, at

REFERENCE = (Path(__file__).parent.parent.parent / "docs/reference/steps.md").read_text()
FOLDER = Folder(0o755, "root", "root")
NOT = Said(2, b"")
DPHYS = a_file(b"CONF_SWAPSIZE=100\n")

NODE: dict[Question, Answer] = {
    **at("/usr/share/zoneinfo/Europe/Berlin", a_file(b""), False),
    **at("/etc/locale.gen", a_file(b"# en_GB.UTF-8 UTF-8\n")),
    **at("/usr/share/i18n/locales/en_GB", a_file(b""), False),
    **at("/etc/dphys-swapfile", DPHYS),
    **at("/etc/dphys-swapfile", DPHYS, False),
    **at("/boot/firmware/config.txt", a_file(b"[cm4]\notg_mode=1\n")),
    **at("/boot/firmware/cmdline.txt", a_file(b"console=serial0 root=x quiet\n")),
    **at("/bin/sh", a_file(b""), False),
    **at("/etc/nologin", a_file(b""), False),
    **at("/home/anna", Folder(0o755, "anna", "anna"), False),
    OutputOf(("getent", "passwd", "anna")): Said(0, b"anna:x:1000:1000::/home/anna:/bin/sh\n"),
    OutputOf(("id", "-gn", "anna")): Said(0, b"anna\n"),
    PackageNamed("sudo"): Package("1.9"),
}
"""What a node says that is not quite empty."""

OTHERWISE: dict[str, dict[Question, Answer]] = {
    "remove": at("/srv/lab", FOLDER, False),
    "group": {OutputOf(("getent", "group", "lab")): NOT},
    "user": {OutputOf(("getent", "passwd", "anna")): NOT},
}
"""What it says to some kinds."""

WANTS: dict[str, list[str]] = {
    "file": ["write /etc/lab.conf 0640 pi:users, 13 bytes"],
    "block": ["write /etc/lab.conf 0644, 61 bytes"],
    "line": ["write /etc/lab.conf 0644, 13 bytes"],
    "folder": ["make folder /srv/lab 0750 :users"],
    "link": ["link /srv/lab → /etc/hostname"],
    "remove": ["remove folder /srv/lab"],
    "download": ["download file:///srv/lab.tar to /srv/lab"],
    "archive": ["unpack file:///srv/lab.tar to /srv/lab"],
    "package": ["install tmux"],
    "upgrade": ["fetch the lists of packages"],
    "service": ["enable, start lab.service"],
    "timer": [
        "write /etc/systemd/system/lab.service 0644, 102 bytes",
        "write /etc/systemd/system/lab.timer 0644, 116 bytes",
        "enable, start lab.timer",
    ],
    "run": ["run sh -c 'cat >/srv/lab'"],
    "hostname": [
        "write /etc/hostname 0644, 7 bytes",
        "write /etc/hosts 0644, 17 bytes",
        "run hostname blue42",
    ],
    "timezone": ["link /etc/localtime → /usr/share/zoneinfo/Europe/Berlin"],
    "locale": [
        "change /etc/locale.gen: 18 bytes",
        "write /etc/default/locale 0644, 17 bytes",
        "run locale-gen",
    ],
    "keyboard": [
        "write /etc/default/keyboard 0644, 17 bytes",
        "change /etc/default/keyboard: 32 bytes",
        "change /etc/default/keyboard: 56 bytes",
    ],
    "sysctl": [
        "write /etc/sysctl.d/90-nowfab.conf 0644, 35 bytes",
        "set net.ipv4.conf.all.log_martians to 1 (was 0)",
    ],
    "swap": ["change /etc/dphys-swapfile: 18 bytes", "enable, start dphys-swapfile.service"],
    "config-txt": ["change /boot/firmware/config.txt: 28 bytes; counts after a reboot"],
    "cmdline": ["change /boot/firmware/cmdline.txt: 36 bytes; counts after a reboot"],
    "group": ["run groupadd --system -- lab"],
    "user": ["run useradd --create-home --shell /bin/sh --uid 1042 --groups lab,sudo -- anna"],
    "sudo": ["write /etc/sudoers.d/010_nowfab-anna 0440 root:root, 33 bytes"],
    "authorized-keys": [
        "make folder /home/anna/.ssh 0700 anna:anna",
        "write /home/anna/.ssh/authorized_keys 0600 anna:anna, 93 bytes",
    ],
    "sshd": ["write /etc/ssh/sshd_config 0644, 70 bytes"],
}
"""What an example wants there, as far as it can be told at once."""

CUTS_OFF: dict[str, dict[str, Any]] = {
    "file": {"path": "/etc/ssh/sshd_config"},
    "block": {"path": "/etc/network/interfaces"},
    "line": {"path": "/etc/sudoers"},
    "folder": {"path": "/etc/ssh/sshd_config.d"},
    "link": {"path": "/etc/nftables.conf"},
    "remove": {"path": "/etc/nologin"},
    "service": {"name": "networking.service"},
    "timer": {"name": "ssh"},
    "run": {"undo": "true"},
}
"""Fields with which a step could cut us off; that of `run` only says that it can be taken back."""


def answer(question: Question) -> Answer:
    """Give what a node says on which there is nothing."""
    match question:
        case OutputOf():
            return Said(0, b"")
        case UnitNamed():
            return Unit("disabled")
        case PackageNamed():
            return Package()
        case SysctlNamed():
            return Sysctl("0")
    return Absent()


def plan_of(kind: str, example: str) -> Plan:
    """Make a plan of one step."""
    text = f"title: t\nsteps:\n  - {kind}: {example}\n"
    return document.build(document.read(text, "plan.yaml"), lambda text: text.value, _source)


def decided(kind: str, example: str) -> Stage:
    """Decide such a plan on such a node, as far as it can be told at once."""
    plan = plan_of(kind, example)
    said = {**NODE, **OTHERWISE.get(kind, {})}
    view = View({question: said.get(question, answer(question)) for question in plan.questions})
    return next_stage(plan.steps, view)


def _source(name: str, place: Place) -> Blob:
    return MemoryBlob(name.encode())


def having(kind: str, **fields: Any) -> str:
    """Give the example with other fields, without those that are None."""
    said = {**yaml.safe_load(KINDS[kind].example), **fields}
    given = {name: value for name, value in said.items() if value is not None}
    return str(yaml.safe_dump(given, default_flow_style=True, width=9999))


@pytest.mark.parametrize("kind", KINDS)
def test_an_example_wants_what_it_says(kind: str) -> None:
    stage = decided(kind, KINDS[kind].example)

    assert ("", WANTS[kind]) == (stage.refused, [diff.headline(change) for change in stage.changes])


@pytest.mark.parametrize(
    ("kind", "field"),
    [(name, field) for name, kind in KINDS.items() for field, its in kind.fields.items() if its.default],
)
def test_a_default_is_what_holds_without_the_field(kind: str, field: str) -> None:
    without, given = (having(kind, **{field: value}) for value in (None, KINDS[kind].fields[field].default))

    assert _told(kind, without) == _told(kind, given)


def _told(kind: str, example: str) -> tuple[object, ...]:
    """Give all that a step asks and wants, with the lines of files and the arguments of programs."""
    changes = decided(kind, example).changes
    wanted = ((diff.headline(each), diff.lines(each), getattr(each, "argv", ())) for each in changes)
    return (plan_of(kind, example).questions, *wanted)


def test_what_is_always_guarded_is_and_what_never_is_is_not() -> None:
    guarded = {name for name, kind in KINDS.items() if decided(name, kind.example).guarded}

    assert {name for name, kind in KINDS.items() if kind.guard.startswith("always")} == guarded


def test_what_is_guarded_where_it_could_cut_us_off_is_so_there() -> None:
    assert set(CUTS_OFF) == {name for name, kind in KINDS.items() if kind.guard.startswith("where")}
    assert dict.fromkeys(CUTS_OFF, True) == {
        kind: decided(kind, having(kind, **fields)).guarded for kind, fields in CUTS_OFF.items()
    }


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("package", {"name": "sudo", "installed": False}),
        ("download", {"path": "/etc/ssh/sshd_config"}),
        ("archive", {"to": "/etc/ssh"}),
        ("run", {"argv": "nft flush ruleset"}),
    ],
)
def test_what_cannot_be_guarded_is_refused_where_it_could_cut_us_off(
    kind: str, fields: dict[str, Any]
) -> None:
    assert "could cut us off" in decided(kind, having(kind, **fields)).refused


def test_each_word_of_the_reference_is_said() -> None:
    """A reader says in its first line what it takes, a condition when it holds."""
    readers: set[Read] = {field.read for kind in KINDS.values() for field in kind.fields.values()}
    readers |= {each.read for each in CONDITIONS.values()}
    told = [(read.__doc__ or "").partition("\n")[0] for read in readers]
    held = [(each.make.__doc__ or "").partition("\n")[0] for each in CONDITIONS.values()]

    assert [] == [line for line in told if not re.fullmatch(r"Take .+\.", line)]
    assert [] == [line for line in held if not re.fullmatch(r"Hold where .+\.", line)]
    assert all(kind.does.endswith(".") for kind in KINDS.values())


def test_the_reference_s_whole_plan_is_read() -> None:
    (plan,) = re.findall(r"```yaml\n(title.*?)```", REFERENCE, re.DOTALL)
    read = document.read(plan, "plan.yaml")

    assert (["file"], ["kernel"]) == (
        [each.kind for each in read.entries],
        [each.name for each in read.gathers],
    )


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_condition_s_example_is_read(name: str) -> None:
    """A text that is filled in stands for what becomes of it."""
    example = CONDITIONS[name].example
    text = f"title: t\nsteps:\n  - run: {{argv: [date], always: true}}\n    when: {{{name}: {example}}}\n"
    plan = document.build(
        document.read(text, "plan.yaml"), lambda text: "true" if "{{" in text.value else text.value, _source
    )

    assert ["run date"] == [step.title for step in plan.steps]
