"""Read groups and hosts from the line formats of other tools: dsh, genders, pssh, hosts, ssh_config."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import replace

from nowfab import names
from nowfab.errors import FileError, NameRefused, Place
from nowfab.exchange.roster import Host, Item, Roster
from nowfab.names import Word

Lines = Iterator[tuple[Place, list[str]]]

_OWN = ("localhost", "ip6-", "broadcasthost", "loopback")
"""How names begin in /etc/hosts that are this computer's own business."""


def lines(text: str, file: str) -> Lines:
    """Give the words of each line that says something, `#` beginning a comment."""
    for number, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words:
            yield Place(file, number), words


def words(text: str, place: Place) -> tuple[Word, ...]:
    """Read hosts; FileError with the place."""
    try:
        return names.words(text)
    except NameRefused as error:
        raise FileError(place, str(error)) from None


def one(text: str, place: Place) -> Word:
    """Read one host."""
    found = words(text, place)
    if len(found) != 1:
        raise FileError(place, f"{names.shown(text)} means {len(found)} hosts where one stands")
    return found[0]


def port(text: str | None) -> int | None:
    """Read a port, None for none and for what is no number."""
    return int(text) if text and text.isdigit() else None


def item(word: Word) -> Item:
    """Make a member of a host."""
    return Item(word.name, word.user, word.port)


def dsh(files: Mapping[str, str]) -> Roster:
    """Read a file for each group; `#include NAME` is pdsh's, for a group within the group."""
    groups = []
    for name, text in files.items():
        items: list[Item] = []
        for number, line in enumerate(text.splitlines(), 1):
            include = line.split() if line.startswith("#include") else []
            if len(include) == 2:
                items.append(Item(include[1], group=True))
                continue
            for place, said in lines(line, name):
                items += [item(word) for word in words(said[0], replace(place, line=number))]
        groups.append((name, tuple(items)))
    return Roster(tuple(groups))


def pssh(text: str, file: str, group: str) -> Roster:
    """Read a file of hosts, `[user@]host[:port]` or `host[:port] user`, as one group."""
    found: list[Item] = []
    for place, (host, *more) in lines(text, file):
        if len(more) > 1:
            raise FileError(place, f"behind {names.shown(host)} stands a user, and nothing more")
        user = one(f"{more[0]}@{host}", place).user if more else None
        found += [Item(word.name, word.user or user, word.port) for word in words(host, place)]
    return Roster(((group, tuple(found)),))


def genders(text: str, file: str) -> tuple[Roster, tuple[str, ...]]:
    """Read /etc/genders: attributes without a value are groups; user, port, address and via are facts."""
    groups: dict[str, list[Item]] = {}
    facts: dict[str, dict[str, str]] = {}
    seats: list[tuple[str, str]] = []
    left: dict[str, None] = {}
    for place, (nodes, *attributes) in lines(text, file):
        for word in words(nodes, place):
            said = facts.setdefault(word.name, {})
            for attribute in ",".join(attributes).split(","):
                key, equals, value = attribute.partition("=")
                if equals and key in ("user", "port", "address", "via"):
                    said[key] = value.replace("%n", word.name)
                elif equals:
                    left[key] = None
                elif key:
                    seats.append((key, word.name))
    for group, name in seats:
        said = facts[name]
        groups.setdefault(group, []).append(_configured(name, said))
    hosts = (Host(name, said.get("address"), said.get("via")) for name, said in facts.items())
    lost = (f"attributes with values: {', '.join(left)}",) if left else ()
    return _roster(groups, hosts), lost


def hosts(text: str, file: str, group: str) -> Roster:
    """Read /etc/hosts: the first name of each line with its address, as one group."""
    found: list[Host] = []
    for place, (address, *said) in lines(text, file):
        if said and not said[0].startswith(_OWN):
            found.append(Host(one(said[0], place).name, address))
    return Roster(((group, tuple(Item(host.name) for host in found)),), tuple(found))


def ssh_config(text: str, file: str, group: str) -> tuple[Roster, tuple[str, ...]]:
    """Read the Host blocks that name hosts; patterns with `*` and what Match says are left out."""
    facts: dict[str, dict[str, str]] = {}
    current: list[str] = []
    left: dict[str, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        try:
            key, *said = shlex.split(line.replace("=", " ", 1), comments=True) or [""]
        except ValueError as error:
            raise FileError(Place(file, number), str(error).lower()) from None
        if key.lower() in ("host", "match"):
            wild = [word for word in said if any(mark in word for mark in "*?!")]
            left.update(dict.fromkeys(wild if key.lower() == "host" else [line.strip()]))
            plain = [word for word in said if word not in wild] if key.lower() == "host" else []
            current = [one(word, Place(file, number)).name for word in plain]
            for name in current:
                facts.setdefault(name, {})
        elif said:
            for name in current:
                facts[name].setdefault(key.lower(), said[0])
    items = tuple(_configured(name, said) for name, said in facts.items())
    known = [
        Host(name, said.get("hostname"), said.get("proxyjump"), said.get("identityfile"))
        for name, said in facts.items()
    ]
    lost = (f"patterns: {', '.join(left)}",) if left else ()
    return Roster(((group, items),), tuple(host for host in known if host.told)), lost


def _configured(name: str, said: Mapping[str, str]) -> Item:
    return Item(name, said.get("user"), port(said.get("port")))


def _roster(groups: Mapping[str, list[Item]], hosts: Iterator[Host]) -> Roster:
    known = tuple(host for host in hosts if host.told)
    return Roster(tuple((name, tuple(dict.fromkeys(items))) for name, items in groups.items()), known)
