"""YAML is read as texts; what it could do beyond that is refused."""

from __future__ import annotations

import time
import tracemalloc
from itertools import pairwise

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nowfab.errors import FileError, Place
from nowfab.inventory import strict_yaml
from nowfab.inventory.strict_yaml import Items, Table, Text


def plain(value: strict_yaml.Value | None) -> object:
    """Give the value as dicts and texts."""
    if isinstance(value, Table):
        return {key.value: plain(said) for key, said in value.entries}
    return value.value if isinstance(value, Text) else "a list" if isinstance(value, Items) else None


@pytest.mark.parametrize(
    "word", ["no", "0777", "12:30:45", "1e3", "0x16", "2001-01-01", ".5", "1_000", "null", "~"]
)
def test_E6_a_word_stays_the_word_that_it_is(word: str) -> None:
    """YAML 1.1 would make false, 511, 45045, 1000.0, 22, a date, 0.5, 1000 and nothing of these."""

    assert {"a": word} == plain(strict_yaml.read(f"a: {word}", "n"))


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a: !!python/object/apply:os.system [id]", 1, "tags are not read"),
        ("a:\n  !x b", 2, "tags are not read"),
        ("a: &x b\n", 1, "anchors are not read"),
        ("&a [*a]", 1, "anchors are not read"),
        ("a: b\nc: *x", 2, "aliases are not read"),
        ("<<: *x", 1, "aliases are not read"),
        ("a: 1\nb: 2\n'a': 3", 3, "`a` stands here again, first in line 1"),
        ("[" * 3000, 1, "nested more than 32 deep"),
        ("{a: " * 3000, 1, "nested more than 32 deep"),
        ("a\n---\nb", 2, "a second document begins"),
        ("? [a]\n: b", 1, "a key is a text"),
        ("a: b: c", 1, "this is not YAML: mapping values are not allowed"),
        ("a: b\n\tc: d", 2, "this is not YAML"),
        ("a: b\nc: \x00", 2, "cannot stand in YAML"),
        ("a: \x1b[2J", 1, "cannot stand in YAML"),
    ],
)
def test_E6_what_surprises_is_an_error_with_its_line(text: str, line: int, what: str) -> None:
    """A nodes.yaml from somebody else must not run code, multiply, or mean something else."""
    with pytest.raises(FileError) as refused:
        strict_yaml.read(text, "nodes.yaml")

    assert (Place("nodes.yaml", line), True) == (refused.value.place, what in refused.value.what)


def test_E6_an_alias_bomb_costs_nothing() -> None:
    """306 bytes that load to 9^9 leaves."""
    bomb = "a: &a [x]\n" + "".join(
        f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in pairwise("abcdefghi")
    )
    tracemalloc.start()
    with pytest.raises(FileError):
        strict_yaml.read(bomb, "nodes.yaml")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 1024 * 1024


@pytest.mark.parametrize(
    "text", ["[" + "a," * 1_100_000 + "]", "x" * 17_000_000], ids=["values", "characters"]
)
def test_E4_a_huge_file_is_refused(text: str) -> None:
    """No fleet needs a million values."""
    began = time.process_time()
    with pytest.raises(FileError):
        strict_yaml.read(text, "nodes.yaml")

    assert time.process_time() - began < 30


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "~", "\ufeff"])
def test_nothing_is_nothing(text: str) -> None:
    """An empty file is a file that says nothing."""

    assert strict_yaml.read(text, "n") is None


def test_without_libyaml_the_same_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyYAML is installed without its C half where no wheel fits."""
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)

    assert {"a": {"b": "no", "c": "a list"}} == plain(strict_yaml.read("\ufeffa: {b: no,\r\n c: [1]}", "n"))


@given(st.text(alphabet="ab:-[]{},!&*# \n\"'|>%?@`~\t", max_size=40) | st.text(max_size=30))
def test_any_text_is_values_or_our_own_error(text: str) -> None:
    """Foreign exceptions are translated where they enter."""
    try:
        strict_yaml.read(text, "nodes.yaml")
    except FileError as error:
        shown = str(error)
    else:
        return

    assert shown.startswith("nodes.yaml")
