"""One node gives a value, the others use it; a secret one is seen nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from nowfab.blobs import Blob, MemoryBlob
from nowfab.errors import FileError, Place
from nowfab.inventory import Node
from nowfab.inventory.strict_yaml import Text
from nowfab.plan.changes import RunArgv, WriteFile
from nowfab.plan.questions import Absent, OutputOf, PathAt
from nowfab.plan.steps import Plan, Refused
from nowfab.plan.view import View
from nowfab.steps import document, gathering
from nowfab.steps.filling import Templates

NODES = (Node("red01", role="master"), Node("red02"), Node("red03"))
HEAD = "title: t\ngather:\n  token: {{role: master, argv: [cat, /token]{secret}}}\nsteps:\n"


def build(steps: str, secret: bool = False) -> Plan:
    def source(name: str, place: Place) -> Blob:
        raise AssertionError(name)

    read = document.read(HEAD.format(secret=", secret: true" if secret else "") + steps, "plan.yaml")
    templates = Templates()

    def fill(text: Text, token: str = "s3cret") -> str:
        return templates.fill(text, {"token": token})

    return document.build(read, fill, source, read.gathers, partial(fill, token="x") if secret else None)


def test_the_giver_is_asked_and_the_value_is_filled_in() -> None:
    plan = build("  - file: {path: /a, content: '{{ token }}'}\n")
    (change,) = plan.steps[0].decide(View({PathAt("/a"): Absent()}))

    assert (("token", OutputOf(("cat", "/token"))),) == plan.gathers
    assert OutputOf(("cat", "/token")) in plan.questions
    assert isinstance(change, WriteFile)
    assert (b"s3cret", False) == (change.content.head(99), change.secret)


def test_a_secret_makes_its_file_one_and_goes_to_programs_on_their_input() -> None:
    plan = build(
        "  - file: {path: /a, content: 'x {{ token }}'}\n"
        "  - run: {argv: [join], stdin: '{{ token }}', creates: /joined}\n",
        secret=True,
    )
    view = View({PathAt("/a", False): Absent(), PathAt("/joined", False): Absent()})
    (file,), (run,) = (step.decide(view) for step in plan.steps)

    assert isinstance(file, WriteFile)
    assert isinstance(run, RunArgv)
    assert run.stdin is not None
    assert (True, b"s3cret") == (file.secret, run.stdin.head(99))


@pytest.mark.parametrize(
    "step",
    [
        "run: {argv: [join, '{{ token }}'], always: true}",
        "run: {argv: 'join --token={{ token }}', always: true}",
        "block: {path: /a, name: b, content: '{{ token }}'}",
        "file: {path: '/{{ token }}', content: x}",
        "line: {path: /a, text: 'x={{ token }}'}",
        "{when: {succeeds: [test, '{{ token }}']}, remove: {path: /a}}",
        "{unless: {exists: '/{{ token }}'}, remove: {path: /a}}",
    ],
)
def test_a_secret_where_others_see_it_is_refused(step: str) -> None:
    """A command line is everybody's on the node, a diff everybody's here."""
    with pytest.raises(FileError, match=r"plan.yaml:5: a secret stands in `\w+`"):
        build(f"  - {step}\n", secret=True)


def test_a_secret_that_is_to_tell_another_value_is_refused() -> None:
    """A program that tells a value is asked by its command line, too."""
    head = "title: t\ngather:\n  token: {role: master, argv: [cat, /token], secret: true}\n"
    head += "  other: {role: master, argv: [tell, '{{ token }}']}\nsteps:\n  - remove: {path: /a}\n"
    read = document.read(head, "plan.yaml")
    templates = Templates()

    def fill(text: Text, token: str = "s3cret") -> str:
        return templates.fill(text, {"token": token})

    with pytest.raises(FileError, match=r"plan.yaml:4: a secret stands in `argv`"):
        document.build(read, fill, lambda name, place: MemoryBlob(), read.gathers, partial(fill, token="x"))


def test_the_same_text_elsewhere_is_no_secret() -> None:
    """A token that is `1` must not make each 1 of a plan one."""
    assert build("  - remove: {path: /s3cret}\n", secret=True).steps


def give(text: str, nodes: Sequence[Node] = NODES) -> str:
    read = document.read(f"title: t\ngather:\n  token: {text}\nsteps: [{{remove: {{path: /a}}}}]\n", "p")
    return gathering.giver(read.gathers[0], nodes).name


def test_one_node_of_the_run_gives_it() -> None:
    assert "red02" == give("{on: red02, argv: [x]}")
    assert "red01" == give("{role: master, argv: [x]}")
    with pytest.raises(FileError, match="p:3: of the nodes of this run none has role `mister`"):
        give("{role: mister, argv: [x]}")
    with pytest.raises(FileError, match="2 nodes has role `master`"):
        give("{role: master, argv: [x]}", [*NODES, Node("blue01", role="master")])


@pytest.mark.parametrize("said", [b"", b" \n", b"\xff", b"a\0b", b"x" * (gathering.LARGEST + 1)])
def test_what_cannot_be_a_value_is_refused(said: bytes) -> None:
    with pytest.raises(Refused, match="gather token"):
        gathering.text("token", said)


def test_the_last_line_end_is_not_part_of_it() -> None:
    assert "a\nb " == gathering.text("token", b"a\nb \n")


@pytest.mark.parametrize("value", [gathering.TO_COME, "$6$salt$hash"])
def test_a_hash_may_be_gathered_and_what_stands_for_it_is_one_meanwhile(value: str) -> None:
    text = "  - user: {name: anna, password-hash: '{{ token }}'}\n"
    read = document.read(HEAD.format(secret=", secret: true") + text, "plan.yaml")

    def fill(text: Text, token: str = value) -> str:
        return Templates().fill(text, {"token": token})

    plan = document.build(read, fill, lambda name, place: MemoryBlob(), (), partial(fill, token="x"))

    assert ["user anna"] == [step.title for step in plan.steps]
