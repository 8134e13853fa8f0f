"""`setup-base` brings nodes that take passwords to names, keys and no passwords, and nobody is locked out."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from nowfab.fleet import keypair
from tests.cli.conftest import call, type_into
from tests.fleet.practice import Fleet, engine

pytestmark = pytest.mark.timeout(900)

NAMES = ("pi01", "pi02", "pi03", "pi04", "pi05")
PASSWORD = "berries-and-cream"
ASKED = "login password: |sudo password: "
FRESH = f"""
[ ! -e /root/sshd_config ] || mv /root/sshd_config /etc/ssh/sshd_config
sed -i '1{{/^PasswordAuthentication yes$/d}}' /etc/ssh/sshd_config
rm -rf /var/lib/nowfab /home/pi/.ssh /etc/ssh/sshd_config.d/00-nowfab.conf /etc/ssh/sshd_config.d/40-*
echo 'PasswordAuthentication yes' >/etc/ssh/sshd_config.d/50-cloud-init.conf
printf '127.0.0.1 localhost\\n127.0.1.1 raspberrypi\\n' >/etc/hosts
echo raspberrypi >/etc/hostname; hostname raspberrypi
ln -sf /usr/share/zoneinfo/Etc/UTC /etc/localtime; echo Etc/UTC >/etc/timezone
echo 'pi:{PASSWORD}' | chpasswd
echo 'pi ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/010_pi-nopasswd
systemctl restart ssh.service
"""
"""As a card is after its first start: Raspberry Pi OS names all of them `raspberrypi`.

The practice node red04 takes passwords by a line of its own, above all drop-ins; no card has that.
"""

ADDRESS = "{{range $name, $net := .NetworkSettings.Networks}}{{$name}} {{$net.IPAddress}}\n{{end}}"
DROP_IN = "/etc/ssh/sshd_config.d/00-nowfab.conf"


@dataclass(frozen=True)
class Site:
    """A person's folder and home, and five nodes of which both know the addresses only."""

    fleet: Fleet
    folder: Path
    addresses: dict[str, str]

    def inside(self, name: str, line: str) -> str:
        return self.fleet.inside(name.replace("pi", "red"), line)

    def type(self, *words: str) -> tuple[int, str]:
        """Run nowfab on a terminal, where it asks for the password; gives code, and all that was shown."""
        words = (*words, "--ask-password", "--host-keys", "accept-new")
        return type_into(self.folder, self.folder, f"{PASSWORD}\n", *words, question=ASKED, seconds=300)

    def call(self, *words: str) -> tuple[int, dict[str, dict[str, object]]]:
        answer = call(self.folder, *words, "--format", "json", "--host-keys", "accept-new")
        assert answer.stdout, answer.stderr
        return answer.returncode, {row["node"]: row for row in json.loads(answer.stdout)["results"]}

    def methods(self, name: str) -> str:
        """Say what sshd lets people in by, as it tells the ssh program."""
        settings = ("-oStrictHostKeyChecking=no", "-oUserKnownHostsFile=/dev/null", "-oLogLevel=ERROR")
        argv = ("ssh", "-F", "none", *settings, "-oPreferredAuthentications=none", "-oConnectTimeout=10")
        to = f"pi@{self.addresses[name]}"
        answer = subprocess.run([*argv, to, "true"], capture_output=True, text=True, timeout=60)
        return answer.stderr.rpartition("(")[2].rpartition(")")[0]


@pytest.fixture
def site(unkeyed: Fleet, tmp_path: Path) -> Site:
    addresses = {}
    for name in NAMES:
        unkeyed.inside(name.replace("pi", "red"), FRESH)
        said = engine("inspect", "--format", ADDRESS, unkeyed.container(name.replace("pi", "red")))
        (addresses[name],) = (line.split()[1] for line in said.splitlines() if "_default " in line)
    (tmp_path / "groups").mkdir()
    (tmp_path / "groups/clusters").write_text("pis pi{01..05}\n")
    entries = "".join(f"  {name}: {{address: {address}}}\n" for name, address in addresses.items())
    (tmp_path / "groups/nodes.yaml").write_text(f"defaults: {{user: pi}}\nnodes:\n{entries}")
    (tmp_path / ".ssh").mkdir(mode=0o700)
    keypair.make(tmp_path / ".ssh/id_ed25519")
    return Site(unkeyed, tmp_path, addresses)


def test_five_fresh_nodes_get_names_keys_and_no_passwords_and_the_second_time_nothing(site: Site) -> None:
    words = ("setup-base", "-g", "pis", "--no-passwords", "--timezone", "Europe/Berlin")
    assert ["publickey,password"] * 5 == [site.methods(name) for name in NAMES]
    code, shown = site.type(*words)

    assert (0, True) == (code, "5 nodes: 5 changed" in shown), shown
    code, rows = site.call("run", "hostname", "-g", "pis")
    assert (0, [f"{name}\n" for name in NAMES]) == (code, [rows[name]["stdout"] for name in NAMES])
    assert ["publickey"] * 5 == [site.methods(name) for name in NAMES]
    for name in NAMES:
        known = site.inside(
            name, f"getent -s files hosts {' '.join(NAMES)} | awk '{{print $1, $2}}'; date +%Z"
        )
        others = [f"{site.addresses[each]} {each}" for each in NAMES]
        others.insert(others.index(f"{site.addresses[name]} {name}"), f"127.0.1.1 {name}")
        assert [*others, "CET"] == known.splitlines()
        assert f"{name}\n" == site.inside(name, "cat /etc/hostname")

    before = [site.inside(name, "find /etc /home -type f -exec sha256sum {} +") for name in NAMES]
    code, rows = site.call(*words)
    assert (0, [("ok", [])] * 5) == (code, [(row["status"], row["changes"]) for row in rows.values()])
    assert before == [site.inside(name, "find /etc /home -type f -exec sha256sum {} +") for name in NAMES]


