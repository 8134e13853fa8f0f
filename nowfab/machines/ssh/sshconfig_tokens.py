"""Fill in what stands for something else in ssh_config's values: `~`, `%h`, `${NAME}`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

_TOKEN = re.compile(r"%(.)|\$\{([^}]*)\}")


class NoValue(Exception):
    """A value that cannot be filled in; the message says why."""


def expand(text: str, values: Mapping[str, str], environ: Mapping[str, str]) -> str:
    """Fill in tokens from `values` and `${NAME}` from `environ`; NoValue when there is none."""

    def fill(found: re.Match[str]) -> str:
        letter, name = found.groups()
        if letter is not None:
            if letter not in values and letter != "%":
                raise NoValue(f"nothing for `%{letter}`")
            return values.get(letter, "%")
        if name not in environ:
            raise NoValue(f"no environment variable `{name}`")
        return environ[name]

    return _TOKEN.sub(fill, text)


def tilde(text: str, home: Path) -> str:
    """Fill in `~` and `~user` at the beginning, as a shell does."""
    if not text.startswith("~"):
        return text
    user, slash, rest = text[1:].partition("/")
    return f"{_home(user) if user else home}{slash}{rest}"


def _home(user: str) -> str:
    import pwd

    try:
        return pwd.getpwnam(user).pw_dir
    except KeyError:
        raise NoValue(f"no user `{user}`") from None
