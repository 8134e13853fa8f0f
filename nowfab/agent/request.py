"""Check a request's header through and through, before anything is done for it."""

import os
import posixpath

from nowfab.agent.frames import NOBODY
from nowfab.agent.words import Trouble, to_bytes

DIGITS = "0123456789"

NONE = type(None)
RIGHTS = {"mode": int, "owner": str, "group": str}

CHANGE_FIELDS = {
    "write": dict(RIGHTS, path=str, blob=int, was=dict, secret=bool, check=list, verify=list),
    "link": {"path": str, "target": str, "was": dict},
    "folder": dict(RIGHTS, path=str, was=dict),
    "remove": {"path": str, "was": dict},
    "packages": {"install": list, "remove": list, "was": dict},
    "lists": {},
    "upgrade": {"to": dict, "was": dict},
    "unit": {"name": str, "enabled": (bool, NONE), "running": (bool, NONE), "restart": bool, "was": dict},
    "sysctl": {"key": str, "value": str, "was": dict},
    "run": {"argv": list, "undo": (list, NONE), "stdin": (int, NONE)},
}
QUESTION_FIELDS = {
    "path": {"path": str},
    "package": {"name": str},
    "unit": {"name": str},
    "sysctl": {"key": str},
    "output": {"argv": list},
    "tcp": {"host": str, "port": int},
}
HEADER_FIELDS = {
    "verb": str,
    "state": str,
    "title": str,
    "who": str,
    "limit": int,
    "blobs": list,
    "changes": list,
    "questions": list,
}

GUARD_FIELDS = {"seconds": int, "making": int, "proofs": list, "wait": int}

MADE_WAIT = 15
"""Seconds that the changes of an armed run are waited for before the reply says to ask again."""

ROLLBACK_SECONDS = 90
"""How long a guarded run whose changes are made waits to be confirmed, where the request does not say."""

MAKING_SECONDS = 900
"""How long its changes may take before, likewise: a restart that hangs is to be taken back too."""

PACKAGE_NAME = r"[a-z0-9][a-z0-9+.-]*(:[a-z0-9-]+)?"
"""Debian Policy 5.6.1, with dpkg's architecture behind a colon."""

UNIT_NAME = r"[A-Za-z0-9:_.\\@][A-Za-z0-9:_.\\@-]*"
"""systemd.unit(5); a pattern is no name."""

SYSCTL_KEY = r"[A-Za-z0-9_][A-Za-z0-9_/.:@-]*"

LOCK_SECONDS = 300
"""How long another user of dpkg is waited for, where the request does not say."""


class Job:
    """A request that was checked: what is to be done, for whom, and where the agent keeps its things."""

    def __init__(self, header: dict) -> None:
        self.run = header["run"]
        self.verb = header["verb"]
        self.state = one_spelling(header["state"])
        self.title = header["title"]
        self.who = header["who"]
        self.limit = header["limit"]
        self.blobs = header["blobs"]
        self.changes = header["changes"]
        self.questions = header["questions"]
        guard = header.get("guard") or {}
        self.seconds = guard.get("seconds", ROLLBACK_SECONDS)
        self.making = guard.get("making", MAKING_SECONDS)
        self.proofs = guard.get("proofs", [])
        self.wait = guard.get("wait", MADE_WAIT)
        self.lock_seconds = header.get("lock_seconds", LOCK_SECONDS)


def one_spelling(path: str) -> str:
    """Write a path in the one way that counts, wherever links lead: it names a lock and a unit."""
    plain = posixpath.normpath(path)
    return plain[1:] if plain.startswith("//") else plain


def run_of(header: dict) -> str:
    """Give the RUN that a reply is for, even when nothing else of the header can be used."""
    run = header.get("run")
    return run if isinstance(run, str) and is_run(run) else NOBODY


def is_run(text: str) -> bool:
    """Say whether a text can be a RUN: `20261123T083412Z-7f3a9c2e-02`.

    UTC of the controller, 32 random bits, a number of two to four digits where there is one: it sorts by
    age, and is a safe name of a folder.
    """
    when, _, rest = text.partition("-")
    bits, dash, number = rest.partition("-")
    at = (when[8:9], when[15:16], len(when), len(bits))
    return (
        at == ("T", "Z", 16, 8)
        and made_of(DIGITS, when[:8] + when[9:15])
        and made_of(DIGITS + "abcdef", bits)
        and (not dash or (2 <= len(number) <= 4 and made_of(DIGITS, number)))
    )


def made_of(letters: str, text: str) -> bool:
    """Say whether there are only these letters in a text."""
    return all(letter in letters for letter in text)


def fits(pattern: str, text: str) -> bool:
    """Say whether a whole text is of a pattern; most requests need none, and this loads slowly."""
    import re

    return bool(re.fullmatch(pattern, text))


