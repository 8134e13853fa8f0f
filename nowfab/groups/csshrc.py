"""Read what ClusterSSH's own settings say of groups: further files, and groups of the old kind.

The keys are those of clusterssh(1); a later settings file replaces what an earlier one says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nowfab.errors import Place
from nowfab.groups import lines
from nowfab.groups.clusters import ClustersFile, gathered, member
from nowfab.groups.lines import Member

SETTING = re.compile(r"(?P<head>\s*(?P<key>\S+?)\s*=)\s*(?P<value>.*?)\s*", re.ASCII | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Csshrc:
    """Paths of further clusters and tags files as they are written, None where nothing is said."""

    clusters: tuple[str, ...] | None
    tags: tuple[str, ...] | None


def parse(text: str, file: str) -> Csshrc:
    """Read which further files a settings file names; all other settings are cssh's own. Raises FileError."""
    said = _said(text, file)
    return Csshrc(_paths(said, "extra_cluster_file"), _paths(said, "extra_tag_file"))


def groups(text: str, file: str) -> ClustersFile:
    """Read the groups of the old kind: `clusters = red blue`, then `red = red01 red02`. Raises FileError."""
    said = _said(text, file)
    listed, _ = said.get("clusters", ("", Place(file, 1)))
    return gathered(file, (_group(tag, *said[tag]) for tag in listed.split() if tag in said))


def _said(text: str, file: str) -> dict[str, tuple[str, Place]]:
    said: dict[str, tuple[str, Place]] = {}
    for line in lines.logical(text, file):
        match = SETTING.fullmatch(line.text)
        if match is not None:
            said[match["key"]] = match["value"], Place(file, line.numbers[0])
    return said


def paths(settings: Sequence[Csshrc], what: str) -> tuple[str, ...]:
    """Give the further files, `clusters` or `tags`, of the last settings file that names any."""
    named = [one.clusters if what == "clusters" else one.tags for one in settings]
    return next((found for found in reversed(named) if found is not None), ())


def _paths(said: dict[str, tuple[str, Place]], key: str) -> tuple[str, ...] | None:
    if key not in said:
        return None
    return tuple(path.strip() for path in said[key][0].split(",") if path.strip())


def _group(tag: str, value: str, place: Place) -> tuple[Member, list[Member]]:
    return Member(tag, place), [member(Member(word, place)) for word in value.split()]
