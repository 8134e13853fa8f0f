"""Have one line in a file."""

from __future__ import annotations

import re

from nowfab.plan.steps import Refused, Step
from nowfab.steps.rights import ANY, Rights
from nowfab.steps.text import text

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def line(
    path: str,
    line: str,
    instead_of: str | None = None,
    rights: Rights = ANY,
    check: tuple[str, ...] = (),
    verify: tuple[str, ...] = (),
) -> Step:
    """Put the line at the end of a file that does not have it.

    `instead_of` is a regular expression: the one line in which it is found becomes this one. Where
    several lines have it, nobody knows which is meant, so that is refused.
    """

    def render(old: str) -> str:
        lines = _LINE.findall(old)
        if any(found.rstrip("\r\n") == line for found in lines):
            return old
        at = (
            [] if instead_of is None else [n for n, found in enumerate(lines) if re.search(instead_of, found)]
        )
        if len(at) > 1:
            numbers = ", ".join(str(number + 1) for number in at)
            raise Refused(f"{path}: `{instead_of}` is found in several lines: {numbers}")
        if at:
            end = "\r\n" if lines[at[0]].endswith("\r\n") else "\n"
            lines[at[0]] = line + end
            return "".join(lines)
        gap = "" if not old or old.endswith("\n") else "\n"
        return f"{old}{gap}{line}\n"

    return text(f"line in {path}", path, render, rights, check, verify)
