"""Build the line that a node's login shell gets: quoted, under sudo if asked, and on a leash.

The leash: the program lives as long as its channel's standard input. A watcher, started from
inside (and so with sudo's rights), waits for the end of that input; when it comes while the program
still runs, the watcher ends the program's process group with TERM, and after GRACE seconds with
KILL. The program itself is exec'd in place of the shell, so its exit code and signal are the
channel's own.

The line is read by whatever login shell the user has. POSIX shells, csh and fish agree on single
quotes around text without `'`, backslash, `!` or line feed, and on a backslash before one
character outside quotes; nothing else is used.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

GRACE = 2
"""Seconds between TERM and KILL."""

_WATCHER = (
    'trap "" HUP INT TERM; while read -r x; do :; done; '
    f"if kill -0 $$; then kill -TERM $$ 0; sleep {GRACE}; kill -KILL $$ 0; fi"
)
_LEASH = f"exec 3<&0 </dev/null; ( {{ {_WATCHER}; }} <&3 >/dev/null 2>&1 & ); exec 3<&-; "
_DECODE = 'c=$(printf %bx "$1"); c=${c%x}; '
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """What surrounds a command: a folder, variables, another shell, sudo.

    `shell` "" means the login shell. `prompt` is what sudo asks a password with; "" means that it
    must not ask (`sudo -n`).
    """

    cd: str = ""
    env: tuple[tuple[str, str], ...] = ()
    shell: str = ""
    sudo: bool = False
    sudo_user: str = ""
    prompt: str = ""


PLAIN = Shape()


def quote(text: str) -> str:
    """Quote one word so that sh, bash, dash, busybox, csh and fish read it alike.

    A NUL or a line feed cannot be written that way: ValueError.
    """
    if "\0" in text or "\n" in text:
        raise ValueError("a NUL or a line feed cannot be quoted for every shell")
    out, plain = [], ""
    for character in text:
        if character in "'\\!":
            out += [f"'{plain}'"] if plain else []
            out.append("\\" + character)
            plain = ""
        else:
            plain += character
    if plain or not out:
        out.append(f"'{plain}'")
    return "".join(out)


def line(command: str, shape: Shape = PLAIN) -> str:
    """Give the line that runs `command` as `ssh node COMMAND` would, in this shape.

    sudo covers the whole command, with its `&&`, redirects and the folder. ValueError for a
    variable that no shell can have, or a NUL.
    """
    decode, word = ("", command) if "\n" not in command else (_DECODE, _escaped(command))
    words = [quote(word)]
    setup = "".join(_setup(shape, words))
    program = '"$c"' if decode else '"$1"'
    start = f"exec {_shell(shape, words)} -c {program}"
    script = decode + _LEASH + setup + start
    return f"exec {_sudo(shape)}sh -c {quote(script)} nowfab {' '.join(words)}"


def _setup(shape: Shape, words: list[str]) -> Iterator[str]:
    """Give the commands before the program; what they need becomes further `words`."""
    if shape.cd:
        words.append(quote(shape.cd))
        yield f'cd -- "${{{len(words)}}}" || exit; '
    for name, value in shape.env:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"`{name}` cannot be the name of a variable")
        words.append(quote(f"{name}={value}"))
        yield f'export "${{{len(words)}}}"; '


def _shell(shape: Shape, words: list[str]) -> str:
    """Name the shell: under sudo still the login user's, for a service's account has none that works."""
    if shape.shell:
        words.append(quote(shape.shell))
    elif shape.sudo:
        words.append('"$SHELL"')
    else:
        return '"${SHELL:-/bin/sh}"'
    return f'"${{{len(words)}}}"'


def _sudo(shape: Shape) -> str:
    if not shape.sudo:
        return ""
    how = f"-S -p {quote(shape.prompt)}" if shape.prompt else "-n"
    user = f" -u {quote(shape.sudo_user)}" if shape.sudo_user else ""
    return f"sudo {how}{user} -- "


def _escaped(command: str) -> str:
    """Write line feeds and backslashes as the octal escapes of `printf %b`."""
    return command.replace("\\", "\\0134").replace("\n", "\\012")
