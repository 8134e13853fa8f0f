"""Keep a marked block in a text that is otherwise somebody else's.

The line behind it holds a seal, the beginning of the sha256 of what is between the marks: by it we see
whether somebody else has edited that.
"""

from __future__ import annotations

import hashlib
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


@dataclass(frozen=True, slots=True)
class Block:
    """A text split at its block; `edited` says that what is in it is not what we put there."""

    before: str
    inside: str
    after: str
    edited: bool


def marks(name: str, comment: str = "#") -> Marks:
    """Give the marks of a block of this name, as comments of the file's language."""
    return Marks(f"{comment} nowfab {name}: begin", f"{comment} nowfab {name}: end")


def put(text: str, block: Marks, content: str) -> str:
    """Put the content between the marks, at the end of a text that has none; Torn.

    All other lines stay as they are, byte for byte.
    """
    found = find(text, block)
    if found is None:
        gap = "" if not text or text.endswith("\n") else "\n"
        found = Block(text + gap, "", "", edited=False)
    inside = whole(content)
    return f"{found.before}{block.begin}\n{inside}{block.end} {_seal(inside)}\n{found.after}"


def take(text: str, block: Marks) -> str:
    """Take the block out, marks too; Torn."""
    found = find(text, block)
    return text if found is None else found.before + found.after


def whole(content: str) -> str:
    """Give a content as it stands between the marks: in whole lines."""
    return content if not content or content.endswith("\n") else f"{content}\n"


def find(text: str, block: Marks) -> Block | None:
    """Split a text at the block, None for a text that has none; Torn."""
    lines = _LINE.findall(text)
    begins = [number for number, line in enumerate(lines) if line.strip() == block.begin]
    end = re.compile(rf"{re.escape(block.end)}(?: ([0-9a-f]{{12}}))?")
    ends = {number: found for number, line in enumerate(lines) if (found := end.fullmatch(line.strip()))}
    if not begins and not ends:
        return None
    if len(begins) != 1 or len(ends) != 1 or begins[0] > min(ends):
        numbers = ", ".join(str(number + 1) for number in sorted([*begins, *ends]))
        raise Torn(f"the marks of the block do not belong together: `{block.begin}` (lines {numbers})")
    first, (last, sealed) = begins[0], ends.popitem()
    inside = "".join(lines[first + 1 : last])
    return Block("".join(lines[:first]), inside, "".join(lines[last + 1 :]), sealed[1] != _seal(inside))


def _seal(inside: str) -> str:
    return hashlib.sha256(inside.encode("utf-8", "surrogateescape")).hexdigest()[:12]
