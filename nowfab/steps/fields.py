"""Check the values that a plan's file may have behind a key.

What a reader takes, its docstring says in the words of docs/reference/steps.md.
"""

from __future__ import annotations

import re
import shlex
from typing import NoReturn

from nowfab import names
from nowfab.errors import FileError
from nowfab.inventory.strict_yaml import Items, Table, Text, Value
from nowfab.plan import sshd_config
from nowfab.steps.authorized_keys import key
from nowfab.steps.variables import TO_COME

_MODE = re.compile(r"0?[0-7]{3,4}")
_OWNER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,31}")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+(?::[a-z0-9]+)?")
"""Debian Policy 5.6.7, with an architecture behind it."""

_ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]+")
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
_NUMBER = re.compile(r"[0-9]{1,9}")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+){0,2}")
_LOCALE = re.compile(r"[A-Za-z]+(?:_[A-Z]{2})?(?:\.[A-Za-z0-9-]+)?(?:@[a-z]+)?")
_LAYOUT = re.compile(r"[A-Za-z0-9_,-]*")
_UNIT = re.compile(r"[A-Za-z0-9:_.\\][A-Za-z0-9:_.\\-]*(?:@[A-Za-z0-9:_.\\-]*)?")
_SYSCTL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.*/-]*")
_URL = re.compile(r"(?:https?://[^\s/@?#]+(?:/[!-~]*)?|file:///[!-~]+)")
"""RFC 3986 without a user in it: everybody on the node would see a password there."""

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_KEYWORD = re.compile(r"[A-Za-z][A-Za-z0-9]{1,63}")
_SETTING = re.compile(r"[^\s#][^\n\r\0#]*(?<!\s)")
_NO_SETTINGS = ("match", "include", "subsystem")
"""What an assignment of one value to one keyword of sshd cannot say."""

_HASH = re.compile(r"\$[A-Za-z0-9]+\$[!-9;-~]+|[*!][!-9;-~]*")
"""Of crypt(5), but for those of 13 letters, which a password may be too; `*` and `!` let nobody in."""

_TRUE_FALSE = {"true": True, "yes": True, "false": False, "no": False}


def text(value: Value) -> str:
    """Take a text."""
    if not isinstance(value, Text) or value.is_nothing:
        _wrong(value, "a text")
    return value.value


def one_line(value: Value) -> str:
    """Take a text of one line."""
    return _matching(value, _ONE_LINE, "a text of one line")


def boolean(value: Value) -> bool:
    """Take true or false."""
    said = text(value).lower()
    if said not in _TRUE_FALSE:
        _wrong(value, "true or false")
    return _TRUE_FALSE[said]


def path(value: Value) -> str:
    """Take an absolute path."""
    said = text(value)
    if not said.startswith("/") or "\0" in said or "\n" in said:
        _wrong(value, "an absolute path such as `/etc/motd`")
    parts = said.rstrip("/").split("/")[1:]
    if not parts or any(part in ("", ".", "..") for part in parts):
        _wrong(value, "a path without `//`, `.` and `..`")
    return said.rstrip("/")


def paths(value: Value) -> tuple[str, ...]:
    """Take an absolute path, or several."""
    return tuple(path(item) for item in _several(value))


def mode(value: Value) -> int:
    """Take a mode in octal digits such as "0644"."""
    said = text(value)
    if not _MODE.fullmatch(said):
        _wrong(value, 'a mode in octal digits such as "0644"')
    return int(said, 8)


def owner(value: Value) -> str:
    """Take the name of a user or group."""
    if text(value).isdigit():
        _wrong(value, "the name of a user or group, by which the node tells of them,")
    return _matching(value, _OWNER, "the name of a user or group")


def owners(value: Value) -> tuple[str, ...]:
    """Take the name of a user or group, or several."""
    return tuple(owner(item) for item in _several(value))


def number(value: Value) -> int:
    """Take a number that is not negative."""
    return int(_matching(value, _NUMBER, "a number"))


def minutes(value: Value) -> int:
    """Take a span of time such as `30min`, `12h` or `7d`."""
    said = re.fullmatch(r"([0-9]{1,6})(min|h|d)", text(value))
    if said is None or not int(said[1]):
        _wrong(value, "a span of time such as `30min`, `12h` or `7d`")
    return int(said[1]) * {"min": 1, "h": 60, "d": 24 * 60}[said[2]]


def hostname(value: Value) -> str:
    """Take the name of a host: one label (RFC 1123 section 2.1), and no number."""
    said = _matching(value, _LABEL, "the name of a host (letters, digits and `-`)")
    if said.isdigit():
        _wrong(value, "the name of a host, which is no number,")
    return said


def password_hash(value: Value) -> str:
    """Take the hash of a password; what is none may be the password itself, so that it is not shown."""
    said = text(value)
    if said != TO_COME and not _HASH.fullmatch(said.strip()):
        what = "what stands here is no hash as crypt(5) has them, such as `$y$…` or `$6$…`"
        raise FileError(value.place, f"{what}; `openssl passwd -6` makes one of a password")
    return said


