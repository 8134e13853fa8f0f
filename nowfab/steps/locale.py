"""Have a node speak a language."""

from __future__ import annotations

import re

from nowfab.plan.changes import Change, RunArgv
from nowfab.plan.questions import Absent, Link, OutputOf, PathAt
from nowfab.plan.steps import Refused, Step
from nowfab.plan.view import View
from nowfab.steps.line import line
from nowfab.steps.together import together

LIST = "/etc/locale.gen"
DEFAULT = "/etc/default/locale"
LINKED = "/etc/locale.conf"
"""Where Debian 13 has it, with a link at the old place (locale.conf(5))."""

MADE = "/usr/lib/locale"
"""Where locale-gen puts what it makes (locale-gen(8))."""

SOURCES = ("/usr/share/i18n/locales", "/usr/local/share/i18n/locales")
"""Where locale-gen finds of what it makes one (locale-gen(8))."""

BUILT_IN = ("C", "C.UTF-8", "POSIX")
"""What the C library brings (locale(7)): nothing is made for these."""

_KNOWN = ("locale", "-a")


def locale(name: str) -> Step:
    """Make the locale where the node does not have it, and have new logins speak it."""
    charset = name.partition("@")[0].partition(".")[2] or "ISO-8859-1"
    wanted = f"{name} {charset}"
    sources = tuple(PathAt(f"{folder}/{re.sub('[.][^@]*', '', name)}", content=False) for folder in SOURCES)
    listed = line(LIST, wanted, instead_of=rf"^#?\s*{re.escape(name)}\s+{re.escape(charset)}\s*$")

    def gap(view: View) -> tuple[Change, ...]:
        return () if name in BUILT_IN or _has(view, name) else listed.decide(view)

    def make(view: View) -> tuple[Change, ...]:
        if name in BUILT_IN or _has(view, name):
            return ()
        if isinstance(view.at(LIST), Absent):
            raise Refused(f"there is no {LIST}: the package `locales` brings it, and makes locales")
        if all(isinstance(view.at(each.path, content=False), Absent) for each in sources):
            raise Refused(f"the node knows no locale `{name}`; `ls {SOURCES[0]}` has them")
        return (RunArgv(("locale-gen",), alters=(MADE,)),)

    def spoken(view: View) -> tuple[Change, ...]:
        place = LINKED if isinstance(view.at(DEFAULT), Link) else DEFAULT
        return line(place, f"LANG={name}", instead_of=r"^LANG=").decide(view)

    steps = (
        Step(f"locale {name}", (PathAt(LIST), OutputOf(_KNOWN)), gap),
        Step(f"locale {name}", (PathAt(DEFAULT), PathAt(LINKED)), spoken),
    )
    act = Step(f"locale {name}", (PathAt(LIST), OutputOf(_KNOWN), *sources), make)
    return together(f"locale {name}", steps, act)


def _has(view: View, name: str) -> bool:
    """Say whether the node has a locale; `locale -a` writes en_GB.utf8 for en_GB.UTF-8."""
    known = view.said(*_KNOWN).stdout.decode("ascii", "replace").split()
    return _plain(name) in map(_plain, known)


def _plain(name: str) -> str:
    language, _, charset = name.partition(".")
    return f"{language}.{re.sub('[^a-z0-9@]', '', charset.lower())}"
