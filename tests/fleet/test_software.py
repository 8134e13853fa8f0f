"""What a Pi needs besides files, on real nodes: fetched software, timers, firmware and apt as they are."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import Fleet, nowfab
from tests.fleet.test_agent import AWAY, REPOSITORY

pytestmark = pytest.mark.timeout(900)

NAME = "red03"
CMDLINE = "console=tty1 root=PARTUUID=4e639091-02 rootwait"
CONFIG = "dtparam=audio=on\\n[cm4]\\notg_mode=1\\n[all]\\n"
SERVED = f"""
mkdir -p /srv/served/app-1/bin && cd /srv/served/app-1/bin && echo '#!/bin/sh' >app && chmod 755 app
tar -C /srv/served -czf /srv/served/app.tar.gz app-1
systemd-run --quiet --unit=served python3 -m http.server --bind 127.0.0.1 --directory /srv/served 8123
mkdir -p /boot/firmware && printf '{CONFIG}' >/boot/firmware/config.txt
echo '{CMDLINE}' >/boot/firmware/cmdline.txt
for try in 1 2 3 4 5 6 7 8 9 10; do
    python3 -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8123/')" 2>/dev/null && break; sleep 1
done
sha256sum /srv/served/app.tar.gz | cut -d' ' -f1
"""
CLEAN = """
systemctl stop served.service; systemctl disable --now nightly.timer
rm -rf /srv/served /srv/ran /opt/app /opt/ours /usr/local/bin/app.tar.gz /boot/firmware /var/lib/nowfab
rm -f /etc/systemd/system/nightly.*; systemctl daemon-reload; rm -f /root/before
"""
SEEN = "find /etc /opt /usr/local /boot /var/lib/nowfab -newer /root/before -not -path '/etc/mtab*' ||:"
SAID = """
stat -c '%a %n' /usr/local/bin/app.tar.gz /opt/app/bin/app /opt/ours/app; cat /opt/ours/mine
cat /boot/firmware/cmdline.txt /boot/firmware/config.txt
systemctl is-enabled nightly.timer; systemctl is-active nightly.timer
systemctl start nightly.service; cat /srv/ran/it
"""
WANTED = f"""\
700 /usr/local/bin/app.tar.gz
755 /opt/app/bin/app
755 /opt/ours/app
mine
{CMDLINE} cgroup_memory=1
dtparam=audio=off
[cm4]
otg_mode=1
gpu_mem=64
[all]
enabled
active
pi 100% $HOME
"""


def plan(served: str) -> str:
    """Give a plan in which each step is a line."""
    url = "http://127.0.0.1:8123/app.tar.gz"
    steps = (
        f'download: {{url: "{url}", sha256: {served}, path: /usr/local/bin/app.tar.gz, mode: "0700"}}',
        f'archive: {{url: "{url}", sha256: {served}, to: /opt/app, strip: 1}}',
        "archive: {source: ours.tar, to: /opt/ours}",
        "config-txt: {key: dtparam=audio, value: 'off'}",
        "config-txt: {line: gpu_mem=64, section: cm4}",
        "cmdline: {add: cgroup_memory=1}",
        "folder: {path: /srv/ran, mode: '0777'}",
        "timer: {name: nightly, run: [sh, -c, SCRIPT], on-calendar: '*-*-* 03:00', user: pi}",
    )
    script = """'echo "$(id -un) 100% \\$HOME" >/srv/ran/it'"""
    return "title: software\nsteps:\n" + "".join(f"  - {each}\n" for each in steps).replace("SCRIPT", script)


@pytest.fixture
def node(fleet: Fleet) -> Iterator[tuple[Fleet, str]]:
    served = fleet.inside(NAME, SERVED).splitlines()[-1]
    fleet.inside(NAME, "touch /root/before; sleep 0.05")
    yield fleet, served
    fleet.inside(NAME, f"({CLEAN}) >/dev/null 2>&1 || true")


def ours(folder: Path, content: bytes) -> None:
    """Make the archive that stands beside the plan."""
    with tarfile.open(folder / "ours.tar", "w") as packed:
        info = tarfile.TarInfo("app")
        info.size, info.mode = len(content), 0o755
        packed.addfile(info, io.BytesIO(content))


def do(fleet: Fleet, verb: str, folder: Path, text: str) -> tuple[int, dict[str, Any]]:
    (folder / "plan.yaml").write_text(text)
    answer = nowfab(fleet.state_home, verb, str(folder / "plan.yaml"), "-w", NAME, "--format", "json")
    assert answer.stdout, answer.stderr
    (row,) = json.loads(answer.stdout)["results"]
    return answer.returncode, row


def what(row: dict[str, Any]) -> list[str]:
    return [each["what"] for each in row["changes"]]


def test_check_writes_nothing_apply_does_it_and_again_nothing(
    node: tuple[Fleet, str], tmp_path: Path
) -> None:
    fleet, served = node
    ours(tmp_path, b"1")
    text = plan(served)
    code, said = do(fleet, "check", tmp_path, text)
    assert (10, "would-change", "") == (code, said["status"], fleet.inside(NAME, SEEN)), said["reason"]

    code, made = do(fleet, "apply", tmp_path, text)
    assert (0, "changed") == (code, made["status"]), made["reason"]
    assert "download http://127.0.0.1:8123/app.tar.gz to /usr/local/bin/app.tar.gz" in what(made)
    assert any(line.endswith("; counts after a reboot") for line in what(made))

    code, again = do(fleet, "apply", tmp_path, text)
    assert (0, "ok", []) == (code, again["status"], again["changes"])

    fleet.inside(NAME, "echo mine >/opt/ours/mine")
    ours(tmp_path, b"2")
    code, newer = do(fleet, "apply", tmp_path, text)
    assert (0, 1) == (code, len(newer["changes"])), newer["reason"]
    assert b"2" == fleet.inside(NAME, "cat /opt/ours/app").encode()
    assert WANTED == fleet.inside(NAME, SAID)

    kept = [each for each in text.splitlines(keepends=True) if "on-calendar" not in each]
    text = "".join((*kept, "  - timer: {name: nightly, present: false}\n"))
    code, gone = do(fleet, "apply", tmp_path, text)
    assert (0, "changed") == (code, gone["status"]), gone["reason"]
    assert "" == fleet.inside(
        NAME, "ls /etc/systemd/system | grep nightly || true; systemctl list-timers -q nightly*"
    )


def test_what_is_not_meant_is_put_nowhere_and_the_row_says_so(
    node: tuple[Fleet, str], tmp_path: Path
) -> None:
    fleet, _ = node
    ours(tmp_path, b"1")
    wrong = hashlib.sha256(b"another").hexdigest()
    code, row = do(fleet, "apply", tmp_path, plan(wrong))

    assert (2, "failed") == (code, row["status"])
    assert "is not the file that was meant" in row["reason"]
    assert "import" not in row["reason"], "the text of the program"
    assert "" == fleet.inside(NAME, "ls -A /usr/local/bin /opt | grep -v : || true").strip()


NEWER = r"""
cd /srv/repo && sed -i 's/^Version: .*/Version: 2.0/' good/DEBIAN/control
dpkg-deb --build --root-owner-group good good.deb >/dev/null
{ dpkg-deb --field good.deb; echo "Filename: ./good.deb"; echo "Size: $(stat -c %s good.deb)"
  echo "SHA256: $(sha256sum good.deb | cut -d' ' -f1)"; echo; } >Packages
