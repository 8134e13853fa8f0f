"""Put together what all files say of groups, in the order in which ClusterSSH reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from nowfab.groups import clusters, csshrc, tags
from nowfab.groups.clusters import ClustersFile
from nowfab.groups.resolve import Groups, merge

Kind = Literal["clusters", "tags", "settings"]


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file; `file` is its name in messages."""

    file: str
    text: str
    kind: Kind = "clusters"


def load(sources: Sequence[Source], others: Sequence[ClustersFile] = ()) -> Groups:
    """Read the texts; `others` come after the clusters files. Raises FileError.

    Groups of ClusterSSH's settings come first, clusters files replace them and each other, tags
    files add to both.
    """
    old = [csshrc.groups(source.text, source.file) for source in sources if source.kind == "settings"]
    files = [clusters.parse(source.text, source.file) for source in sources if source.kind == "clusters"]
    tagged = [tags.parse(source.text, source.file) for source in sources if source.kind == "tags"]
    return merge([*old, *files, *others], tagged)
