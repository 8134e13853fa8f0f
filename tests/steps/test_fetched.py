"""Files that a node fetches itself, as tables of cases."""

from __future__ import annotations

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import RunArgv
from nowfab.plan.questions import Absent, Answer, File, Folder, Link, Other, Question
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.download import download
from nowfab.steps.rights import Rights
from tests.steps.cases import Case, a_file, at, lawful

URL = "https://example.org/node_exporter"
NEW = MemoryBlob(b"new").sha256.hex()
EXPORTER = download(URL, NEW, "/usr/local/bin/exporter", Rights(0o755))
FETCH = f"download {URL} to /usr/local/bin/exporter"


def exporter(standing: Answer) -> dict[Question, Answer]:
    return at("/usr/local/bin/exporter", standing, content=False)


CASES = {
    "download: new": Case(EXPORTER, exporter(Absent()), [FETCH]),
    "download: another file": Case(EXPORTER, exporter(a_file(b"old", 0o755)), [FETCH]),
    "download: a link": Case(EXPORTER, exporter(Link("/x")), [FETCH]),
    "download: other rights": Case(
        EXPORTER, exporter(a_file(b"new")), ["set the rights of /usr/local/bin/exporter"]
    ),
    "download: as it should be": Case(EXPORTER, exporter(a_file(b"new", 0o755, "pi"))),
}


@pytest.mark.parametrize("name", CASES)
def test_each_keeps_the_law_of_steps(name: str) -> None:
    lawful(CASES[name])


REFUSED: dict[str, tuple[Step, dict[Question, Answer], str]] = {
    "a download over a folder": (EXPORTER, exporter(Folder(0o755, "root", "root")), "is a folder"),
    "a download over a device": (EXPORTER, exporter(Other("a device")), "is a device"),
    "a download that could cut us off": (
        download(URL, NEW, "/etc/ssh/sshd_config"),
        at("/etc/ssh/sshd_config", Absent(), False),
        "could cut us off",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_with_its_reason(name: str) -> None:
    step, answers, reason = REFUSED[name]
    with pytest.raises(Refused, match=reason):
        step.decide(View(answers))


def _words(step: Step, answers: dict[Question, Answer]) -> tuple[str, ...]:
    (change,) = step.decide(View(answers))
    assert isinstance(change, RunArgv)
    return change.argv[4:]


def test_a_new_file_s_rights_are_those_of_the_old_one_where_nobody_names_them() -> None:
    step = download(URL, NEW, "/srv/x")
    old = File(b"", 0o640, "pi", "users")

    assert (URL, NEW, "/srv/x", "0644", "", "") == _words(step, at("/srv/x", Absent(), False))
    assert (URL, NEW, "/srv/x", "0640", "pi", "users") == _words(step, at("/srv/x", old, False))


def test_a_download_alters_its_path_alone() -> None:
    (change,) = EXPORTER.decide(View(exporter(Absent())))

    assert isinstance(change, RunArgv)
    assert ("/usr/local/bin/exporter",) == change.alters
