"""A rollback that meets what it cannot bring back does all the rest, and says what is left."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.agent.asking import file_of, me, new_run, run, tree, write
from tests.agent.guarding import Place, place_in
from tests.agent.inside import Inside
from tests.agent.test_guard_killed import killed_at

OLD = file_of(b"old\n")


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = place_in(tmp_path / "node")
    (place.top / "box").mkdir(mode=0o755)
    for name in ("first", "box/inner", "last"):
        (place.top / name).write_bytes(b"old\n")
        (place.top / name).chmod(0o644)
    return place


def applied(place: Place, *more: dict[str, Any]) -> str:
    """Have three files changed, of which the one in `box` will be in the way, and a program run."""
    name, log = new_run(), place.top.parent / "log"
    wanted = [write(place.top / each, number, OLD) for number, each in enumerate(("first", "box/inner"))]
    wanted += [write(place.top / "last", 2, OLD), write(place.top / "new", 3)]
    program = run("sh", "-c", f"echo did >>{log}") | {"undo": ["sh", "-c", f"echo undid >>{log}"]}
    reply = place.ask("arm", name, [*wanted, program, *more], [b"a\n", b"b\n", b"c\n", b"d\n"])
    assert "armed" == reply.state, reply.reason
    place.apply(name)
    return name


def is_gone(box: Path) -> None:
    shutil.rmtree(box)


def is_a_file(box: Path) -> None:
    shutil.rmtree(box)
    box.write_bytes(b"")


def holds_a_folder(box: Path) -> None:
    (box / "inner").unlink()
    (box / "inner/deep").mkdir(parents=True)


@pytest.mark.parametrize("trouble", [is_gone, is_a_file, holds_a_folder])
def test_one_path_that_cannot_come_back_keeps_no_other_from_it(
    trouble: Callable[[Path], None], place: Place
) -> None:
    """The rest is what lets us in again; the run waits on, and is told exactly what is not as before."""
    before = tree(place.top)
    name = applied(place)
    trouble(place.top / "box")
    reply = place.ask("undo", name)
    told = place.ask("status", new_run()).said["armed"]
    found = {name: what for name, what in tree(place.top).items() if not name.startswith("box")}
    undid = (place.top.parent / "log").read_text()
    trouble_gone(place.top / "box")
    again = place.ask("undo", name)

    box = place.top / "box"
    whys = {
        is_gone: f"there is no folder `{box}` any more",
        is_a_file: f"there is no folder `{box}` any more",
        holds_a_folder: "directory not empty",
    }
    says = "it was taken back by hand, by anna@laptop; it is not as before:"
    assert f"{says} `{box}/inner` cannot be brought back: {whys[trouble]}" == reply.reason
    assert ("armed", "stuck", reply.reason) == (reply.state, told["state"], told["reason"])
    assert found == {name: what for name, what in before.items() if not name.startswith("box")}
    assert "did\nundid\n" == undid
    assert ("reverted", before) == (again.state, tree(place.top))


def trouble_gone(box: Path) -> None:
    """Have somebody make room again."""
    shutil.rmtree(box) if box.is_dir() else box.unlink(missing_ok=True)
    box.mkdir(mode=0o755)


def test_what_else_could_not_be_taken_back_is_said_too(place: Place) -> None:
    """Of a rollback that is stuck, nothing is left out."""
    name = applied(place, run("true") | {"undo": ["sh", "-c", "echo no way >&2; exit 3"]})
    is_gone(place.top / "box")
    reply = place.ask("undo", name)

    assert "armed" == reply.state
    assert "`sh -c echo no way >&2; exit 3` ended with 3: no way" in reply.reason
    assert f"`{place.top}/box/inner` cannot be brought back" in reply.reason


def test_what_is_as_before_needs_no_right_to_be_changed(place: Place) -> None:
    """A folder that was made immutable while the run waited, in which nothing was changed yet."""
    refuse = (
        b"import os\ndef _no(*_, **__):\n    raise OSError(1, 'immutable')\nos.link, os.fchown = _no, _no\n"
    )
    box, name = place.top / "box", new_run()
    rights = {"is": "folder", "mode": 0o755, **me()}
    wanted = [write(box / "inner", 0, OLD)]
    wanted.append({"do": "folder", "path": str(box), "mode": 0o700, "was": rights, **me()})
    assert "armed" == place.ask("arm", name, wanted, [b"a\n"]).state
    program = place.state / name / "agent.py"
    program.write_bytes(refuse + program.read_bytes())
    before = tree(place.top)
    place.time_out(name)

    assert ("reverted", before) == (place.result(name)["state"], tree(place.top))


def test_a_stuck_rollback_is_one_sentence_in_the_journal(place: Place) -> None:
    """A person reads it there; systemd sees by the exit code that it did not go well."""
    name = applied(place)
    is_gone(place.top / "box")
    said = place.time_out(name, 1)

    inner = place.top / "box/inner"
    why = f"`{inner}` cannot be brought back: there is no folder `{place.top}/box` any more"
    says = f"run {name}: stuck: nobody confirmed it within 90 s; it is not as before: {why}\n"
    assert says == said


def test_a_rollback_that_breaks_is_one_sentence_in_the_journal(place: Place) -> None:
    """Also where nobody foresaw it."""
    name = applied(place)
    (place.state / name / "undo.json").write_text(f'{{"run": "{name}"}}')
    said = place.time_out(name, 1)

    assert said.startswith(f"run {name} is not taken back: the agent broke: KeyError in its line ")
    assert (1, True) == (said.count("\n"), place.armed)


@pytest.mark.timeout(300)
def test_a_run_that_is_half_taken_back_is_never_confirmed(tmp_path: Path) -> None:
    """Whoever takes it back may be killed; then only another rollback may end its wait."""
    node = Inside(tmp_path / "node")
    states = set()
    for number in range(1, 1000):
        name = new_run()
        node.prepare()
        old = tree(node.top)
        node.arm(name)
        node.apply(name)
        new = tree(node.top)
        cut = killed_at(number, partial(node.time_out, name), node.names)
        reply = node.ask("confirm", name)
        states.add(reply.state)
        if reply.state == "confirmed":
            assert new == tree(node.top)
        else:
            node.boot(name)
            assert old == tree(node.top)
        if not cut:
            break

    assert (True, {"confirmed", "armed", "reverted"}) == (number > 20, states)
    assert not os.path.lexists(node.state / "armed")
