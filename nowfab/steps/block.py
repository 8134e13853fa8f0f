"""Have a marked block in a file that is otherwise somebody else's."""

from __future__ import annotations

from nowfab.plan import blocks
from nowfab.plan.steps import Refused, Step
from nowfab.steps.rights import ANY, Rights
from nowfab.steps.text import text


def block(
    path: str,
    name: str,
    content: str,
    rights: Rights = ANY,
    comment: str = "#",
    check: tuple[str, ...] = (),
    verify: tuple[str, ...] = (),
) -> Step:
    """Put the block, at the end of a file that has none of this name; an empty content takes it out."""
    marks = blocks.marks(name, comment)

    def render(old: str) -> str:
        try:
            return blocks.put(old, marks, content) if content else blocks.take(old, marks)
        except blocks.Torn as error:
            raise Refused(f"{path}: {error}") from None

    def edited(old: str) -> bool:
        found = blocks.find(old, marks)
        return found is not None and found.edited and found.inside != blocks.whole(content)

    return text(f"block {name} in {path}", path, render, rights, check, verify, edited)
