"""Check the value of each key that an entry of nodes.yaml may have."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from nowfab import names
from nowfab.errors import FileError, NameRefused
from nowfab.inventory.facts import Via
from nowfab.inventory.strict_yaml import Table, Text, Value

_MAC = re.compile(r"[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}")
_LAST_LABEL = re.compile(r"(?:^|.*\.)(?:[0-9]+|0[xX][0-9a-fA-F]*)\.?", re.DOTALL)
_IPV4 = re.compile(r"(?:(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(?:\.(?!$)|$)){4}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TRUE_FALSE = {"true": True, "yes": True, "false": False, "no": False}


def address(value: Value) -> str:
    """Check where a node is reached: a host name or a whole IPv4 or IPv6 address.

    `0777` or `192.168.7` would be numbers to the resolver, and lead somewhere else.
    """
    text = names.node(_text(value))
    if _LAST_LABEL.fullmatch(text) and not _IPV4.fullmatch(text):
        raise NameRefused(f"{names.shown(text)} is neither a host name nor a whole address")
    return text


def identity(value: Value) -> str:
    """Check the path of a private key; `~` stays, whoever opens the file expands it."""
    text = _text(value)
    if not text.strip() or _INVISIBLE.search(text):
        raise NameRefused(f"{names.shown(text)} cannot be the path of a private key")
    return text


def via(value: Value) -> Via:
    """Check a gateway: one node, with its user and port where they differ."""
    text = _text(value)
    found = names.words(text)
    if len(found) != 1:
        raise NameRefused(f"{names.shown(text)} means {len(found)} nodes; a gateway is one")
    return Via(found[0], value.place)


def mac(value: Value) -> str:
    """Check a hardware address; it is kept in lower case with colons."""
    text = _text(value)
    if not _MAC.fullmatch(text):
        raise NameRefused(f"{names.shown(text)} is not a hardware address such as `b8:27:eb:00:00:01`")
    return text.lower().replace("-", ":")


def local(value: Value) -> bool:
    """Check whether a node is this computer."""
    text = _text(value)
    if text.lower() not in _TRUE_FALSE:
        raise NameRefused(f"{names.shown(text)} is neither `true` nor `false`")
    return _TRUE_FALSE[text.lower()]


def role(value: Value) -> str:
    """Check a role: one word."""
    text = _text(value)
    if not names.is_host_name(text):
        raise NameRefused(f"{names.shown(text)} cannot be a role; a role is one word such as `master`")
    return text


def variables(value: Value) -> tuple[tuple[str, str], ...]:
    """Check variables; their values are texts, whatever YAML thinks of them."""
    if not isinstance(value, Table):
        raise NameRefused("`vars` is a mapping of names to values: `vars: {rack: a1}`")
    found = []
    for key, said in value.entries:
        if not _VARIABLE.fullmatch(key.value):
            raise FileError(key.place, f"{names.shown(key.value)} cannot be the name of a variable")
        if not isinstance(said, Text):
            raise FileError(said.place, f"the value of {names.shown(key.value)} is not a text")
        found.append((key.value, said.value))
    return tuple(found)


def _text(value: Value) -> str:
    if not isinstance(value, Text):
        raise NameRefused("a text is expected here, not a list or a mapping")
    return value.value


ALL: Mapping[str, Callable[[Value], Any]] = {
    "address": address,
    "user": lambda value: names.user(_text(value)),
    "port": lambda value: names.port(_text(value)),
    "identity": identity,
    "via": via,
    "role": role,
    "mac": mac,
    "local": local,
    "vars": variables,
}
"""The keys of an entry."""

DEFAULTS = tuple(key for key in ALL if key not in ("address", "via", "mac", "local"))
"""The keys that can hold for all nodes at once."""
