"""Write a roster in the formats of other tools."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from nowfab.exchange.fit import Able, fit
from nowfab.exchange.roster import Host, Item, Roster
from nowfab.names import Word, written

Files = Mapping[str, str]
"""Texts by the name of their file; "" is the name of the only one."""


@dataclass(frozen=True, slots=True)
class Format:
    """One tool's format: what it can hold, and how it is written."""

    able: Able
    write: Callable[[Roster], Files]
    what: str


def write(roster: Roster, to: str) -> tuple[Files, tuple[str, ...]]:
    """Give the files of a format, and what it cannot hold, a sentence each."""
    format = FORMATS[to]
    fitting, lost = fit(roster, format.able)
    return format.write(fitting), lost


def _tags(roster: Roster) -> Files:
    lines = (f"{name} {' '.join(map(_word, items))}".rstrip() for name, items in roster.groups)
    return {"": "".join(f"{line}\n" for line in lines)}


def _dsh(roster: Roster) -> Files:
    """One file a group (dsh's ~/.dsh/group/NAME)."""
    return {name: "".join(f"{_word(item)}\n" for item in items) for name, items in roster.groups}


def _pssh(roster: Roster) -> Files:
    return {"": "".join(f"{_word(item)}\n" for item in roster.everybody())}


def _genders(roster: Roster) -> Files:
    """One line a node: its groups as attributes without a value, what is known of it with one."""
    lines, facts = [], roster.facts()
    seats: dict[str, dict[str, None]] = {}
    for name, items in roster.groups:
        for item in items:
            seats.setdefault(item.name, {})[name] = None
    for item in roster.everybody():
        host = facts(item.name)
        said = {"user": item.user, "port": item.port, "address": host.address, "via": host.via}
        attributes = [*seats[item.name], *(f"{key}={value}" for key, value in said.items() if value)]
        lines.append(f"{item.name} {','.join(attributes)}\n")
    return {"": "".join(lines)}


def _clustershell(roster: Roster) -> Files:
    """A file of groups.d/: the source `nowfab`, its groups as node sets."""
    groups = {
        name: ",".join(f"@{item.name}" if item.group else item.name for item in items)
        for name, items in roster.groups
    }
    return {"": _yaml({"nowfab": groups})}


def _ansible(roster: Roster) -> Files:
    """An inventory in YAML."""
    facts, told = roster.facts(), set[str]()
    groups: dict[str, Any] = {}
    for name, items in roster.groups:
        hosts = {item.name: _variables(facts, item, told) for item in items if not item.group}
        children = {item.name: None for item in items if item.group}
        groups[name] = {key: part for key, part in (("hosts", hosts), ("children", children)) if part} or None
    return {"": _yaml({"all": {"children": groups}})}


def _variables(facts: Callable[[str], Host], item: Item, told: set[str]) -> dict[str, Any] | None:
    """Give what Ansible must know of a host, where it is first named."""
    if item.name in told:
        return None
    told.add(item.name)
    host = facts(item.name)
    said = {
        "ansible_host": host.address,
        "ansible_user": item.user,
        "ansible_port": item.port,
        "ansible_ssh_private_key_file": host.identity,
        "ansible_ssh_common_args": f"-o ProxyJump={host.via}" if host.via else None,
    }
    return {key: value for key, value in said.items() if value is not None} or None


def _ssh_config(roster: Roster) -> Files:
    blocks, facts = [], roster.facts()
    for item in roster.everybody():
        host = facts(item.name)
        said = (
            ("HostName", host.address),
            ("User", item.user),
            ("Port", item.port),
            ("IdentityFile", host.identity),
            ("ProxyJump", host.via),
        )
        lines = [f"    {key} {value}\n" for key, value in said if value is not None]
        if lines:
            blocks.append(f"Host {item.name}\n{''.join(lines)}")
    return {"": "\n".join(blocks)}


def _hosts(roster: Roster) -> Files:
    """One line a host whose address is one; a name has no place in such a file."""
    hosts = map(roster.facts(), (item.name for item in roster.everybody()))
    return {"": "".join(f"{host.ip} {host.name}\n" for host in hosts if host.ip)}


def _word(item: Item) -> str:
    """Write a host; nobody else reads a port behind an IPv6 address."""
    return written(Word(item.name, item.user, None if ":" in item.name else item.port))


def _yaml(value: object) -> str:
    import yaml

    return yaml.safe_dump(value, sort_keys=False, default_flow_style=False, width=1000)


_PER_HOST = Able(user=True, port=True, per_host=True, address=True, via=True)

FORMATS: Mapping[str, Format] = {
    "clusterssh": Format(Able(nested=True, user=True, port=True), _tags, "/etc/clusters"),
    "clusterssh-portable": Format(
        Able(user=True), _tags, "/etc/clusters for cssh, csshX and tmux-cluster alike"
    ),
    "csshx": Format(Able(nested=True, user=True, port=True), _tags, "/etc/clusters for csshX"),
    "dsh": Format(Able(user=True), _dsh, "a folder with a file for each group"),
    "genders": Format(_PER_HOST, _genders, "/etc/genders"),
    "clustershell": Format(Able(nested=True, ipv6=False), _clustershell, "a file of groups.d/"),
    "pssh": Format(Able(groups=False, user=True, port=True), _pssh, "a file of hosts"),
    "ansible": Format(
        replace(_PER_HOST, nested=True, identity=True, own=("all", "ungrouped")),
        _ansible,
        "an inventory in YAML",
    ),
    "ssh-config": Format(
        replace(_PER_HOST, groups=False, identity=True),
        _ssh_config,
        "Host blocks for ~/.ssh/config",
    ),
    "hosts": Format(Able(groups=False, address=True, placed=True), _hosts, "lines for /etc/hosts"),
}
"""By the name behind --to."""
