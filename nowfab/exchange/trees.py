"""Read groups from the formats of other tools that hold groups within groups: ClusterShell, Ansible."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from nowfab import names
from nowfab.errors import FileError, Place
from nowfab.exchange.lists import item, one, port, words
from nowfab.exchange.roster import Host, Item, Roster
from nowfab.inventory import strict_yaml
from nowfab.inventory.strict_yaml import Table, Text, Value

_RANGE = re.compile(r"\[(\w+):(\w+)\]")
"""Ansible's ranges, `[01:05]` and `[a:c]`."""

_JUMP = re.compile(r"ProxyJump[ =]([^\s'\"]+)")
_FACTS = {"ansible_host": "address", "ansible_ssh_private_key_file": "identity"}


def clustershell(text: str, file: str) -> Roster:
    """Read a file of groups.d/: YAML with sources, or lines `group: nodes`."""
    value = strict_yaml.read(text, file)
    if not isinstance(value, Table):
        raise FileError(Place(file, 1), "a groups file is a mapping, `group: nodes` line by line")
    tables = [inner for _, inner in value.entries if isinstance(inner, Table)]
    entries = [entry for table in tables or [value] for entry in table.entries]
    return Roster(tuple((key.value, tuple(_nodes(said))) for key, said in entries))


def _nodes(said: Value) -> Iterator[Item]:
    if not isinstance(said, Text):
        raise FileError(said.place, "behind a group stand its nodes, such as `red[01-05],@blue`")
    for piece in names.split(said.value):
        if piece.startswith("@"):
            yield Item(piece.removeprefix("@").rpartition(":")[2], group=True)
        else:
            yield from map(item, words(piece, said.place))


class Ansible:
    """An inventory as it is gathered: groups with their items, variables of hosts."""

    def __init__(self) -> None:
        self.groups: dict[str, dict[Item, None]] = {}
        self.variables: dict[str, dict[str, str]] = {}
        self.left: dict[str, None] = {}

    def seat(self, group: str, text: str, place: Place, variables: dict[str, str]) -> None:
        """Put hosts, perhaps a range of them, into a group."""
        for word in words(_RANGE.sub(r"{\1..\2}", text), place):
            self.groups.setdefault(group, {})[Item(word.name)] = None
            self.variables.setdefault(word.name, {}).update(variables)

    def within(self, group: str, child: str) -> None:
        """Put a group into another one."""
        self.groups.setdefault(group, {})[Item(child, group=True)] = None
        self.groups.setdefault(child, {})

    def roster(self) -> tuple[Roster, tuple[str, ...]]:
        """Give what was gathered, and what it held that nowfab does not."""
        groups = tuple(
            (name, tuple(self._item(item) for item in items)) for name, items in self.groups.items() if items
        )
        hosts = [self._host(name) for name in self.variables]
        lost = (f"variables: {', '.join(self.left)}",) if self.left else ()
        return Roster(groups, tuple(host for host in hosts if host != Host(host.name))), lost

    def _item(self, item: Item) -> Item:
        said = {} if item.group else self.variables[item.name]
        number = port(said.get("ansible_port", said.get("ansible_ssh_port")))
        user = said.get("ansible_user", said.get("ansible_ssh_user"))
        return Item(item.name, user, number, item.group)

    def _host(self, name: str) -> Host:
        said = self.variables[name]
        for key in said:
            if not key.startswith("ansible_"):
                self.left[key] = None
        jump = _JUMP.search(said.get("ansible_ssh_common_args", ""))
        facts = {fact: said[key] for key, fact in _FACTS.items() if key in said}
        return Host(name, via=jump[1] if jump else None, **facts)


def ansible(text: str, file: str) -> tuple[Roster, tuple[str, ...]]:
    """Read an inventory, in YAML or of the INI kind; no template is filled, nothing is run."""
    found = Ansible()
    first = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    if first.rstrip().endswith(":") or first.strip() == "---":
        value = strict_yaml.read(text.replace("---\n", "", 1), file)
        if isinstance(value, Table):
            for key, said in value.entries:
                _branch(found, key.value, said)
    else:
        _ini(found, text, file)
    return found.roster()


def _branch(found: Ansible, group: str, value: Value) -> None:
    """Read one group of a YAML inventory; `all` is everybody, so only what is in it counts."""
    if isinstance(value, Text) and value.is_nothing:
        return
    for key, said in _entries(value):
        for name, inner in _entries(said):
            if key.value == "children":
                if group != "all":
                    found.within(group, name.value)
                _branch(found, name.value, inner)
            elif key.value == "hosts":
                variables = {key.value: text.value for key, text in _entries(inner) if isinstance(text, Text)}
                found.seat(group, name.value, name.place, variables)
            elif key.value == "vars":
                found.left[name.value] = None


def _entries(value: Value) -> tuple[tuple[Text, Value], ...]:
    if isinstance(value, Text) and value.is_nothing:
        return ()
    if not isinstance(value, Table):
        raise FileError(value.place, "here stands a mapping, `key: value` line by line")
    return value.entries


def _ini(found: Ansible, text: str, file: str) -> None:
    group, kind = "ungrouped", ""
    for number, line in enumerate(text.splitlines(), 1):
        place, said = Place(file, number), line.strip()
        if not said or said[0] in "#;":
            continue
        if said.startswith("["):
            group, _, kind = said.strip("[]").partition(":")
        elif kind == "children":
            found.within(group, one(said, place).name)
        elif kind == "vars":
            found.left[said.partition("=")[0].strip()] = None
        else:
            host, *pairs = shlex.split(said, comments=True)
            found.seat(group, host, place, dict(pair.split("=", 1) for pair in pairs if "=" in pair))
