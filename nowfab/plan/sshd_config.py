"""Read what sshd is told: which keyword has which value, and on which line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

FILE = "/etc/ssh/sshd_config"
FOLDER = "/etc/ssh/sshd_config.d"
PLACES = (f"{FILE}/", f"{FOLDER}/")

ALIASES: Mapping[str, str] = {
    "challengeresponseauthentication": "kbdinteractiveauthentication",
    "skeyauthentication": "kbdinteractiveauthentication",
    "dsaauthentication": "pubkeyauthentication",
    "keepalive": "tcpkeepalive",
    "pubkeyacceptedkeytypes": "pubkeyacceptedalgorithms",
    "hostbasedacceptedkeytypes": "hostbasedacceptedalgorithms",
}
"""Older words for the same (OpenSSH's servconf.c)."""

_SAID = re.compile(r"""\s*"?([A-Za-z][A-Za-z0-9]*)"?(?:\s*=\s*|\s+)(.*?)\s*""")
_INCLUDED = (f"{FOLDER}/*.conf", f"{FOLDER.removeprefix('/etc/ssh/')}/*.conf")
"""The folder as Include names it; what is no absolute path begins in /etc/ssh (sshd_config(5))."""


@dataclass(frozen=True, slots=True)
class Said:
    """One line that says something; `matched` where a Match stands before it."""

    number: int
    keyword: str
    value: str
    matched: bool

    @property
    def includes_folder(self) -> bool:
        """Whether it reads the folder of drop-ins, before anything else that it reads."""
        first = self.value.partition(" ")[0].strip('"')
        return self.keyword == "include" and first in _INCLUDED


def plain(keyword: str) -> str:
    """Give the one word for a keyword that may be written in any case, or in an older word."""
    return ALIASES.get(keyword.lower(), keyword.lower())


def read(text: str) -> Iterator[Said]:
    """Give each line that says something; keywords are plain."""
    matched = False
    for number, line in enumerate(text.split("\n"), 1):
        found = None if line.lstrip().startswith("#") else _SAID.fullmatch(line)
        if found is not None:
            keyword = plain(found[1])
            matched = matched or keyword == "match"
            yield Said(number, keyword, found[2].split(" #")[0].rstrip(), matched)


def without_passwords(text: str) -> frozenset[bool]:
    """Say for whom a text turns passwords off: for all (False), for those whom a Match means (True)."""
    off = ("passwordauthentication", "no")
    return frozenset(each.matched for each in read(text) if (each.keyword, _word(each.value).lower()) == off)


def _word(value: str) -> str:
    """Give the first word of a value, without quotation marks (OpenSSH's argv_split)."""
    return (value.split() or [""])[0].strip("\"'")
