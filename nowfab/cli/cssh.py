"""Be ClusterSSH's `external_cluster_command`: words in, hosts out.

The protocol is that of clusterssh(1): `nowfab-cssh -L` gives all groups, `nowfab-cssh WORD …` the
hosts that the words mean, blanks between them, in one line. What we do not know is given back as it
came, unless ssh could take it for something else than a host.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from nowfab import inventory, names
from nowfab.cli import sources
from nowfab.errors import NameRefused, NowfabError
from nowfab.inventory import Inventory
from nowfab.inventory.node import Node
from nowfab.names import Word
from nowfab.report.visible import visible

FOLDER = "NOWFAB_PROJECT"
"""The variable of the environment that names the folder whose groups count, wherever cssh is started."""


def main() -> None:
    """Answer the words of this process; exit code 1 with one sentence where the files cannot be read."""
    try:
        known = _known()
        if sys.argv[1:] == ["-L"]:
            found = list(inventory.groups(known))
        else:
            found = [host for word in sys.argv[1:] for host in _hosts(known, word)]
    except NowfabError as error:
        sys.exit(f"nowfab-cssh: {visible(str(error))}")
    sys.stdout.write(f"{' '.join(dict.fromkeys(found))}\n")


def _known() -> Inventory:
    """Read the files; practice nodes are none of cssh's business."""
    folder = os.environ.get(FOLDER)
    return sources.known(folder=Path(folder) if folder else None)


def _hosts(known: Inventory, text: str) -> Iterator[str]:
    """Give the hosts of one word: a group's members, the nodes of a range, or itself."""
    try:
        words = names.words(text.partition("=")[0])
    except NameRefused as error:
        _say(f"left out: {error}")
        return
    for word in words:
        if word.port is None and known.has_group(word.name):
            for seat in known.seats(word.name):
                yield _host(known.node(Word(seat.word.name, word.user), seat.word))
        elif known.defines(word.name):
            yield _host(known.node(word))
        else:
            yield text if len(words) == 1 else names.written(word)


def _host(node: Node) -> str:
    """Write a node as cssh reads a host (App::ClusterSSH::Host, parse_host_string)."""
    if node.via is not None:
        _say(
            f"`{node.name}` is behind `{node.via.name}`, which cssh reaches only with ssh_config's ProxyJump"
        )
    if node.local:
        return "localhost"
    address = node.name if node.address is None or node.via is not None else node.address
    return names.written(Word(address, node.user, node.port))


def _say(text: str) -> None:
    sys.stderr.write(f"nowfab-cssh: {visible(text)}\n")
