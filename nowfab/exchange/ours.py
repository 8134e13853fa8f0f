"""Write a roster as files of our own: a clusters file, and the part of nodes.yaml that it cannot hold."""

from __future__ import annotations

from typing import Any

from nowfab.exchange.roster import Roster
from nowfab.exchange.write import FORMATS


def clusters(roster: Roster) -> str:
    """Give the lines of a clusters file."""
    return FORMATS["clusterssh"].write(roster)[""]


def nodes(roster: Roster) -> str:
    """Give a nodes.yaml with the facts of hosts, "" where there are none."""
    import yaml

    found: dict[str, dict[str, Any]] = {}
    for host in roster.hosts:
        said = {"address": host.address, "via": host.via, "identity": host.identity}
        if facts := {key: value for key, value in said.items() if value is not None}:
            found[host.name] = facts
    return (
        yaml.safe_dump({"nodes": found}, sort_keys=False, default_flow_style=False, width=1000)
        if found
        else ""
    )