def zone(value: Value) -> str:
    """Take a time zone such as `Europe/Berlin`."""
    return _matching(value, _ZONE, "a time zone such as `Europe/Berlin`")


def locale(value: Value) -> str:
    """Take a locale such as `en_GB.UTF-8`."""
    return _matching(value, _LOCALE, "a locale such as `en_GB.UTF-8`")


def layout(value: Value) -> str:
    """Take a word of keyboard(5), or several with commas between."""
    return _matching(value, _LAYOUT, "a layout such as `de` or `us,de`")


def keys(value: Value) -> tuple[str, ...]:
    """Take public keys, one a line, or a list of them."""
    lines = [(item, line.strip()) for item in _several(value) for line in text(item).splitlines()]
    for item, line in lines:
        if "PRIVATE KEY" in line:
            raise FileError(item.place, "a private key stands here; the public one ends in `.pub`")
        if line and not line.startswith("#") and not key(line)[0]:
            raise FileError(item.place, f"{names.shown(line[:60])} is no public key as sshd reads them")
    return tuple(line for _, line in lines if line and not line.startswith("#"))


def packages(value: Value) -> tuple[str, ...]:
    """Take the name of a Debian package, or several."""
    return tuple(_matching(item, _PACKAGE, "the name of a package") for item in _several(value))


def unit(value: Value) -> str:
    """Take the name of a systemd unit."""
    return _matching(value, _UNIT, "the name of a unit")


def plain(value: Value) -> str:
    """Take a name of letters, digits, `_` and `-`."""
    return _matching(value, _PLAIN, "a name of letters, digits, `_` and `-`")


def sysctl(value: Value) -> str:
    """Take a kernel parameter such as `net.ipv4.ip_forward`."""
    said = _matching(value, _SYSCTL, "a kernel parameter such as `net.ipv4.ip_forward`")
    if ".." in said or said.startswith("/"):
        _wrong(value, "a kernel parameter such as `net.ipv4.ip_forward`")
    return said


def url(value: Value) -> str:
    """Take a URL: `https://…`, `http://…`, or `file:///…`."""
    return _matching(value, _URL, "a URL such as `https://example.org/file` or `file:///srv/file`")


def sha256(value: Value) -> str:
    """Take a sha256 of 64 hexadecimal digits."""
    return _matching(value, _SHA256, "a sha256 of 64 hexadecimal digits").lower()


def texts(value: Value) -> tuple[str, ...]:
    """Take a text, or several."""
    return tuple(text(item) for item in _several(value))


def pairs(value: Value) -> tuple[tuple[str, str], ...]:
    """Take a mapping of names to texts such as `{name: value}`."""
    if not isinstance(value, Table):
        _wrong(value, "a mapping such as `{name: value}`")
    return tuple((key.value, text(said)) for key, said in value.entries)


def sshd_settings(value: Value) -> dict[str, str]:
    """Take a mapping of keywords of sshd_config(5) to a value each."""
    if not isinstance(value, Table) or not value.entries:
        _wrong(value, "a mapping such as `{PasswordAuthentication: no}`")
    found: dict[str, str] = {}
    for word, item in value.entries:
        keyword = _matching(word, _KEYWORD, "a keyword of sshd_config(5)")
        if keyword.lower() in _NO_SETTINGS:
            raise FileError(
                word.place, f"`{keyword}` is not one value for all; write a `file` in {sshd_config.FOLDER}"
            )
        said = _matching(item, _SETTING, f"a value for `{keyword}`, in one line and without `#`,")
        for other, its in found.items():
            if sshd_config.plain(other) == sshd_config.plain(keyword) and its != said:
                raise FileError(word.place, f"`{keyword}` and `{other}` are the same, and get two values")
        found[keyword] = said
    return found


def regex(value: Value) -> str:
    """Take a regular expression."""
    said = text(value)
    try:
        re.compile(said)
    except re.error as error:
        raise FileError(value.place, f"{names.shown(said)} is no regular expression: {error}") from None
    return said


def argv(value: Value) -> tuple[str, ...]:
    """Take a program with its arguments: a list, or a text that is split as a shell would."""
    if isinstance(value, Items):
        words = tuple(text(item) for item in value.items)
    else:
        try:
            words = tuple(shlex.split(text(value)))
        except ValueError as error:
            raise FileError(value.place, f"{names.shown(text(value))}: {str(error).lower()}") from None
    if not words or not words[0]:
        _wrong(value, "a program with its arguments")
    return words


def _several(value: Value) -> tuple[Value, ...]:
    return value.items if isinstance(value, Items) else (value,)


def _matching(value: Value, pattern: re.Pattern[str], what: str) -> str:
    said = text(value)
    if not pattern.fullmatch(said):
        _wrong(value, what)
    return said


def _wrong(value: Value, what: str) -> NoReturn:
    if isinstance(value, Text):
        found = "nothing" if value.is_nothing else names.shown(value.value)
    else:
        found = "a mapping" if isinstance(value, Table) else "a list"
    raise FileError(value.place, f"{found} stands where {what} should")
