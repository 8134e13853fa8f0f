"""A person's plan, as docs/how-to has it, on real nodes: with systemd, sudo and apt as they are."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import sha256
from tests.cli.conftest import type_into
from tests.fleet.practice import PROJECT, REACH, Fleet, nowfab
from tests.fleet.test_agent import AWAY, REPOSITORY

pytestmark = pytest.mark.timeout(900)

EXAMPLES = re.findall(r"```yaml\n(title.*?)```", (PROJECT / "docs/how-to/plans.md").read_text(), re.DOTALL)
PAGE, CONDITIONS, _, TOKEN = EXAMPLES
NODES = ("red01", "red02")
CLEAN = """
systemctl disable --now page.service 2>/dev/null || true
rm -rf /srv/www /srv/token /srv/joined /srv/first /etc/nodes /etc/tmux.conf /etc/systemd/system/page.service
rm -rf /var/lib/nowfab; sed -i /^SITE=/d /etc/environment; systemctl daemon-reload
"""
SEEN = "find /srv /etc /var/lib/dpkg /var/lib/nowfab -not -path '/etc/mtab*' -newer /tmp/before | sort"

FETCH = """
for try in 1 2 3 4 5 6 7 8 9 10; do
    python3 -c "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/start').read())" && break
    sleep 1
done
"""


@pytest.fixture
def nodes(fleet: Fleet) -> Iterator[Fleet]:
    """Two nodes that know one small package, and have nothing of ours before and after."""
    for name in NODES:
        fleet.inside(name, f"{REPOSITORY}\necho SITE=old >>/etc/environment; echo welcome >/etc/motd")
    yield fleet
    for name in NODES:
        fleet.inside(name, AWAY)
        fleet.inside(name, CLEAN)


def write(folder: Path, text: str) -> str:
    path = folder / "plan.yaml"
    path.write_text(text)
    return str(path)


def do(fleet: Fleet, verb: str, plan: str, *words: str) -> tuple[int, dict[str, dict[str, Any]]]:
    answer = nowfab(fleet.state_home, verb, plan, "-w", ",".join(NODES), "--format", "json", *words)
    assert answer.stdout, answer.stderr
    return answer.returncode, {row["node"]: row for row in json.loads(answer.stdout)["results"]}


def test_the_how_to_s_ten_steps(nodes: Fleet, tmp_path: Path) -> None:
    """Check writes nothing, apply does what it said, again nothing; all of it written from the docs alone."""
    assert 10 == PAGE.count("\n  - ")
    plan = write(tmp_path, PAGE.replace("tmux", "nowfab-good"))
    for name in NODES:
        nodes.inside(name, "touch /tmp/before; sleep 0.05")
    code, said = do(nodes, "check", plan)
    assert (10, {"would-change"}) == (code, {row["status"] for row in said.values()})
    assert ["", ""] == [nodes.inside(name, SEEN) for name in NODES]

    code, made = do(nodes, "apply", plan)
    assert (0, ["changed", "changed"]) == (code, [made[name]["status"] for name in NODES]), made
    foreseen, done = ([change["what"] for change in rows["red02"]["changes"]] for rows in (said, made))
    left = iter(done)
    assert all(what in left for what in foreseen if not what.startswith("maybe")), (foreseen, done)
    assert 10 == len(foreseen) == len(done)
    assert "<h1>red02</h1>" in nodes.inside("red02", FETCH)
    assert "SITE=lab\n" == nodes.inside("red02", "grep SITE /etc/environment")

    code, again = do(nodes, "apply", plan)
    assert (0, ["ok", "ok"]) == (code, [again[name]["status"] for name in NODES])
    assert 0 == do(nodes, "check", plan)[0]


def test_a_changed_unit_file_restarts_its_service_once(nodes: Fleet, tmp_path: Path) -> None:
    text = PAGE.replace("  - package: {name: tmux}\n", "")
    do(nodes, "apply", write(tmp_path, text))
    began = nodes.inside("red01", "systemctl show -p ActiveEnterTimestampMonotonic page.service")
    _, rows = do(nodes, "apply", write(tmp_path, text.replace("8000", "8001")))

    assert ["restart page.service"] == [change["what"] for change in rows["red01"]["changes"]][1:]
    assert began != nodes.inside("red01", "systemctl show -p ActiveEnterTimestampMonotonic page.service")


def test_conditions_hold_where_the_node_says_so(nodes: Fleet, tmp_path: Path) -> None:
    plan = write(
        tmp_path, CONDITIONS.replace("tmux}", "nowfab-good}").replace("role == 'master'", "name == 'red01'")
    )
    _, rows = do(nodes, "apply", plan)

    assert {"red01": ["run touch /srv/first"], "red02": []} == {
        name: [change["what"] for change in row["changes"]] for name, row in rows.items()
    }


def test_a_token_of_one_node_reaches_the_other_and_nobody_else(nodes: Fleet, tmp_path: Path) -> None:
    """The chapter's join token; a secret is in no log, no answer and no state folder."""
    text = TOKEN.replace("role: master", "on: red01").replace("role == 'master'", "name == 'red01'")
    plan = write(tmp_path, text)
    code, rows = do(nodes, "apply", plan)

    assert 0 == code, rows["red02"]["reason"]
    canary = nodes.inside("red01", "cat /srv/token").strip()
    assert 33 == len(canary)
    assert canary == nodes.inside("red02", "cat /srv/joined").strip()
    tells = (canary, sha256(canary.encode()), sha256(f"{canary}\n".encode()))
    for name in NODES:
        words = " ".join(f"-e '{tell}'" for tell in tells)
        files = f"grep -rF {words} /var/lib/nowfab /var/log /tmp /run || true"
        assert "" == nodes.inside(name, f"{files}; journalctl -a | grep -F {words} || true")
    assert not any(tell in json.dumps(rows) for tell in tells)


