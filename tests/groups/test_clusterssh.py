"""Wherever ClusterSSH gives a sensible set of hosts, nowfab gives the same; elsewhere lint says why not."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

from nowfab import groups
from nowfab.errors import FileError
from nowfab.groups import Source, cssh, lint
from tests.groups.clusterssh.cases import WRITTEN, Case, generated

PERL = Path(__file__).parent / "clusterssh" / "resolve.pl"
pytestmark = pytest.mark.timeout(600)

GIVEN, SWEEP = os.environ.get("NOWFAB_SEED"), bool(os.environ.get("NOWFAB_SWEEP"))
"""Read before the tests are given an environment of their own."""

COUNT = 5000
CIRCLES = 12
SECONDS, ENDLESS = 2.0, 0.2
"""Of one case, and of one that should never come to an end."""

TOGETHER = 2
"""Processes of perl."""

READ_OTHERWISE = {
    "bad-character": "one bad character empties the whole group",
    "continuation": "continued lines are put together in another way",
    "cycle": "a group contains itself: cssh never comes to an end",
    "host": "a group of nobody, named in another one, counts as a host",
    "mark": "a byte order mark becomes a part of a group's name",
    "name": "no program can connect to a host of that name",
    "option": "a host that ssh would take for an option",
    "prompt": "a line that was copied with its prompt",
    "range": "a range vanishes, or is unfolded in part, or beyond its end",
    "tag": "a group's name that is none",
    "zero": "the member `0` counts as nothing",
}
"""The classes in which cssh and nowfab differ (docs/groups.md), by the kind of lint's finding."""

BY_CHANCE = {"host", "range", "zero"}
"""Classes of one word, told where cssh reads it otherwise; another word may bring the same hosts in."""

_WINDOW = re.compile(r"=\d+\D\d+\D\d+\D\d+$")


@dataclass(frozen=True)
class Read:
    """What cssh made of a case: the hosts of each group, the group that never ended, odd hosts."""

    tags: dict[str, frozenset[str]]
    slow: str | None
    odd: frozenset[str]


def seed() -> int:
    """Give the same seed each time, unless told otherwise: `make sweep` takes others."""
    return int(GIVEN or (Random().randrange(1_000_000) if SWEEP else 77))


