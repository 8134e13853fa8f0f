"""A marked block is ours, every other byte of the file is somebody else's."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab.plan import blocks

RED = blocks.marks("red")
LINES = st.text(st.sampled_from("ab #\r\n\t\x0c\u2028é"), max_size=60)


@given(LINES, LINES)
def test_all_other_bytes_stay(text: str, content: str) -> None:
    """A form feed or a lone carriage return is no end of a line."""
    written = blocks.put(text, RED, content)
    gap = "" if not text or text.endswith("\n") else "\n"

    assert written.startswith(text)
    assert text + gap == blocks.take(written, RED)


@given(LINES, LINES, LINES)
def test_a_block_is_replaced_where_it_stands(before: str, old: str, new: str) -> None:
    text = blocks.put(before, RED, old) + "after\n"

    assert blocks.put(text, RED, new).endswith("\nafter\n")
    assert blocks.put(before, RED, new) + "after\n" == blocks.put(text, RED, new)


@given(LINES, LINES)
def test_put_again_nothing_changes(text: str, content: str) -> None:
    once = blocks.put(text, RED, content)

    assert once == blocks.put(once, RED, content)


@given(LINES, LINES.filter(bool), st.text(st.sampled_from("xyz \n"), min_size=1, max_size=9))
def test_G2_what_somebody_edits_in_it_is_noticed_and_what_outside_is_not(
    text: str, content: str, typed: str
) -> None:
    ours = blocks.put(text, RED, content)
    outside = blocks.find(f"{typed}\n{ours}{typed}", RED)
    inside = blocks.find(ours.replace(f"{RED.begin}\n", f"{RED.begin}\n{typed}\n"), RED)

    assert (outside is not None and outside.edited, inside is not None and inside.edited) == (False, True)


def test_a_block_without_its_seal_is_somebody_else_s() -> None:
    found = blocks.find(f"{RED.begin}\nx\n{RED.end}\n", RED)

    assert (True, "x\n") == (found is not None and found.edited, found and found.inside)


def test_two_blocks_do_not_know_each_other() -> None:
    blue = blocks.marks("blue")
    both = blocks.put(blocks.put("", RED, "1\n"), blue, "2\n")

    assert blocks.put("", blue, "2\n") == blocks.take(both, RED)


@pytest.mark.parametrize(
    "text",
    [
        f"{RED.begin}\n",
        f"{RED.end}\n",
        f"{RED.end}\n{RED.begin}\n",
        f"{RED.begin}\n{RED.begin}\n{RED.end}\n",
    ],
)
def test_marks_that_do_not_belong_together_are_not_guessed_at(text: str) -> None:
    """Whoever deleted one of them meant something; what, only a person knows."""
    with pytest.raises(blocks.Torn, match="line"):
        blocks.put(text, RED, "x\n")


def test_marks_with_the_line_ends_of_windows_are_found() -> None:
    assert "a\r\n" == blocks.take(f"a\r\n{RED.begin}\r\nx\r\n{RED.end}\r\n", RED)
