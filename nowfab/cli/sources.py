"""Read the files that speak of groups, in ClusterSSH's order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nowfab import inventory
from nowfab.cli import surroundings
from nowfab.groups import Source, csshrc
from nowfab.groups.sources import Kind
from nowfab.inventory import Inventory
from nowfab.inventory.node import Node

if TYPE_CHECKING:
    from nowfab.store.files import Found


def read(exact: bool = False, folder: Path | None = None) -> tuple[Found, tuple[Source, ...]]:
    """Find all files and read them, if `exact` with all that no reader needs. Raises FileError.

    The project is looked for upwards of `folder`, None for the current one.
    """
    from nowfab.store import files

    home = surroundings.home()
    settings = _texts(files.settings(home), "settings", exact)
    said = [csshrc.parse(source.text, source.file) for source in settings]
    extra = files.Extra(csshrc.paths(said, "clusters"), csshrc.paths(said, "tags"))
    found = files.find(folder or surroundings.folder(), home, extra)
    clusters, tags = _texts(found.clusters, "clusters", exact), _texts(found.tags, "tags", exact)
    return found, (*settings, *clusters, *tags)


def known(practice: Sequence[Node] = (), folder: Path | None = None) -> Inventory:
    """Put together what all files, and a practice fleet, say of nodes. Raises FileError."""
    from nowfab.store import files

    found, sources = read(folder=folder)
    nodes = None if found.nodes is None else (str(found.nodes), files.read(found.nodes))
    return inventory.build(sources, nodes, practice)


def _texts(paths: Sequence[Path], kind: Kind, exact: bool) -> tuple[Source, ...]:
    from nowfab.store import files

    return tuple(Source(str(path), files.read(path, exact), kind) for path in paths)
