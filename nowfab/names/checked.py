"""Let only names through that cannot be mistaken for an option, a path or a command."""

from __future__ import annotations

import re

from nowfab.errors import NameRefused

HOST = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,252}"
LOGIN = r"[A-Za-z0-9_][A-Za-z0-9._-]{0,31}"

_HOST = re.compile(HOST)
_LOGIN = re.compile(LOGIN)
_PORT = re.compile(r"[0-9]{1,5}")
_SCOPE = re.compile(r"[A-Za-z0-9._-]{1,32}")
_STRANGE = re.compile(r"[^A-Za-z0-9._-]")


def node(text: str) -> str:
    """Check the name of one node: a host name, an IPv4 or an IPv6 address."""
    if _HOST.fullmatch(text) or is_ipv6(text):
        return text
    raise NameRefused(f"{shown(text)} cannot be the name of a node: {_why(text, 253)}")


def user(text: str) -> str:
    """Check the name of a user."""
    if _LOGIN.fullmatch(text):
        return text
    raise NameRefused(f"{shown(text)} cannot be the name of a user: {_why(text, 32)}")


def port(text: str) -> int:
    """Check the number of a port."""
    if _PORT.fullmatch(text) and 1 <= int(text) <= 65535:
        return int(text)
    hint = "; an IPv6 address with a port is written `[::1]:22`" if ":" in text else ""
    raise NameRefused(f"{shown(text)} cannot be a port: ports are numbers from 1 to 65535{hint}")


def is_ipv6(text: str) -> bool:
    """Tell whether this is an IPv6 address, with or without a scope (`fe80::1%eth0`)."""
    if ":" not in text or len(text) > 80:
        return False
    from ipaddress import AddressValueError, IPv6Address

    address, mark, scope = text.partition("%")
    if mark and not _SCOPE.fullmatch(scope):
        return False
    try:
        IPv6Address(address)
    except AddressValueError:
        return False
    return True


def is_host_name(text: str) -> bool:
    """Tell whether this has the form of a host name; `10.0.0.1` has it too."""
    return bool(_HOST.fullmatch(text))


def shown(text: str) -> str:
    """Quote what was typed for a message: in backticks, short, nothing invisible in it."""
    short = text if len(text) <= 60 else f"{text[:57]}…"
    return "`" + "".join(map(_visible, short)) + "`"


def strange_char(char: str) -> str:
    """Say which character is in the way, so that look-alikes and blanks are told apart."""
    if char == " ":
        return "there is a blank in it; commas stand between names"
    return f"`{_visible(char)}` (U+{ord(char):04X}) is not allowed"


def _visible(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode("ascii")


def _why(text: str, longest: int) -> str:
    if not text:
        return "it is empty"
    if text[0] in ".-":
        return f"it begins with `{text[0]}`"
    strange = _STRANGE.search(text)
    if strange:
        return strange_char(strange[0])
    return f"it is longer than {longest} characters"
