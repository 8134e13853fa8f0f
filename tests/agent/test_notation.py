"""The agent's JSON: what it reads and writes is what everybody's does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_is_what_the_module_json_writes(agent: dict[str, Any], value: Any) -> None:
    assert json.dumps(value) == agent["format_json"](value)


@given(VALUES)
def test_what_is_written_is_read_again(agent: dict[str, Any], value: Any) -> None:
    assert value == agent["parse_json"](f" {json.dumps(value)}\n")


@pytest.mark.parametrize("text", ["", " ", "{", "{} {}", "nothing", '{"a": 1,}', "[1 2]", '"\n"', "{'a': 1}"])
def test_what_is_no_json_is_an_error_as_with_everybody(agent: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        json.loads(text)
    with pytest.raises(ValueError, match=r"."):
        agent["parse_json"](text)


def test_a_python_without_the_quick_part_does_it_all_the_same(
    agent: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "_json", None)

    assert (json.loads, json.dumps) == (agent["reader"](), agent["writer"]())