def really(cases: Sequence[Case], folder: Path) -> list[Read]:
    """Have the real ClusterSSH read the cases."""
    home, empty = folder / "home", folder / "empty"
    home.mkdir()
    empty.mkdir()
    for number, case in enumerate(cases):
        (folder / str(number)).mkdir()
        (folder / str(number) / "clusters").write_bytes(case.clusters.encode())
        (folder / str(number) / "tags").write_bytes(case.tags.encode())
    asked = [f"{_seconds(case)} {folder / str(number)}\n" for number, case in enumerate(cases)]
    with ThreadPoolExecutor(TOGETHER) as pool:
        shares = [asked[number::TOGETHER] for number in range(TOGETHER)]
        answers = list(pool.map(lambda share: _perl(share, home, empty), shares))
    return [_read(json.loads(answers[number % TOGETHER][number // TOGETHER])) for number in range(len(cases))]


def _perl(asked: list[str], home: Path, folder: Path) -> list[str]:
    answer = subprocess.run(
        ["perl", PERL],
        input="".join(asked),
        env={"HOME": str(home), "AUTHOR_TESTING": "1", "PATH": os.environ["PATH"]},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert len(asked) == len(answer.stdout.splitlines()), answer.stderr
    return answer.stdout.splitlines()


def _seconds(case: Case) -> float:
    model = modelled(case)
    return ENDLESS if model is not None and None in model.values() else SECONDS


def _read(said: dict[str, object]) -> Read:
    tags, odd, slow = said["tags"], said["odd"], said.get("slow")
    assert isinstance(tags, dict)
    assert isinstance(odd, list)
    assert slow is None or isinstance(slow, str)
    return Read({tag: frozenset(hosts) for tag, hosts in tags.items()}, slow, frozenset(filter(_is_odd, odd)))


def _is_odd(host: str) -> bool:
    """Leave `0` out, which perl takes for no host at all."""
    return host.rpartition("@")[2].partition(":")[0] != "0"


def sources(case: Case) -> list[Source]:
    return [Source("clusters", case.clusters), Source("tags", case.tags, "tags")]


def ours(case: Case) -> dict[str, frozenset[str]] | None:
    """Give what nowfab makes of a case, None where that is an error with its place."""
    try:
        known = groups.load(sources(case))
        found = {name: frozenset(_written(seat) for seat in known.seats(name)) for name in known.names}
    except FileError:
        return None
    return {name: hosts for name, hosts in found.items() if hosts}


def _written(seat: groups.Seat) -> str:
    word = seat.word
    return (f"{word.user}@" if word.user else "") + word.name + (f":{word.port}" if word.port else "")


def theirs(read: Read) -> dict[str, frozenset[str]]:
    """Give the same of cssh: without windows, and without a group of nothing, which is its own host."""
    known = {tag: hosts for tag, hosts in read.tags.items() if hosts != {tag}}
    return {tag: frozenset(_WINDOW.sub("", host) for host in hosts) for tag, hosts in known.items()}


def byte_texts(case: Case) -> tuple[str, str]:
    """Give the texts as perl sees them, which knows no encoding here."""
    return case.clusters.encode().decode("latin1"), case.tags.encode().decode("latin1")


def modelled(case: Case) -> dict[str, frozenset[str] | None] | None:
    """Give what our model of cssh makes of a case, None where it leaves that open."""
    clusters, tags = byte_texts(case)
    try:
        known = cssh.tags([clusters], [tags])
    except cssh.Untold:
        return None
    return {tag: cssh.resolve(known, tag) for tag in known}


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, Read]]:
    """Give every case with what cssh makes of it."""
    if shutil.which("perl") is None or not Path("/usr/share/perl5/App/ClusterSSH.pm").exists():
        pytest.skip("ClusterSSH is not installed (Debian: clusterssh)")
    chosen = seed()
    sys.stdout.write(f"NOWFAB_SEED={chosen}\n")
    cases = [*WRITTEN, *generated(Random(chosen), COUNT, CIRCLES)]
    read = really(cases, tmp_path_factory.mktemp("clusterssh"))
    assert len(cases) == len(read)
    return list(zip(cases, read, strict=True))


def test_our_model_of_cssh_is_cssh(compared: list[tuple[Case, Read]]) -> None:
    """Lint says what cssh would do; it would be worse than silent if that were wrong."""
    told = 0
    for case, read in compared:
        model = modelled(case)
        if model is None:
            continue
        told += 1
        assert read.slow is None or model.pop(read.slow) is None, case
        assert read.tags == {tag: model[tag].__class__(_latin(model[tag])) for tag in read.tags}, case
        assert read.slow is not None or set(read.tags) == set(model), case
    assert told > COUNT * 0.8


def _latin(hosts: frozenset[str] | None) -> frozenset[str]:
    assert hosts is not None
    return hosts


def test_E8_the_same_hosts_wherever_cssh_is_sensible(compared: list[tuple[Case, Read]]) -> None:
    """Every difference is told by lint, in a class that is written down; none is unexplained."""
    counted: Counter[str] = Counter()
    for case, read in compared:
        told = {finding.kind for finding in lint.findings(sources(case))} & set(READ_OTHERWISE)
        if read.slow is None and ours(case) == theirs(read) and not read.odd:
            assert told <= BY_CHANCE, f"cssh reads {case} as nowfab does, but lint says {told}"
            counted["same"] += 1
            continue
        assert told, f"unexplained: {case}: nowfab {ours(case)}, cssh {read}"
        counted.update(told)
    for kind, number in counted.most_common():
        sys.stdout.write(f"{number:6} {kind:14} {READ_OTHERWISE.get(kind, 'the same hosts')}\n")
    assert counted["same"] > COUNT / 2
    assert set(READ_OTHERWISE) <= set(counted), "a class that no case shows"
