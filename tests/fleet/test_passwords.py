"""Passwords reach only those who may have them: sudo's own prompt, and a login that refused every key."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from nowfab import engine
from nowfab.blobs import MemoryBlob, Secret
from nowfab.fleet import keypair
from nowfab.inventory.node import Node
from nowfab.machines.crew import open_crew
from nowfab.machines.options import Options
from nowfab.machines.until import Limit
from nowfab.machines.watch import Watch
from nowfab.remote import Shape
from nowfab.results import Result, Status
from nowfab.store.spool import Spool
from nowfab.talk import Ending, Exec, Talk, Work
from nowfab.work.command import command, with_password
from tests.fleet.practice import Fleet

pytestmark = pytest.mark.timeout(900)

ROOT = Shape(sudo=True)


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with Spool(tmp_path) as spool:
        yield spool


def run(nodes: list[Node], work: Work, spool: Spool, password: Secret | None = None) -> list[Result]:
    """Carry work out as the program does."""
    watch = Watch()
    crew = open_crew(Options(Path("/nonexistent"), password=password), spool, watch)
    try:
        return list(engine.carry_out("test", nodes, work, crew, Limit(watch)).results)
    finally:
        crew.close()
        watch.close()


def words() -> Callable[[], str]:
    """Give a function that gives another word each time."""
    numbers = itertools.count(1000)
    return lambda: f"word-{next(numbers)}:"


def text(result: Result) -> str:
    return (result.stdout.head(9999) + result.stderr.head(9999)).decode()


def test_B14_sudo_is_given_a_password_only_where_it_wants_one(fleet: Fleet, spool: Spool) -> None:
    """Four nodes let pi be root, red05 asks: one command for all five."""
    password = Secret(fleet.password("red05"))
    prompts = iter(f"prompt-{number}:" for number in range(9))
    work = with_password("id -un && id -un > /dev/null; cat", None, ROOT, password, lambda: next(prompts))
    rows = run(list(fleet.nodes), work, spool)

    assert [(Status.OK, "root\n")] * 5 == [(row.status, text(row)) for row in rows]
    assert "prompt-2:" == next(prompts)


def test_B14_an_input_goes_to_the_program_and_never_to_sudo(fleet: Fleet, spool: Spool) -> None:
    """sudo reads its password from the same channel; the first line of the input is not one."""
    password = Secret(fleet.password("red05"))
    data = b"not a password\n" * 10_000
    blobs = (MemoryBlob(data),)
    work = with_password("id -un; wc -c", None, ROOT, password, words(), blobs)
    rows = run(list(fleet.nodes), work, spool)

    assert [(Status.OK, f"root\n{len(data)}\n")] * 5 == [(row.status, text(row)) for row in rows]


def test_B14_a_wrong_sudo_password_is_one_failed_row(fleet: Fleet, spool: Spool) -> None:
    """sudo asks three times; the password is not offered again."""
    work = with_password("id -un", None, ROOT, Secret("wrong"), words())
    (row,) = run([fleet["red05"]], work, spool)

    assert (Status.FAILED, 1) == (row.status, row.exit_code)
    assert "wrong" not in text(row)
    assert "word-" not in text(row)


def test_B15_a_command_that_prints_the_password_shows_it_to_nobody(fleet: Fleet, spool: Spool) -> None:
    """A program may read what it should not; the table does not help it."""
    secret = fleet.password("red05")
    work = with_password(f"echo {secret}", None, ROOT, Secret(secret), words())
    (row,) = run([fleet["red05"]], work, spool)

    assert (Status.OK, "***\n") == (row.status, text(row))


def test_C7_what_runs_under_sudo_is_stopped_too(fleet: Fleet, spool: Spool) -> None:
    """The watcher has sudo's rights; from outside, pi could not end a process of root."""
    shape = replace(ROOT, cd="/")
    (row,) = run([fleet["red01"]], command("echo begun; sleep 4321", 2.0, shape), spool)
    (left,) = run([fleet["red01"]], command("sleep 3; pgrep -af '^sleep 4321'"), spool)

    assert (Status.TIMED_OUT, "begun\n") == (row.status, text(row))
    assert (Status.FAILED, "") == (left.status, text(left))


def test_B13_a_login_password_is_used_only_where_every_key_was_refused(
    fleet: Fleet, spool: Spool, tmp_path: Path
) -> None:
    """red04 takes a password, the others do not: one row each."""
    keypair.make(tmp_path / "other")
    nodes = [replace(fleet[name], identity=str(tmp_path / "other")) for name in ("red03", "red04")]
    right = run(nodes, command("id -un"), spool, Secret(fleet.password("red04")))
    wrong = run(nodes[1:], command("id -un"), spool, Secret("wrong"))

    assert [Status.REFUSED, Status.OK] == [row.status for row in right]
    assert "pi\n" == text(right[1])
    assert Status.REFUSED == wrong[0].status
    assert wrong[0].reason.endswith("the password is not accepted either")


def tried_by_key(node: Node) -> Talk:
    """Come in as may be, then by a key only."""
    first = yield Exec("id -un")
    then = yield Exec("id -un", fresh=True, by_key=True)
    status = Status.OK if then.ending is Ending.EXITED else Status.REFUSED
    return Result(node.name, status, first.code, stdout=then.stdout, reason=then.reason)


def test_B13_by_key_a_password_is_never_offered(fleet: Fleet, spool: Spool, tmp_path: Path) -> None:
    """red04 takes both: who came in by password learns that no key of his does."""
    keypair.make(tmp_path / "other")
    password = Secret(fleet.password("red04"))
    nodes = [fleet["red04"], replace(fleet["red04"], identity=str(tmp_path / "other"))]
    (with_key,), (without,) = (run([node], tried_by_key, spool, password) for node in nodes)

    assert (Status.OK, "pi\n") == (with_key.status, text(with_key))
    assert (Status.REFUSED, 0, "") == (without.status, without.exit_code, text(without))
    assert without.reason.startswith("no key of ours is accepted for `pi`: tried ")
    assert "password is not accepted" not in without.reason
