"""Files that a node fetches itself, as tables of cases."""

from __future__ import annotations

import pytest

from nowfab.blobs import MemoryBlob
from nowfab.plan.changes import RunArgv
from nowfab.plan.questions import Absent, Answer, File, Folder, Link, Other, Question
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.archive import archive
from nowfab.steps.download import download
from nowfab.steps.rights import Rights
from tests.steps.cases import Case, a_file, at, lawful

URL = "https://example.org/node_exporter"
NEW = MemoryBlob(b"new").sha256.hex()
EXPORTER = download(URL, NEW, "/usr/local/bin/exporter", Rights(0o755))
FETCH = f"download {URL} to /usr/local/bin/exporter"
TAR = MemoryBlob(b"a tar")
NODE = archive("/opt/node", URL, NEW, strip=1)
OURS = archive("/opt/node", source=TAR)


def node(mark: Answer, folder: Answer | None = None) -> dict[Question, Answer]:
    there = folder or Folder(0o755, "root", "root")
    return {**at("/opt/node", there, False), **at("/opt/node/.nowfab-archive", mark)}


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
    "archive: new": Case(NODE, node(Absent(), Absent()), [f"unpack {URL} to /opt/node"]),
    "archive: another version": Case(NODE, node(a_file(b"0" * 64 + b" 1\n")), [f"unpack {URL} to /opt/node"]),
    "archive: stripped otherwise": Case(
        NODE, node(a_file(f"{NEW} 0\n".encode())), [f"unpack {URL} to /opt/node"]
    ),
    "archive: as it should be": Case(NODE, node(a_file(f"{NEW} 1\n".encode()))),
    "archive: from here": Case(OURS, node(Absent(), Absent()), ["unpack an archive of 5 bytes to /opt/node"]),
    "archive: from here, as it should be": Case(OURS, node(a_file(f"{TAR.sha256.hex()} 0\n".encode()))),
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
    "an archive over a file": (NODE, node(Absent(), a_file(b"")), "is no folder"),
    "an archive over a link": (NODE, node(Absent(), Link("/x")), "is no folder"),
    "an archive where sshd's folder is": (
        archive("/etc", URL, NEW),
        {**at("/etc", Folder(0o755, "root", "root"), False), **at("/etc/.nowfab-archive", Absent())},
        "could cut us off",
    ),
    "an archive in a home": (
        archive("/home/pi", URL, NEW),
        {**at("/home/pi", Folder(0o755, "pi", "pi"), False), **at("/home/pi/.nowfab-archive", Absent())},
        "could cut us off",
    ),
    "an archive that is another one": (
        archive("/opt/node", source=TAR, sha256=NEW),
        node(Absent()),
        f"has the sha256 {TAR.sha256.hex()}",
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


def test_an_archive_from_here_is_the_program_s_input_and_no_secret() -> None:
    (change,) = OURS.decide(View(node(Absent())))

    assert isinstance(change, RunArgv)
    assert (TAR, False, ("", TAR.sha256.hex(), "/opt/node", "0")) == (
        change.stdin,
        change.secret,
        change.argv[4:],
    )