"""
INSTALLED = "dpkg-query -W -f '${Package} ${Version}\n' nowfab-good"
UPGRADE = "title: newest\nsteps:\n  - upgrade: {max-age: 1h}\n"


@pytest.fixture
def packages(fleet: Fleet) -> Iterator[Fleet]:
    """A node with one package, of which there is a newer one, and lists that know nothing of it."""
    fleet.inside(NAME, REPOSITORY)
    fleet.inside(NAME, "apt-get -qq update && apt-get -qq -y install nowfab-good >/dev/null 2>&1")
    fleet.inside(NAME, NEWER + "touch -d 2020-01-01 /var/lib/apt/lists/partial")
    yield fleet
    fleet.inside(NAME, "apt-mark unhold nowfab-good")
    fleet.inside(NAME, AWAY)
    fleet.inside(NAME, "rm -rf /var/lib/nowfab")


def test_an_upgrade_fetches_lists_names_what_comes_and_again_does_nothing(
    packages: Fleet, tmp_path: Path
) -> None:
    code, said = do(packages, "check", tmp_path, UPGRADE)
    assert (10, ["fetch the lists of packages", "maybe upgrade, after: fetch the lists of packages"]) == (
        code,
        what(said),
    )

    code, made = do(packages, "apply", tmp_path, UPGRADE)
    assert (0, ["fetch the lists of packages", "upgrade nowfab-good"]) == (code, what(made)), made["reason"]
    assert "nowfab-good 2.0\n" == packages.inside(NAME, INSTALLED)

    code, again = do(packages, "apply", tmp_path, UPGRADE)
    assert (0, "ok", []) == (code, again["status"], again["changes"]), again["reason"]


def test_what_is_held_stays(packages: Fleet, tmp_path: Path) -> None:
    packages.inside(NAME, "apt-mark hold nowfab-good")
    code, made = do(packages, "apply", tmp_path, UPGRADE)

    assert (0, ["fetch the lists of packages"]) == (code, what(made)), made["reason"]
    assert "nowfab-good 1.0\n" == packages.inside(NAME, INSTALLED)


def test_lists_that_cannot_all_be_had_are_a_failure(packages: Fleet, tmp_path: Path) -> None:
    """apt-get ends with 0 by itself where it kept old ones; an upgrade by these would miss something."""
    packages.inside(NAME, "echo 'deb [trusted=yes] file:/srv/nowhere ./' >>/etc/apt/sources.list")
    code, row = do(packages, "apply", tmp_path, UPGRADE)

    assert (2, "failed", []) == (code, row["status"], row["changes"])
    assert "/srv/nowhere" in row["reason"]
    assert "nowfab-good 1.0\n" == packages.inside(NAME, INSTALLED)
