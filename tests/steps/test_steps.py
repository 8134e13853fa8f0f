"""Each step, as a table: what the node answers, and what the step wants; once made, it wants nothing."""

from __future__ import annotations

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan.questions import (
    Absent,
    File,
    Folder,
    Link,
    Other,
    OutputOf,
    Package,
    PackageNamed,
    Said,
    Sysctl,
    SysctlNamed,
    Unit,
    UnitNamed,
)
from nowfab.plan.steps import Refused
from nowfab.plan.view import View
from nowfab.steps.block import block
from nowfab.steps.file import file
from nowfab.steps.folder import folder
from nowfab.steps.line import line
from nowfab.steps.link import link
from nowfab.steps.package import package
from nowfab.steps.remove import remove
from nowfab.steps.rights import Rights
from nowfab.steps.run import run
from nowfab.steps.service import service
from nowfab.steps.sysctl import FILE, sysctl
from tests.steps.cases import Case, a_file, at, lawful

HI = MemoryBlob(b"hi\n")
MOTD = file("/etc/motd", HI)
OURS = file("/etc/motd", HI, Rights(0o600, "pi", "users"))
BLOCK = block("/etc/hosts", "red", "192.168.50.2 red02\n")
LINE = line("/etc/x", "colour = red", instead_of=r"^colour\s*=")
NGINX = service("nginx", enabled=True, running=True, after_change_of=("/etc/nginx.conf",))
FORWARD = sysctl("net.ipv4.ip_forward", "1")
RUNNING = Unit("enabled", "active", 10.0)
IN_PLACE = a_file(b"net.ipv4.ip_forward = 1\n")


CASES = {
    "file: new": Case(MOTD, at("/etc/motd", Absent()), ["write /etc/motd 0644, 3 bytes"], b"hi\n"),
    "file: as it should be": Case(MOTD, at("/etc/motd", a_file(b"hi\n", 0o600, "pi"))),
    "file: other content keeps its rights": Case(
        MOTD, at("/etc/motd", a_file(b"old", 0o640, "pi")), ["change /etc/motd: 3 bytes"], b"hi\n"
    ),
    "file: other rights": Case(
        OURS, at("/etc/motd", a_file(b"hi\n")), ["change /etc/motd: 0644 root:root → 0600 pi:users"]
    ),
    "file: a link is replaced": Case(
        MOTD, at("/etc/motd", Link("/x")), ["write /etc/motd 0644, 3 bytes, instead of a link"]
    ),
    "file: a secret is told by its hash": Case(
        file("/psk", HI, secret=True), at("/psk", File(HI.sha256, 0o600, "root", "root"), content=False)
    ),
    "block: in a file that ends without a line end": Case(
        BLOCK,
        at("/etc/hosts", a_file(b"127.0.0.1 localhost")),
        ["change /etc/hosts: 90 bytes"],
        b"127.0.0.1 localhost\n# nowfab red: begin\n192.168.50.2 red02\n# nowfab red: end 81c89ce9e117\n",
    ),
    "block: as it should be": Case(
        BLOCK,
        at(
            "/etc/hosts",
            a_file(b"x\n# nowfab red: begin\n192.168.50.2 red02\n# nowfab red: end 81c89ce9e117\ny\n"),
        ),
    ),
    "block: taken out of a file that has none": Case(block("/a", "red", ""), at("/a", a_file(b"x\n"))),
    "block: taken out of nothing": Case(block("/a", "red", ""), at("/a", Absent())),
    "block: bytes that are no UTF-8 stay": Case(
        block("/a", "red", ""),
        at("/a", a_file(b"\xff\n# nowfab red: begin\nx\n# nowfab red: end 73cb3858a687\n\xfe")),
        ["change /a: 3 bytes"],
        b"\xff\n\xfe",
    ),
    "line: appended": Case(
        LINE, at("/etc/x", a_file(b"a = 1")), ["change /etc/x: 19 bytes"], b"a = 1\ncolour = red\n"
    ),
    "line: in the place of another, its line end kept": Case(
        LINE,
        at("/etc/x", a_file(b"colour=blue\r\nb\r\n")),
        ["change /etc/x: 17 bytes"],
        b"colour = red\r\nb\r\n",
    ),
    "line: there": Case(LINE, at("/etc/x", a_file(b"colour = red\r\n"))),
    "folder: new": Case(folder("/srv/a"), at("/srv/a", Absent(), False), ["make folder /srv/a 0755"]),
    "folder: there": Case(folder("/srv/a"), at("/srv/a", Folder(0o700, "pi", "pi"), False)),
    "folder: other rights": Case(
        folder("/srv/a", Rights(0o755)),
        at("/srv/a", Folder(0o700, "pi", "pi"), False),
        ["set folder /srv/a 0755 pi:pi"],
    ),
    "link: new": Case(link("/a", "b"), at("/a", Absent(), False), ["link /a → b"]),
    "link: elsewhere": Case(link("/a", "b"), at("/a", Link("c"), False), ["link /a → b, instead of a link"]),
    "link: there": Case(link("/a", "b"), at("/a", Link("b"), False)),
    "remove: a file": Case(remove("/a"), at("/a", a_file(b""), False), ["remove file /a"]),
    "remove: gone": Case(remove("/a"), at("/a", Absent(), False)),
    "package: one of two": Case(
        package(("tmux", "htop")),
        {PackageNamed("tmux"): Package("3.3"), PackageNamed("htop"): Package()},
        ["install htop"],
    ),
    "package: not wanted": Case(
        package(("nano",), installed=False), {PackageNamed("nano"): Package("7")}, ["remove nano"]
    ),
    "service: all well": Case(
        NGINX, {UnitNamed("nginx"): RUNNING, **at("/etc/nginx.conf", a_file(b"", changed=9.0), False)}
    ),
    "service: off": Case(
        NGINX,
        {UnitNamed("nginx"): Unit("disabled", "inactive"), **at("/etc/nginx.conf", Absent(), False)},
        ["enable, start nginx"],
    ),
    "service: its file is younger than its start": Case(
        NGINX,
        {UnitNamed("nginx"): RUNNING, **at("/etc/nginx.conf", a_file(b"", changed=11.0), False)},
        ["restart nginx"],
    ),
    "service: what should not run is not restarted": Case(
        service("nginx", running=False, after_change_of=("/etc/nginx.conf",)),
        {UnitNamed("nginx"): RUNNING, **at("/etc/nginx.conf", a_file(b"", changed=11.0), False)},
        ["stop nginx"],
    ),
    "sysctl: now and at boot": Case(
        FORWARD,
        {SysctlNamed("net.ipv4.ip_forward"): Sysctl("0"), **at(FILE, Absent())},
        [f"write {FILE} 0644, 24 bytes", "set net.ipv4.ip_forward to 1 (was 0)"],
        b"net.ipv4.ip_forward = 1\n",
    ),
    "sysctl: only now": Case(
        FORWARD,
        {SysctlNamed("net.ipv4.ip_forward"): Sysctl("0"), **at(FILE, IN_PLACE)},
        ["set net.ipv4.ip_forward to 1 (was 0)"],
    ),
    "sysctl: another value is written down": Case(
        FORWARD,
        {
            SysctlNamed("net.ipv4.ip_forward"): Sysctl("1"),
            **at(FILE, a_file(b"vm.x = 1\nnet/ipv4/ip_forward=0\n")),
        },
        [f"change {FILE}: 33 bytes"],
        b"vm.x = 1\nnet.ipv4.ip_forward = 1\n",
    ),
    "sysctl: three numbers with tabs": Case(
        sysctl("net.a", "1 2 3"),
        {SysctlNamed("net.a"): Sysctl("1\t2\t3"), **at(FILE, a_file(b"net.a = 1 2 3\n"))},
    ),
    "run: until it is there": Case(run(("make",), creates="/a"), at("/a", Absent(), False), ["run make"]),
    "run: it is there": Case(run(("make",), creates="/a"), at("/a", Folder(0, "", ""), False)),
    "run: unless": Case(
        run(("make", "x y"), unless=("test", "-e", "x")),
        {OutputOf(("test", "-e", "x")): Said(1, b"")},
        ["run make 'x y'"],
    ),
    "run: unless, which it is": Case(run(("make",), unless=("true",)), {OutputOf(("true",)): Said(0, b"")}),
    "run: each time": Case(run(("make",)), {}, ["run make"]),
}


