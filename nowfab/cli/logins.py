"""Find out as whom each node is logged in to, and the public keys of the person who does."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from nowfab import names
from nowfab.cli import surroundings
from nowfab.errors import FileError, Place, UsageError
from nowfab.inventory.node import Node
from nowfab.inventory.strict_yaml import Text
from nowfab.networks.base import Login
from nowfab.steps import fields

if TYPE_CHECKING:
    from nowfab.machines.ssh.endpoint import Endpoint


def logins(nodes: Sequence[Node], named: Sequence[str]) -> Mapping[str, Login]:
    """Give each node's login by its name; keys are those of the `named` files, else those it is offered.

    UsageError for a node that none of our keys could be for, FileError for a file that holds no public key.
    """
    from nowfab.machines.crew import endpoints
    from nowfab.machines.options import Options

    where = endpoints(Options(surroundings.home(), environ=os.environ))
    read: dict[Path, tuple[str, ...]] = {}
    given = tuple(line for name in named for line in _named(Path(name).expanduser()))
    places = {node.name: where(node) for node in nodes}
    found = {name: given or _beside(place, read) for name, place in places.items()}
    if missing := [name for name, keys in found.items() if not keys]:
        raise UsageError(_none(missing, places[missing[0]]))
    return {name: Login(place.user, found[name]) for name, place in places.items()}


def _beside(place: Endpoint, read: dict[Path, tuple[str, ...]]) -> tuple[str, ...]:
    """Give the public keys that lie beside the private ones that a node is offered."""
    for path in map(_public, place.identities):
        if path not in read:
            read[path] = _keys(path) if path.exists() else ()
    return tuple(dict.fromkeys(line for path in place.identities for line in read[_public(path)]))


def _public(path: Path) -> Path:
    return path.with_name(f"{path.name}.pub")


def _named(path: Path) -> tuple[str, ...]:
    keys = _keys(path)
    if not keys:
        raise FileError(str(path), "no public key stands here")
    return keys


def _keys(path: Path) -> tuple[str, ...]:
    try:
        return fields.keys(Text(path.read_text(), Place(str(path), 1), plain=False))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise FileError(str(path), f"cannot be read as a public key: {why.lower()}") from None


def _none(missing: Sequence[str], place: Endpoint) -> str:
    home = surroundings.home()
    files = [_public(path) for path in place.identities]
    short = [f"~/{file.relative_to(home)}" if file.is_relative_to(home) else str(file) for file in files]
    looked = ", ".join(f"`{file}`" for file in short) or "no file"
    hint = "`ssh-keygen -t ed25519` makes a pair of keys, `--key FILE.pub` names another public key"
    return f"no public key of yours for {names.fold(missing)}: looked for {looked}; {hint}"
