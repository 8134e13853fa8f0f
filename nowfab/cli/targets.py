"""Read our files, and choose the nodes that are meant."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from random import Random

from nowfab import inventory, names
from nowfab.cli import sources, surroundings
from nowfab.cli.flags import Typed
from nowfab.errors import UsageError
from nowfab.inventory import Inventory, Outside, Target
from nowfab.inventory.node import Node

_PATIENCE = 5
"""Seconds of computing for one regular expression; a sound one takes 0.1 s for 100,000 names."""


def known(practice: bool = True) -> Inventory:
    """Read every groups file that there is, and, unless told otherwise, the practice nodes."""
    from nowfab.fleet import state

    return sources.known(state.load(fleet_folder()) if practice else ())


def fleet_folder() -> Path:
    """Name the folder of this project's practice fleet."""
    from nowfab.fleet import state

    return state.folder(surroundings.project(), state.home(os.environ))


def chosen(among: Inventory, typed: Typed, fed: bool = False) -> tuple[Node, ...]:
    """Choose the nodes of the flags; none at all is an error. `fed` says that the nodes get our input."""
    user = None if typed.user is None else names.user(typed.user)
    port = None if typed.port is None else names.port(typed.port)
    target = Target(typed.group, typed.hosts, typed.exclude)
    read = outside((*typed.group, *typed.hosts, *typed.exclude), fed)
    return inventory.select(among, target, user, port, read)


def outside(expressions: Sequence[str], fed: bool = False) -> Outside:
    """Read the files that expressions name, and our own standard input where they say `-`."""
    wanted = inventory.texts_of(expressions)
    if not wanted:
        return Outside({}, _search)
    from nowfab.cli import names_files

    return Outside(names_files.read(wanted, fed), _search)


def _search(pattern: re.Pattern[str], among: Sequence[str]) -> Sequence[str]:
    from nowfab.terminal import alarm

    text = names.shown(f"~{pattern.pattern}")
    slow = UsageError(f"{text} takes more than {_PATIENCE} seconds to look for; leave out a `*` or a `+`")
    with alarm.within(_PATIENCE, slow):
        return [name for name in among if pattern.search(name)]


def pick(nodes: Sequence[Node], count: int, chance: Random) -> tuple[Node, ...]:
    """Pick so many nodes at random, all where there are no more; they stay in their order."""
    kept = sorted(chance.sample(range(len(nodes)), min(count, len(nodes))))
    return tuple(nodes[number] for number in kept)
