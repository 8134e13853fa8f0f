"""inv check says what inv apply then does; what cannot be meant is one line, and nothing is sent."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import call

PLAN = """\
title: two things
steps:
  - folder: {path: ROOT/www, mode: "0750"}
  - file: {path: ROOT/www/index, content: "{{ node.name }} is {{ colour }}\\n", mode: "0640"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "groups").mkdir()
    (tmp_path / "root").mkdir()
    (tmp_path / "groups/clusters").write_text("me here\nall me gone\n")
    (tmp_path / "groups/nodes.yaml").write_text(
        "groups: {all: {vars: {colour: red}}}\n"
        "nodes:\n  here: {local: true}\n  gone: {address: 127.0.0.1, port: 9}\n"
    )
    (tmp_path / "plan.yaml").write_text(PLAN.replace("ROOT", str(tmp_path / "root")))
    return tmp_path


def test_check_says_what_apply_does_and_the_second_time_nothing(folder: Path) -> None:
    check = call(folder, "check", "plan.yaml", "-g", "me", "--no-sudo")
    assert (10, [], "1 node: 1 would-change\n") == (
        check.returncode,
        list((folder / "root").iterdir()),
        check.stderr,
    )
    assert "here: 2 changes\n" in check.stdout
    assert "    +here is red\n" in check.stdout

    dry = call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo", "--dry")
    assert (0, []) == (dry.returncode, list((folder / "root").iterdir()))

    apply = call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo")
    assert (0, "1 node: 1 changed\n") == (apply.returncode, apply.stderr)
    assert "here is red\n" == (folder / "root/www/index").read_text()
    assert ["here", "changed", "2"] == apply.stdout.splitlines()[2].split()[:3]

    again = call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo")
    assert (0, "1 node: 1 ok\n") == (again.returncode, again.stderr)
    assert 0 == call(folder, "check", "plan.yaml", "-g", "me", "--no-sudo").returncode


def test_json_has_each_change_with_its_diff(folder: Path) -> None:
    answer = call(folder, "check", "plan.yaml", "-g", "me", "--no-sudo", "--format", "json")
    document = json.loads(answer.stdout)
    (row,) = document["results"]

    assert (10, "would-change") == (document["exit_code"], row["status"])
    assert "+here is red" == row["changes"][1]["diff"][-1]


def test_a_node_that_is_away_has_its_row_and_the_others_theirs(folder: Path) -> None:
    answer = call(folder, "apply", "plan.yaml", "-g", "all", "--no-sudo", "--host-keys", "strict")
    rows = [line.split()[:2] for line in answer.stdout.splitlines()[2:]]

    assert (4, [["here", "changed"], ["gone", "unreachable"]]) == (answer.returncode, rows)


def test_the_state_is_in_the_home_without_sudo_and_where_one_says(folder: Path) -> None:
    call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo")
    assert (folder / ".nowfab").is_dir()
    shutil.rmtree(folder / "root/www")
    call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo", "--state", f"{folder}/of-{{{{ node.name }}}}")
    assert (folder / "of-here").is_dir()


