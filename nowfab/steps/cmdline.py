"""Have words on a Raspberry Pi's kernel command line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from nowfab.errors import UsageError
from nowfab.plan.steps import Refused, Step
from nowfab.steps.firmware import firmware

NAME = "cmdline.txt"

WORD = re.compile(r'(?:[!#-~]|"[^"\n]*")+')
"""A word; what is within quotation marks may have spaces (the kernel's parse_args)."""

INIT = "--"
"""What stands behind it is for init (the kernel's documentation, kernel-parameters)."""


def cmdline(
    set: Sequence[tuple[str, str]] = (), add: tuple[str, ...] = (), remove: tuple[str, ...] = ()
) -> Step:
    """Give names their values, add words that are missing, and remove some.

    A name that is removed goes with any value, `name=value` only so. UsageError for what cannot be meant.
    """
    had = (*(f"{name}={value}" for name, value in set), *add)
    if not (*had, *remove):
        raise UsageError("`cmdline` says what to `set`, to `add` or to `remove`")
    for word in (*had, *remove):
        if not WORD.fullmatch(word) or word == INIT:
            raise UsageError(f"`{word}` is no word of the kernel's command line")

    def render(old: str) -> str:
        line = old.rstrip()
        if "\n" in line:
            raise Refused(f"{NAME} has several lines, and the firmware reads one; make one of them first")
        was = _split(line)
        new = [word for word in was if not any(_means(each, word) for each in remove)]
        for word in add:
            _append(new, word)
        for name, value in set:
            _give(new, name, value)
        if any(word.startswith("root=") for word in was) and not any(
            word.startswith("root=") for word in new
        ):
            raise Refused(f"without `root=` in {NAME} the kernel finds no system to start")
        if not new:
            raise Refused(f"nothing would be left in {NAME}: no kernel starts with that")
        return old if new == was else " ".join(new) + "\n"

    return firmware(f"{NAME}: {', '.join((*had, *(f'no {word}' for word in remove)))}", NAME, render)


def _split(line: str) -> list[str]:
    """Give the words of a command line."""
    words = WORD.findall(line)
    if not words:
        raise Refused(f"{NAME} is empty: no kernel starts with that")
    if "".join("".join(words).split()) != "".join(line.split()):
        raise Refused(f"{NAME} has an open quotation mark, or what is no ASCII")
    return words


def _means(wanted: str, word: str) -> bool:
    return word == wanted or ("=" not in wanted and word.startswith(f"{wanted}="))


def _append(words: list[str], word: str) -> None:
    """Put a word behind the kernel's own, where it is not there."""
    end = words.index(INIT) if INIT in words else len(words)
    if word not in words[:end]:
        words.insert(end, word)


def _give(words: list[str], name: str, value: str) -> None:
    """Give the one word of a name its value."""
    at = [number for number, word in enumerate(words) if word.startswith(f"{name}=")]
    if len(at) > 1:
        raise Refused(
            f"`{name}=` stands in {NAME} {len(at)} times; `add` and `remove` say which of them is meant"
        )
    if at:
        words[at[0]] = f"{name}={value}"
    else:
        _append(words, f"{name}={value}")
