"""An expression is cut where ClusterShell cuts it, and what cannot be meant is an error of ours."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nowfab import names
from nowfab.errors import NameRefused

CASES = {
    "red": ",red",
    " red , ,blue, ": ",red ,blue",
    "red!red[01,02]&@blue": ",red !red[01,02] &@blue",
    "a ^ b": ",a ^b",
    "^a^^b": ",^a ^^b",
    "^names/red,-": ",^names/red ,-",
    "@*!~^red": ",@* !~^red",
    "~^a|^b^c": ",~^a|^b ^c",
    "~(?!x)a{1,3}[,&^!]$,c": ",~(?!x)a{1,3}[,&^!]$ ,c",
    r"~a\,b,[::1]:22": r",~a\,b ,[::1]:22",
    "{a,b}{1..2}!a1": ",{a,b}{1..2} !a1",
    "": "",
}


@pytest.mark.parametrize("text", CASES)
def test_an_expression_is_cut_at_its_operators(text: str) -> None:
    """A comma inside of a range, or a `^` that is an anchor, joins nothing."""

    assert CASES[text] == " ".join(term.operator + term.typed for term in names.terms(text))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("red!", "`red!`: nothing stands behind `!`"),
        ("red,&blue", "`red,&blue`: nothing stands between `,` and `&`"),
        ("red&&blue", "`red&&blue`: `&` is written once"),
        ("!red", "`!red`: nothing stands before `!`; everybody else is `@*!red`"),
        ("&red", "`&red`: nothing stands before `&`"),
        ("red|blue", "`red|blue`: `|` is not allowed; between names stand `,` (and), `!` (but not)"),
        ("red+blue", "`red+blue`: `+` is not allowed; between names stand"),
        ("*", "`*`: `*` is not allowed; everybody is `@*`"),
        ("red*", "`red*`: `*` is not allowed; everybody is `@*`, names are found by a regular expression"),
        ("red[01-02!blue", "`red[01-02!blue`: a bracket is not closed"),
        ("@", "nothing stands behind `@`; `@red` is the group `red`"),
        ("red^", "`red^`: nothing stands behind `^`"),
        ("red,^", "nothing stands behind `^`; `^FILE` is a file of names"),
        ("~", "nothing stands behind `~`; `~^red` is every name that begins with red"),
        ("~red(", "`~red(` is no regular expression: missing ), unterminated subpattern at position 3"),
        ("~red[0", "`~red[0` is no regular expression: unterminated character set"),
        ("~" + "a" * 501, "is longer than 500 characters"),
    ],
)
def test_E3_what_is_mistyped_says_what_would_have_worked(text: str, message: str) -> None:
    """Nobody knows all these marks by heart."""
    with pytest.raises(NameRefused) as refused:
        names.terms(text)

    assert message in str(refused.value)


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "~" + "[" * 200_000, "~(" * 100_000, "a," * 100_000, " " * 200_000]
)
def test_a_long_text_is_cut_in_little_time(text: str) -> None:
    """A file of names may hold words of any length."""
    began = time.process_time()
    with suppress(NameRefused):
        names.terms(text)

    assert time.process_time() - began < 5


@given(st.text(alphabet="ab1-@~^!&,[]{}()|\\?* \n", max_size=25) | st.text(max_size=20))
def test_any_text_is_cut_or_our_own_error(text: str) -> None:
    """What is cut says the same as what was typed, when it is cut again."""
    try:
        found = names.terms(text)
    except NameRefused:
        return

    again = "".join(term.operator + term.typed for term in found).removeprefix(",")

    assert found == names.terms(again)
