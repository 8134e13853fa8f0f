"""Every kind of step keeps the law on real nodes: check writes nothing, apply does what it said.

A node of each system is asked in one run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from nowfab.fleet import state
from nowfab.steps.kinds import KINDS
from nowfab.steps.when import CONDITIONS
from tests.fleet.law import CANARY, CASES, Case
from tests.fleet.practice import PROJECT, Fleet, nowfab

pytestmark = pytest.mark.timeout(900)

REFERENCE = PROJECT / "docs/reference/steps.md"
SYSTEMS = {"red02": "bookworm", "red03": "bullseye"}
FILES = r"""
find / -xdev \( -path /run -o -path /tmp -o -path /var/tmp -o -path /var/log -o -path /var/cache/apt \) \
    -prune \
    -o -printf '%p %y %m %u:%g %s %C@ %l\n'
"""
"""All that stands on a node's disk, with the time of its last change, but for what services write, and apt
whenever it is asked something."""


@dataclass(frozen=True)
class Both:
    """A node of each system, by name, under one state folder."""

    state_home: Path
    fleets: dict[str, Fleet]

    def inside(self, line: str) -> dict[str, str]:
        """Run a line as root in each node at the same time, its name in NODE; give what it printed."""

        def one(name: str) -> str:
            firmware = {"bookworm": "/boot/firmware", "bullseye": "/boot"}[SYSTEMS[name]]
            return self.fleets[name].inside(name, f"NODE={name} FIRMWARE={firmware}\n{line}")

        with ThreadPoolExecutor() as pool:
            return dict(zip(self.fleets, pool.map(one, self.fleets), strict=True))

    def seen(self, case: Case) -> dict[str, str]:
        return self.inside(f"({case.seen}\n) 2>/dev/null || true")

    def look(self, case: Case) -> set[str]:
        """Give all that a check could have changed, line by line."""
        told = self.inside(f"({case.seen}\n) 2>/dev/null || true\n{FILES}")
        return {f"{name}: {line}" for name, text in told.items() for line in text.splitlines()}


@pytest.fixture(scope="module")
def both(fleet: Fleet, older: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    """The nodes have nothing of ours before and after; sudo has noted in a home that it was there."""
    home = tmp_path_factory.mktemp("both")
    fleets = {name: {"bookworm": fleet, "bullseye": older}[system] for name, system in SYSTEMS.items()}
    folder = state.folder(PROJECT, home)
    state.make(folder)
    state.take(folder, [fleets[name][name] for name in fleets])
    both = Both(home, fleets)
    both.inside("rm -rf /var/lib/nowfab; su pi -c 'sudo -n true'")
    yield both
    both.inside("rm -rf /var/lib/nowfab")


@pytest.fixture
def case(request: pytest.FixtureRequest, both: Both) -> Iterator[Case]:
    """A case, on nodes that are as the case wants them, and as they were afterwards."""
    case = CASES[request.param]
    both.inside(case.before)
    yield case
    both.inside(f"({case.back}\n) >/dev/null 2>&1 || true")


def do(both: Both, verb: str, plan: str, folder: Path) -> tuple[int, dict[str, dict[str, Any]]]:
    (folder / "plan.yaml").write_text(plan)
    words = (verb, str(folder / "plan.yaml"), "-w", ",".join(SYSTEMS), "--format", "json")
    answer = nowfab(both.state_home, *words, *(("--diff",) if verb == "apply" else ()))
    assert answer.stdout, answer.stderr
    assert CANARY not in answer.stdout + answer.stderr
    return answer.returncode, {row["node"]: row for row in json.loads(answer.stdout)["results"]}


def each(rows: dict[str, dict[str, Any]], field: str) -> list[Any]:
    return [rows[name][field] for name in SYSTEMS]


@pytest.mark.parametrize("case", CASES, indirect=True)
def test_check_writes_nothing_apply_does_it_and_again_nothing(case: Case, both: Both, tmp_path: Path) -> None:
    was = both.look(case)
    code, said = do(both, "check", case.plan, tmp_path)
    assert (10, ["would-change"] * 2) == (code, each(said, "status")), each(said, "reason")
    assert set() == was ^ both.look(case)

    code, made = do(both, "apply", case.plan, tmp_path)
    assert (0, ["changed"] * 2) == (code, each(made, "status")), each(made, "reason")
    assert dict.fromkeys(SYSTEMS, case.wanted) == both.seen(case)
    for foreseen, done in zip(each(said, "changes"), each(made, "changes"), strict=True):
        assert_as_foreseen([change["what"] for change in foreseen], [change["what"] for change in done])

    now = both.look(case)
    code, again = do(both, "apply", case.plan, tmp_path)
    assert (0, ["ok"] * 2, [[], []]) == (code, each(again, "status"), each(again, "changes"))
    assert set() == now ^ both.look(case)


def test_the_reference_s_whole_plan_is_made(both: Both, tmp_path: Path) -> None:
    (plan,) = re.findall(r"```yaml\n(title.*?)```", REFERENCE.read_text(), re.DOTALL)
    code, made = do(both, "apply", plan, tmp_path)
    said = both.inside("cat /etc/lab.conf 2>/dev/null || true; rm -f /etc/lab.conf")
    kernel = both.inside("uname -r")["red02"]

    assert (0, ["ok", "changed"]) == (code, each(made, "status")), each(made, "reason")
    assert {"red02": "", "red03": f"red03 knows of {kernel}"} == said


@pytest.mark.parametrize(("word", "wanted"), [("when", len(CONDITIONS)), ("unless", 0)])
def test_the_reference_s_conditions_hold_on_both(word: str, wanted: int, both: Both, tmp_path: Path) -> None:
    steps = "".join(
        f"  - file: {{path: /srv/{name}, content: x}}\n    {word}: {{{name}: {one.example}}}\n"
        for name, one in CONDITIONS.items()
    )
    _, said = do(both, "check", f"title: conditions\nsteps:\n{steps}", tmp_path)

    assert [wanted] * 2 == [len(changes) for changes in each(said, "changes")], each(said, "reason")


def assert_as_foreseen(foreseen: list[str], done: list[str]) -> None:
    """See that all was made that was sure, in order, and nothing else but for what was said to be open."""
    sure, left = [what for what in foreseen if not what.startswith("maybe")], iter(done)
    assert sure
    assert all(what in left for what in sure), (foreseen, done)
    assert len(sure) < len(foreseen) or sure == done


def test_the_two_nodes_have_two_systems(both: Both) -> None:
    said = both.inside('. /etc/os-release; echo "$VERSION_CODENAME"')

    assert {name: f"{system}\n" for name, system in SYSTEMS.items()} == said


def test_each_kind_of_step_has_a_case_that_is_its_example_in_the_reference() -> None:
    """The last step of a case is the one that it is about."""
    last = {name: set(yaml.safe_load(case.steps)[-1]) for name, case in CASES.items()}

    assert {name: {name.partition(":")[0]} for name in CASES} == last
    assert {name: f"  - {name}: {kind.example}\n" for name, kind in KINDS.items()} == {
        name: case.steps for name, case in CASES.items() if ":" not in name
    }
