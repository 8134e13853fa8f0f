"""Change what a Raspberry Pi's firmware reads before Linux starts."""

from __future__ import annotations

from dataclasses import replace

from nowfab.plan.changes import Change, WriteFile
from nowfab.plan.questions import File, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.text import Render, text

FOLDERS = ("/boot/firmware", "/boot")
"""Where its partition is mounted: since Raspberry Pi OS 12, and in Ubuntu, at the first."""

MOVED = b"The file you are looking for has moved"
"""What stands in the file that Raspberry Pi OS 12 has left at the old place."""

AFTER_REBOOT = "counts after a reboot"


def firmware(title: str, name: str, render: Render) -> Step:
    """Change a text of the firmware; the partition is vfat, so that no guard takes it back."""

    def decide(view: View) -> tuple[Change, ...]:
        changes = text(title, place(view, name), render).decide(view)
        return tuple(replace(one, note=AFTER_REBOOT) for one in changes if isinstance(one, WriteFile))

    return Step(title, questions(name), decide)


def questions(name: str) -> tuple[PathAt, ...]:
    """Ask what stands in each place where the file may be."""
    return tuple(PathAt(f"{folder}/{name}") for folder in FOLDERS)


def place(view: View, name: str) -> str:
    """Find where the firmware's file is."""
    for question in questions(name):
        found = view.at(question.path)
        if isinstance(found, File):
            if found.content is not None and MOVED in found.content.head(1024):
                raise Refused(
                    f"the firmware's partition is not mounted: {question.path} only says where it was"
                )
            return question.path
    raise Refused(
        f"there is no {name} in {' or '.join(FOLDERS)}: this is no Raspberry Pi as its OS makes them"
    )