BROKEN = {
    "a variable of nobody": ("colour }}", "color }}", ":4: ", "'color' is undefined"),
    "a step of nobody": ("- folder", "- foldr", ":3: ", "did you mean `folder`?"),
    "a mode of letters": ("0750", "rwx", ":3: ", "octal digits"),
    "no YAML": ("steps:", "steps: [", ":", "not YAML"),
    "a source that is not there": ('content: "', 'source: "no/', ":4: ", "no such file"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_meant_is_one_line_with_its_place(folder: Path, name: str) -> None:
    old, new, line, what = BROKEN[name]
    text = (folder / "plan.yaml").read_text()
    assert old in text
    (folder / "plan.yaml").write_text(text.replace(old, new))
    answer = call(folder, "apply", "plan.yaml", "-g", "all", "--no-sudo")

    assert (1, "", 1) == (answer.returncode, answer.stdout, answer.stderr.count("\n"))
    assert f"plan.yaml{line}" in answer.stderr
    assert what in answer.stderr
    assert [] == list((folder / "root").iterdir())


@pytest.mark.parametrize(
    ("words", "what"),
    [
        (("--format", "stream"), "table or json"),
        (("--no-sudo", "--ask-sudo"), "does without sudo"),
        (("--state", "{{ x }}"), "'x' is undefined"),
        (("-w", "nobody!nobody"), "leaves nobody"),
    ],
)
def test_flags_that_do_not_fit_are_refused(folder: Path, words: tuple[str, ...], what: str) -> None:
    answer = call(folder, "check", "plan.yaml", "-g", "me", *words)

    assert (1, "", 1) == (answer.returncode, answer.stdout, answer.stderr.count("\n"))
    assert what in answer.stderr


GATHER = """\
title: a token
gather:
  token: {on: here, argv: [cat, ROOT/token]}
steps:
  - run: {argv: [sh, -c, "echo t0k >ROOT/token"], creates: ROOT/token}
"""


def test_a_value_that_is_not_given_fails_who_needs_it(folder: Path) -> None:
    """Nodes that would be joined to nothing are left as they are."""
    root = str(folder / "root")
    (folder / "plan.yaml").write_text(GATHER.replace("ROOT", root).replace("[cat", "['false', cat"))
    answer = call(folder, "apply", "plan.yaml", "-g", "all", "--no-sudo")
    rows = [line.split(maxsplit=4) for line in answer.stdout.splitlines()[2:]]

    assert (["here", "failed"], ["gone", "failed"]) == (rows[0][:2], rows[1][:2])
    assert "gather token: `false` ended with 1" in answer.stdout
    assert "`token` was to be gathered on here, which did not give it" in answer.stdout


def test_a_value_of_nothing_is_none(folder: Path) -> None:
    (folder / "plan.yaml").write_text(GATHER.replace("ROOT", str(folder / "root")).replace("echo t0k", ":"))
    answer = call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo")

    assert (2, "") == (answer.returncode, (folder / "root/token").read_text())
    assert "gather token: the program says nothing" in answer.stdout


WRITTEN = """\
title: a token
gather:
  token: {on: here, argv: [cat, ROOT/token]}
steps:
  - file: {path: ROOT/copy, content: "{{ token }}\\n"}
    unless: {is: "{{ node.name == 'WHO' }}"}
"""


@pytest.mark.parametrize("verb", ["check", "apply"])
def test_who_gives_a_value_writes_nothing_in_its_place(folder: Path, verb: str) -> None:
    """It is gathered when the giver is done: a word that stands for it is not the value."""
    root = folder / "root"
    (root / "token").write_text("t0k\n")
    (folder / "plan.yaml").write_text(WRITTEN.replace("ROOT", str(root)).replace("WHO", "gone"))
    answer = call(folder, verb, "plan.yaml", "-g", "me", "--no-sudo")

    assert (2, ["token"]) == (answer.returncode, [path.name for path in root.iterdir()])
    assert (
        "plan.yaml:5: it needs a value that is gathered only once this node's plan is done" in answer.stdout
    )


def test_check_after_apply_knows_the_value_and_finds_nothing_to_do(folder: Path) -> None:
    root = folder / "root"
    (root / "token").write_text("t0k\n")
    (folder / "plan.yaml").write_text(WRITTEN.replace("ROOT", str(root)).replace("WHO", "here"))
    nodes = (folder / "groups/nodes.yaml").read_text()
    (folder / "groups/nodes.yaml").write_text(f"{nodes}  too: {{local: true}}\n")
    apply = call(folder, "apply", "plan.yaml", "-w", "here,too", "--no-sudo", "--fanout", "1")
    again = call(folder, "check", "plan.yaml", "-w", "here,too", "--no-sudo")

    assert ("t0k\n", 0, "2 nodes: 1 ok, 1 changed\n") == (
        (root / "copy").read_text(),
        apply.returncode,
        apply.stderr,
    )
    assert (0, "2 nodes: 2 ok\n") == (again.returncode, again.stderr)


@pytest.mark.parametrize(
    "words", [("plan.status",), ("plan.keep", "--run", "x"), ("plan.rollback", "--run", "x")]
)
def test_the_runs_of_a_node_are_no_stream(folder: Path, words: tuple[str, ...]) -> None:
    """What would come line by line is what the agent says to us, and not meant for people."""
    answer = call(folder, *words, "-g", "me", "--no-sudo", "--format", "stream")

    assert (1, "") == (answer.returncode, answer.stdout)
    assert "--format takes table or json here" in answer.stderr


def test_a_row_that_hides_runs_names_a_format_that_is_there(folder: Path) -> None:
    for content in ("a", "b"):
        (folder / "plan.yaml").write_text(
            f"title: t\nsteps:\n  - file: {{path: {folder}/root/x, content: {content}}}\n"
        )
        call(folder, "apply", "plan.yaml", "-g", "me", "--no-sudo")
    answer = call(folder, "plan.status", "-g", "me", "--no-sudo")

    assert (0, True) == (answer.returncode, "more than the rows show: --format json has" in answer.stderr)