def checked(header: dict) -> Job:
    """Give the job of a header, or say what is wrong with it."""
    if header.get("nowfab") != 1:
        raise misread("it is of version %s, this agent speaks 1" % header.get("nowfab"))
    if run_of(header) == NOBODY:
        raise misread("its RUN is none")
    check_fields("its header", header, HEADER_FIELDS)
    for blob in header["blobs"]:
        check_fields("a blob", blob, {"size": int, "sha256": str})
        if blob["size"] < 0:
            raise misread("a blob has less than no bytes")
    for number, change in enumerate(header["changes"]):
        check_each("change %d" % number, change, "do", CHANGE_FIELDS)
    for number, question in enumerate(header["questions"]):
        check_each("question %d" % number, question, "ask", QUESTION_FIELDS)
    check_blobs(header)
    check_guard(header.get("guard"))
    if header["changes"] and header["verb"] in ("confirm", "undo", "status"):
        raise misread("`%s` makes no changes" % header["verb"])
    return Job(header)


def check_guard(guard: object) -> None:
    """See that what a guarded run is told can be meant."""
    if guard is None:
        return
    check_fields("its guard", guard, {})
    assert isinstance(guard, dict)
    for name, value in guard.items():
        if not isinstance(value, GUARD_FIELDS.get(name, object)):
            raise misread("`%s` of its guard is of another kind" % name)
    for name, usual in (("seconds", ROLLBACK_SECONDS), ("making", MAKING_SECONDS)):
        if not 1 <= guard.get(name, usual) <= 86400:
            raise misread("a guard waits for 1 to 86400 seconds")
    for number, proof in enumerate(guard.get("proofs", [])):
        check_each("proof %d" % number, proof, "ask", QUESTION_FIELDS)
        whole = dict({"want": {}, "held": False}, **proof)
        check_fields("proof %d" % number, whole, {"want": dict, "held": bool})


def misread(what: str) -> Trouble:
    """Say that the controller and the agent do not understand each other."""
    return Trouble("the request is not understood: %s; nothing was changed" % what)


def check_fields(what: str, value: object, fields: dict) -> None:
    """See that a JSON object has these fields, each of its kind."""
    if not isinstance(value, dict):
        raise misread("%s is no JSON object" % what)
    for name, kind in fields.items():
        if name not in value or not isinstance(value[name], kind):
            raise misread("`%s` of %s is missing or of another kind" % (name, what))


def check_each(what: str, value: object, key: str, kinds: dict) -> None:
    """See that a change or a question is one that is known, and can be meant."""
    check_fields(what, value, {key: str})
    assert isinstance(value, dict)
    if value[key] not in kinds:
        raise misread("nobody knows what `%s` is" % value[key])
    check_fields(what, value, kinds[value[key]])
    for name in ("argv", "undo", "check", "verify", "install", "remove"):
        check_words(name, value.get(name) or [])
    for name in ("keep", "quiet"):
        if not isinstance(value.get(name, False), bool):
            raise misread("`%s` is of another kind" % name)
    check_name(value, key)


def check_words(name: str, words: object) -> None:
    """See that a list holds words that a program or a file can be called by."""
    if not isinstance(words, list):
        return
    for word in words:
        if not isinstance(word, str) or "\0" in word:
            raise misread("`%s` holds what is no word" % name)
        if name in ("install", "remove") and not fits(PACKAGE_NAME, word):
            raise misread("`%s` is no name of a package" % word)


def check_name(value: dict, key: str) -> None:
    """See that what is to be looked at or changed has a name that means one thing."""
    kind = value[key]
    if "path" in value:
        check_path(value["path"])
    for name, version in value.get("to", {}).items():
        if not fits(PACKAGE_NAME, name) or not isinstance(version, str):
            raise misread("`%s` is no package with its version" % name)
    if kind == "link" and ("\0" in value["target"] or not value["target"]):
        raise misread("a link must point somewhere")
    if kind == "package" and not fits(PACKAGE_NAME, value["name"]):
        raise misread("`%s` is no name of a package" % value["name"])
    if kind == "unit" and not fits(UNIT_NAME, value["name"]):
        raise misread("`%s` is no name of a unit" % value["name"])
    if kind == "sysctl" and (not fits(SYSCTL_KEY, value["key"]) or ".." in value["key"]):
        raise misread("`%s` is no name of a kernel parameter" % value["key"])
    if kind in ("run", "output") and not value["argv"]:
        raise misread("there is no program to be run")


def check_path(path: str) -> None:
    """See that a path is absolute and written in the one way that counts."""
    raw = to_bytes(path)
    if not raw.startswith(b"/") or b"\0" in raw or os.path.normpath(raw) != raw or raw.startswith(b"//"):
        raise misread("`%s` is no plain absolute path" % path)


def check_blobs(header: dict) -> None:
    """See that changes name the blobs that come, and that each blob is for one."""
    named = [change["blob"] for change in header["changes"] if change["do"] == "write"]
    named += [change["stdin"] for change in header["changes"] if change.get("stdin") is not None]
    if set(named) != set(range(len(header["blobs"]))):
        raise misread("the blobs that come are not those that the changes name")
