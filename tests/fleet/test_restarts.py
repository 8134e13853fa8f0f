"""A real service starts anew once, and one that then does not run takes a guarded stage back with it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fleet.practice import Fleet, await_login
from tests.fleet.test_guarded import apply

pytestmark = pytest.mark.timeout(900)

NAME = "red03"
SSHD = "/etc/ssh/sshd_config.d/50-lab.conf"
STARTED = r"""
mkdir -p /etc/page; for each in a b; do echo old >/etc/page/$each; done
cat >/etc/systemd/system/page.service <<'END'
[Service]
ExecStartPre=/bin/sh -c 'cat /etc/page/a /etc/page/b >>/srv/starts; ! grep -q broken /etc/page/a'
ExecStart=/bin/sleep 1000
END
rm -f /srv/starts; systemctl daemon-reload; systemctl start page.service; sleep 0.05
"""
"""It writes down what it has read at each of its starts."""

GONE = f"""
systemctl stop page.service; rm -rf /etc/page /srv/starts /etc/systemd/system/page.service {SSHD}
rm -rf /var/lib/nowfab; systemctl daemon-reload; systemctl reset-failed; systemctl restart ssh.service
"""

FILE = 'file: {{path: /etc/page/{}, content: "{}\\n"}}'
SERVICE = "service: {{name: page.service, after-change-of: [{}]}}"
UNTRIED = f"""file:
      path: {SSHD}
      content: "ListenAddress 203.0.113.9\\n"
      check: [/usr/sbin/sshd, -t, -f, "{{}}"]
      verify: [/usr/sbin/sshd, -t]"""
"""sshd finds nothing wrong with it, and does not start: the node has no such address."""

LEFT = f"""
cat /etc/page/a /etc/page/b; ls {SSHD} 2>/dev/null || true
for each in page ssh; do systemctl is-active $each.service; done; systemctl is-failed ssh.service || true
"""


def plan(*steps: str) -> str:
    return "title: t\nsteps:\n" + "".join(f"  - {each}\n" for each in steps)


def page(word: str) -> str:
    """Have two files with a service step behind each."""
    paths = ("/etc/page/a", "/etc/page/b")
    services = [SERVICE.format(path) for path in paths]
    return plan(FILE.format("a", word), services[0], FILE.format("b", word), services[1])


@pytest.fixture
def node(fleet: Fleet) -> Iterator[Fleet]:
    fleet.inside(NAME, STARTED)
    yield fleet
    fleet.inside(NAME, f"({GONE}) >/dev/null 2>&1 || true")
    await_login(fleet[NAME])


def starts(fleet: Fleet) -> list[str]:
    """Give what the service has read at each start."""
    words = fleet.inside(NAME, "cat /srv/starts").split()
    return [" ".join(words[at : at + 2]) for at in range(0, len(words), 2)]


def what(row: dict[str, Any]) -> list[str]:
    return [each["what"] for each in row["changes"]]


def test_two_files_with_a_service_behind_each_start_it_anew_once(node: Fleet, tmp_path: Path) -> None:
    """With both; the second time nothing is another, and nothing is restarted."""
    code, row = apply(node, tmp_path, page("new"))

    assert (0, "changed", "restart page.service") == (code, row["status"], what(row)[-1]), row["reason"]
    assert (3, ["old old", "new new"]) == (len(what(row)), starts(node))

    code, row = apply(node, tmp_path, page("new"))
    assert (0, "ok", ["old old", "new new"]) == (code, row["status"], starts(node))


def test_a_restart_that_failed_is_not_forgotten(node: Fleet, tmp_path: Path) -> None:
    """The next run would find all files as they should be, and the service dead."""
    for _ in range(2):
        code, row = apply(node, tmp_path, page("broken"))
        assert (2, "failed") == (code, row["status"]), row
        assert "page.service" in row["reason"]

    code, row = apply(node, tmp_path, page("mended"))
    assert (0, "changed") == (code, row["status"]), row["reason"]
    assert ("mended mended", "active\n") == (
        starts(node)[-1],
        node.inside(NAME, "systemctl is-active page.service"),
    )


def test_G8_an_sshd_that_does_not_start_takes_the_whole_stage_back(node: Fleet, tmp_path: Path) -> None:
    """At once, without waiting for a confirmation: other files, other services and all."""
    before = node.inside(NAME, LEFT)
    text = plan(
        FILE.format("a", "new"),
        UNTRIED,
        FILE.format("b", "new"),
        SERVICE.format("/etc/page/a, /etc/page/b"),
        f"service: {{name: ssh.service, after-change-of: [{SSHD}]}}",
    )
    code, row = apply(node, tmp_path, text, seconds=60)
    await_login(node[NAME])

    assert (2, "reverted", []) == (code, row["status"], row["changes"]), row
    assert "restart" in row["reason"]
    assert "ssh.service" in row["reason"]
    assert row["seconds"] < 60
    assert before == node.inside(NAME, LEFT)
    assert ["old old", "new new", "old old"] == starts(node)
