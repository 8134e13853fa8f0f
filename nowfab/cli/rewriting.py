"""Change files of ours: show what changes, write all or none, begin anew where somebody else wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from nowfab.cli import surroundings
from nowfab.errors import OutputError
from nowfab.report.visible import visible
from nowfab.store.replace import New
from nowfab.terminal.screen import standard

_TRIES = 50
"""Each time somebody else has written meanwhile, so somebody always comes through."""


def rewrite(decide: Callable[[], tuple[Sequence[New], str]], dry: bool, show: bool = True) -> None:
    """Do what `decide` says, which reads the files: what they should say, and a sentence for the person.

    Without `show` standard output is for other data, and gets no diff.
    """
    from nowfab.store import replace

    screen = standard()
    for _ in range(_TRIES):
        wanted, sentence = decide()
        files = [file for file in wanted if file.text != (file.was or "")]
        if dry or not files or replace.change(files):
            screen.data(visible(line) + "\n" for file in (files if show else ()) for line in _diff(file))
            head = (
                "nothing to do: "
                if not files
                else "nothing was written, because of --dry; otherwise: "
                if dry
                else ""
            )
            screen.say(visible(head + sentence))
            return
    raise OutputError(f"{files[0].path} is being changed by somebody else all the time; nothing was written")


def near(path: str) -> str:
    """Name a file of this project from the project's folder."""
    return path.removeprefix(f"{surroundings.project()}/")


def _diff(file: New) -> Sequence[str]:
    from nowfab.plan import diff

    return diff.texts(near(str(file.path)), file.was or "", file.text)


def text_of(path: Path) -> str | None:
    """Read a file that may not be there yet, exactly. Raises FileError."""
    from nowfab.store import files

    return files.read(path, exact=True) if files.exists(path) else None
