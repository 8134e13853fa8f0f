"""Keep a marked block in a text that is otherwise somebody else's."""

from __future__ import annotations

import re
from dataclasses import dataclass

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class Torn(Exception):
    """The marks in the text do not belong together; nobody knows what is between them."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The two lines around a block."""

    begin: str
    end: str


def marks(name: str, comment: str = "#") -> Marks:
    """Give the marks of a block of this name, as comments of the file's language."""
    return Marks(f"{comment} nowfab {name}: begin", f"{comment} nowfab {name}: end")


def put(text: str, block: Marks, content: str) -> str:
    """Put the content between the marks, at the end of a text that has none; Torn.

    All other lines stay as they are, byte for byte.
    """
    before, _, after = find(text, block)
    if before is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        before, after = text + gap, ""
    ending = "" if not content or content.endswith("\n") else "\n"
    return f"{before}{block.begin}\n{content}{ending}{block.end}\n{after}"


def take(text: str, block: Marks) -> str:
    """Take the block out, marks too; Torn."""
    before, _, after = find(text, block)
    return text if before is None else before + after


def find(text: str, block: Marks) -> tuple[str | None, str, str]:
    """Split a text at the block: what stands before (None without a block), in and after it; Torn."""
    lines = _LINE.findall(text)
    begins = [number for number, line in enumerate(lines) if line.strip() == block.begin]
    ends = [number for number, line in enumerate(lines) if line.strip() == block.end]
    if not begins and not ends:
        return None, "", ""
    if len(begins) != 1 or len(ends) != 1 or begins[0] > ends[0]:
        numbers = ", ".join(str(number + 1) for number in sorted([*begins, *ends]))
        raise Torn(f"the marks of the block do not belong together: `{block.begin}` (lines {numbers})")
    first, last = begins[0], ends[0]
    return "".join(lines[:first]), "".join(lines[first + 1 : last]), "".join(lines[last + 1 :])