@pytest.mark.parametrize("name", CASES)
def test_a_step_wants_what_is_missing_asks_its_own_questions_and_once_made_wants_nothing(name: str) -> None:
    lawful(CASES[name])


def test_only_a_program_without_a_condition_never_rests() -> None:
    assert {"run: each time"} == {name for name, case in CASES.items() if not case.step.rests}


REFUSED = {
    "file over a folder": (MOTD, at("/etc/motd", Folder(0o755, "root", "root")), "is a folder"),
    "file over a device": (MOTD, at("/etc/motd", Other("a device")), "is a device"),
    "block in a link": (BLOCK, at("/etc/hosts", Link("/x")), "no regular file"),
    "block in what is too large": (BLOCK, at("/etc/hosts", File(b"", 0, "", "")), "too large"),
    "block in what is no text": (BLOCK, at("/etc/hosts", a_file(b"\0")), "NUL"),
    "block with one mark": (BLOCK, at("/etc/hosts", a_file(b"a\n# nowfab red: end\n")), "lines 2"),
    "line for one of two": (LINE, at("/etc/x", a_file(b"colour=1\ncolour=2\n")), "several lines: 1, 2"),
    "folder over a file": (folder("/a"), at("/a", a_file(b""), False), "no folder"),
    "link over a file": (link("/a", "b"), at("/a", a_file(b""), False), "no link"),
    "remove a device": (remove("/a"), at("/a", Other("a device"), False), "a device"),
    "service unknown": (service("x", running=True), {UnitNamed("x"): Unit()}, "no unit `x`"),
    "sysctl unknown": (
        sysctl("a.b", "1"),
        {SysctlNamed("a.b"): Sysctl(None), **at(FILE, Absent())},
        "no parameter",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(name: str) -> None:
    step, answers, reason = REFUSED[name]
    with pytest.raises(Refused, match=reason):
        step.decide(View(answers))
