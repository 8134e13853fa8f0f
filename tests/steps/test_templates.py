"""A template stands beside the plan; what is wrong in it has its place there."""

from __future__ import annotations

import pytest

from nowfab.blobs import Blob, MemoryBlob
from nowfab.errors import FileError, Place
from nowfab.inventory.strict_yaml import Text
from nowfab.plan.changes import WriteFile
from nowfab.plan.questions import Absent, PathAt
from nowfab.plan.steps import Plan
from nowfab.plan.view import View
from nowfab.steps import document
from nowfab.steps.filling import Templates

PLAN = "title: t\nsteps:\n  - file: {path: /a, template: '{{ site }}.conf'}\n"
LAB = b"# {{ site }}\n{% for name in names %}\nserver {{ name }}\n{% endfor %}\n"


def build(said: bytes, text: str = PLAN, token: str = "s3cret", blind: bool = False) -> Plan:
    def source(name: str, place: Place) -> Blob:
        assert ("lab.conf", 3) == (name, place.line)
        return MemoryBlob(said)

    templates = Templates()
    known = {"site": "lab", "names": ["red01", "red02"], "token": token}

    def fill(text: Text) -> str:
        return templates.fill(text, known)

    def other(text: Text) -> str:
        return templates.fill(text, {**known, "token": "x"})

    return document.build(document.read(text, "plan.yaml"), fill, source, (), other if blind else None)


def written(plan: Plan) -> WriteFile:
    view = View({PathAt("/a", content): Absent() for content in (True, False)})
    (change,) = plan.steps[0].decide(view)
    assert isinstance(change, WriteFile)
    return change


def test_variables_are_filled_in_and_tags_leave_no_empty_lines() -> None:
    assert b"# lab\nserver red01\nserver red02\n" == written(build(LAB)).content.head(99)


def test_a_secret_in_a_template_makes_the_file_one() -> None:
    change = written(build(b"key {{ token }}\n", blind=True))

    assert (True, b"key s3cret\n") == (change.secret, change.content.head(99))


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"a\nb {{ nmae }}\n", r"^lab.conf:2: 'nmae' is undefined; there are names, site, token$"),
        (b"a\n\n{% for %}\n", r"^lab.conf:3: "),
        (b"a\nb {{ 1 / 0 }}\n", r"^lab.conf:2: ZeroDivisionError: division by zero$"),
        (b"\xff\n", r"^plan.yaml:3: template `lab.conf` is no text in UTF-8$"),
    ],
)
def test_what_is_wrong_has_its_line_in_the_template(said: bytes, error: str) -> None:
    with pytest.raises(FileError, match=error):
        build(said)


def test_a_file_says_one_thing() -> None:
    with pytest.raises(FileError, match="exactly one of content, source, template"):
        document.read(PLAN.replace("}\n", ", content: x}\n"), "plan.yaml")