def test_B14_a_new_pi_asks_for_the_password_in_sudo_too(site: Site) -> None:
    """Raspberry Pi OS does since 2026: typed once each, it goes to sshd and to sudo alone."""
    site.inside("pi05", "rm /etc/sudoers.d/010_pi-nopasswd")
    code, shown = site.type("setup-base", "-w", "pi05", "--no-passwords", "--ask-sudo")

    assert (0, True) == (code, "1 node: 1 changed" in shown), shown
    assert PASSWORD not in shown
    assert "publickey" == site.methods("pi05")


def test_where_sshd_reads_no_drop_ins_a_block_at_the_top_does_it(site: Site) -> None:
    """As up to Debian 10, with a line and a Match of somebody's own behind it."""
    own = "PasswordAuthentication yes\\nMatch User backup\\n  PasswordAuthentication yes"
    away = "cp /etc/ssh/sshd_config /root; sed -i /^Include/d /etc/ssh/sshd_config"
    site.inside("pi01", f"{away}; printf '{own}\\n' >>/etc/ssh/sshd_config; systemctl restart ssh.service")
    before = site.inside("pi01", "cat /etc/ssh/sshd_config")
    code, shown = site.type("setup-base", "-w", "pi01", "--no-passwords")
    after = site.inside("pi01", "cat /etc/ssh/sshd_config")

    assert (0, True) == (code, "1 node: 1 changed" in shown), shown
    assert (True, True) == (after.startswith("# nowfab sshd: begin\nPass"), after.endswith(f"\n{before}"))
    assert ("publickey", "") == (
        site.methods("pi01"),
        site.inside("pi01", f"ls {DROP_IN} 2>/dev/null || true"),
    )
    code, rows = site.call("setup-base", "-w", "pi01", "--no-passwords")
    assert (0, []) == (code, rows["pi01"]["changes"])


def test_a_key_that_does_not_work_is_noticed_before_passwords_go_off(site: Site) -> None:
    """The public key on file is not that of the private one: all but the last stage is made."""
    keypair.make(site.folder / "other")
    (site.folder / "other.pub").rename(site.folder / ".ssh/id_ed25519.pub")
    code, shown = site.type("setup-base", "-w", "pi0[2-3]", "--no-passwords", "--format", "json")

    assert 2 == code, shown
    for name in ("pi02", "pi03"):
        assert f"no key of yours is accepted by {name}; passwords stay on: no key of ours" in shown
        assert "publickey,password" == site.methods(name)
        assert f"{name}\n" == site.inside(name, f"hostname; ls {DROP_IN} 2>/dev/null || true")
    assert 0 == site.type("run", "true", "-w", "pi0[2-3]")[0]


def test_an_sshd_that_then_lets_nobody_in_is_taken_back(site: Site) -> None:
    """The running sshd takes the key; the next one, which reads what somebody wrote since, does not."""
    site.inside("pi04", "echo 'PubkeyAuthentication no' >/etc/ssh/sshd_config.d/40-strange.conf")
    code, shown = site.type("setup-base", "-w", "pi04", "--no-passwords", "--rollback", "8")

    assert (2, True) == (code, "reverted" in shown), shown
    assert "nobody confirmed it within 8 s" in shown
    assert "" == site.inside("pi04", f"ls {DROP_IN} 2>/dev/null || true")
    assert "password" == site.methods("pi04"), "what somebody wrote stays, and so does the password"
    assert 0 == site.type("run", "true", "-w", "pi04")[0]


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ("{AllowUsers: anna}", "nobody confirmed it within 8 s"),
        ("{PermitRootLogin: perhaps}", "sshd"),
    ],
)
def test_G8_settings_of_sshd_that_lock_us_out_or_are_none_are_taken_back(
    site: Site, settings: str, reason: str
) -> None:
    assert 0 == site.type("setup-base", "-w", "pi05")[0]
    plan = f"title: t\nsteps:\n  - sshd: {{settings: {settings}}}\n"
    (site.folder / "plan.yaml").write_text(plan)
    code, rows = site.call("apply", "plan.yaml", "-w", "pi05", "--rollback", "8")

    assert (2, "reverted") == (code, rows["pi05"]["status"]), rows
    assert reason in str(rows["pi05"]["reason"])
    assert "" == site.inside("pi05", f"ls {DROP_IN} 2>/dev/null || true")
    assert 0 == site.call("run", "true", "-w", "pi05")[0]


def test_dry_says_all_and_changes_nothing(site: Site) -> None:
    before = site.inside("pi01", "find /etc /home -type f -exec sha256sum {} +")
    words = ("setup-base", "-w", "pi0[1-2]", "--no-passwords", "--dry")
    code, shown = site.type(*words, "--format", "json")

    assert (0, True) == (code, f"write {DROP_IN}" in shown), shown
    assert "maybe" not in shown
    assert before == site.inside("pi01", "find /etc /home -type f -exec sha256sum {} +")
