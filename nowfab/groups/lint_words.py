"""Find what is wrong with single words of groups files, and what ClusterSSH makes of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from nowfab import names
from nowfab.errors import FileError, NameRefused
from nowfab.groups import cssh, cssh_words
from nowfab.groups.clusters import check_tag
from nowfab.groups.clusters import member as plain
from nowfab.groups.finding import Finding, error, warning
from nowfab.groups.lines import Member

SHOWN = 4
"""Hosts of a reading that are told in a message."""


def words(member: Member) -> tuple[names.Word, ...]:
    """Read a member for other findings, nobody where it cannot be: then `member` here has told that."""
    try:
        return names.words(member.text)
    except NameRefused:
        return ()


def tag(word: Member, kind: str) -> Iterator[Finding]:
    """Look at the name of a group, in a tags file a pattern of such names."""
    try:
        found = (word.text,) if kind == "clusters" else names.expand(word.text)
        for name in found:
            check_tag(Member(name, word.place))
    except (FileError, NameRefused) as refused:
        what = refused.what if isinstance(refused, FileError) else str(refused)
        yield error(_kind(word.text, "tag"), word.place, what, _mend(word.text, "tag"))
        return
    if kind == "tags":
        yield from _misread(word, found)


def member(word: Member, kind: str) -> Iterator[Finding]:
    """Look at a member of a group, in a tags file the host that a line begins with."""
    try:
        text = plain(word).text
        meant = tuple(map(names.written, names.words(text)))
    except (FileError, NameRefused) as refused:
        what = refused.what if isinstance(refused, FileError) else str(refused)
        made = _cssh_makes(word.text) if kind == "clusters" else ""
        mend = _mend(word.text, "member")
        yield error(_kind(word.text, "member"), word.place, f"{what}{made}", mend)
        return
    if kind == "clusters":
        yield from _misread(Member(text, word.place), meant)
    elif meant != (text,):
        what = f"cssh does not unfold {names.shown(word.text)} in front of a line of a tags file"
        yield warning("range", word.place, what, "write a line for each host")


def _misread(word: Member, meant: Sequence[str]) -> Iterator[Finding]:
    """Tell where cssh makes something else of a word that we can read."""
    try:
        made = cssh_words.expand(word.text)
    except cssh_words.Untold:
        return
    if frozenset(made) != frozenset(meant):
        what = f"{names.shown(word.text)} means {_few(meant)} here; cssh makes {_few(made)} of it"
        yield warning("range", word.place, what, f"write {_for_both(meant)}, which both read alike")


def _kind(text: str, what: str) -> str:
    """Class what cannot be read by what is odd about it."""
    if what == "tag" and text in ("$", "#", "%", ">"):
        return "prompt"
    if cssh.spoils(text):
        return "bad-character"
    if text.startswith("-"):
        return "option"
    if what == "tag":
        return "tag"
    return "range" if any(character in text for character in "[]{}*?") else "name"


def _mend(text: str, what: str) -> str:
    if _kind(text, what) == "prompt":
        return "take the prompt out: the line was copied with it"
    if what == "tag":
        return "name the group with letters, digits, `.`, `_` and `-`"
    if _kind(text, what) == "range":
        return "write `{01..05}` or `{a,b}`, which cssh reads too"
    return "write hosts as `[user@]host[:port]`, with blanks between them"


def _cssh_makes(text: str) -> str:
    """Say what becomes of a word in cssh, where that can be told."""
    if cssh.spoils(text):
        return "; cssh leaves the whole group empty because of it"
    try:
        made = cssh_words.expand(text)
    except cssh_words.Untold:
        return ""
    return f"; cssh makes {_few(made)} of it"


def _few(words: Sequence[str]) -> str:
    if not words:
        return "nothing"
    more = f" and {len(words) - SHOWN} more" if len(words) > SHOWN else ""
    return " ".join(f"`{word}`" for word in words[:SHOWN]) + more


def _for_both(meant: Sequence[str]) -> str:
    more = " …" if len(meant) > SHOWN else ""
    return names.shown(" ".join(meant[:SHOWN]) + more)