def test_a_node_whose_sudo_asks_says_what_would_do(fleet: Fleet, tmp_path: Path) -> None:
    answer = nowfab(fleet.state_home, "check", write(tmp_path, CONDITIONS), "-w", "red05")

    assert 2 == answer.returncode
    assert "sudo asks for a password; `--ask-sudo` asks you for it once" in answer.stdout


def test_a_password_that_is_asked_for_once_serves_who_wants_one(fleet: Fleet, tmp_path: Path) -> None:
    """red05's sudo asks, red01's does not: one question, and the password is in no process list."""
    plan = write(tmp_path, "title: t\nsteps:\n  - file: {path: /srv/asked, content: x}\n")
    words = ("apply", plan, "-w", "red01,red05", "--ask-sudo", "--host-keys", "strict")
    environ = {**REACH, "XDG_STATE_HOME": str(fleet.state_home)}
    code, shown = type_into(
        PROJECT, tmp_path, fleet.password("red05") + "\n", *words, question="sudo password: ", **environ
    )
    made = [
        fleet.inside(name, "cat /srv/asked; rm -rf /srv/asked /var/lib/nowfab") for name in ("red01", "red05")
    ]

    assert (0, ["x", "x"]) == (code, made), shown
    assert "2 nodes: 2 changed" in shown
    assert fleet.password("red05") not in shown


BROKEN = {
    "a misspelt step": ("- folder:", "- foldr:", 4),
    "a misspelt field": ("to: index.html", "target: index.html", 6),
    "a misspelt variable": ("node.name", "node.nmae", 5),
    "a mode that is none": ('"0755"', '"0799"', 4),
    "a path that is not whole": ("path: /etc/motd", "path: etc/motd", 15),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_version_is_one_line_with_its_place(name: str, tmp_path: Path) -> None:
    """Nothing is sent: what is wrong with a plan is found here."""
    old, new, line = BROKEN[name]
    assert 1 == PAGE.count(old)
    plan = write(tmp_path, PAGE.replace(old, new))
    answer: subprocess.CompletedProcess[str] = nowfab(tmp_path, "apply", plan, "-w", "127.0.0.1:9")

    assert (1, "", 1) == (answer.returncode, answer.stdout, answer.stderr.count("\n"))
    assert f"{plan}:{line}: " in answer.stderr
