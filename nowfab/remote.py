"""Build the line that a node's login shell gets: quoted, under sudo if asked, and on a leash.

The leash: the program lives as long as its channel's standard input. A watcher, started from
inside (and so with sudo's rights), waits for the end of that input; when it comes while the program
still runs, the watcher ends the program's process group with TERM, and after GRACE seconds with
KILL. The program itself is exec'd in place of the shell, so its exit code and signal are the
channel's own.

Input for the program is put whole into a file that has no name any more before the program starts:
the count says whether it is whole, the channel is always read (so that its end is always seen), and
a program whose input did not come whole is never started.

The line is read by whatever login shell the user has. POSIX shells, csh and fish agree on single
quotes around text without `'`, backslash, `!` or line feed, and on a backslash before one
character outside quotes; nothing else is used. The line's own variables begin with `nowfab_`: what the
login or `--env` calls `c` or `n` is the program's.
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
_LEASH = f"exec 3<&0 <%s; ( {{ {_WATCHER}; }} <&3 >/dev/null 2>&1 & ); exec 3<&-; "
_TAKE = (
    'nowfab_f=$(mktemp) || exit; exec 4<"$nowfab_f" 5<"$nowfab_f" 6>"$nowfab_f"; rm -f "$nowfab_f"; '
    "head -c %(size)d >&6; nowfab_n=$(($(wc -c <&5))); exec 5<&- 6>&-; "
    'if [ "$nowfab_n" -ne %(size)d ]; then '
    'echo "nowfab: only $nowfab_n of %(size)d bytes of the input came or had room, nothing was run" >&2; '
    "exit 1; fi; "
)
"""Put the input into a nameless file, open as 4; nothing is sent after it, so nothing can be over-read."""
_DECODE = 'nowfab_c=$(printf %bx "$1"); nowfab_c=${nowfab_c%x}; '
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """What surrounds a command: a folder, variables, another shell, sudo.

    `shell` "" means the login shell. `prompt` is what sudo asks a password with; "" means that it
    must not ask (`sudo -n`). `stdin` counts the bytes that come first on the channel, for the program;
    `ready` is said on standard error once they may be sent, "" for at once.
    """

    cd: str = ""
    env: tuple[tuple[str, str], ...] = ()
    shell: str = ""
    sudo: bool = False
    sudo_user: str = ""
    prompt: str = ""
    stdin: int = 0
    ready: str = ""


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
    program = '"$nowfab_c"' if decode else '"$1"'
    start = f"exec {_shell(shape, words)} -c {program}"
    script = decode + _input(shape) + setup + start
    return f"exec {_sudo(shape)}sh -c {quote(script)} nowfab {' '.join(words)}"


def bare(words: str, shape: Shape = PLAIN) -> str:
    """Give the line that starts a program by its quoted words, which minds its input and its end itself.

    Of the shape, only sudo counts. Nothing stands between the channel and the program: no leash, no file.
    """
    return f"exec {_sudo(shape)}{words}"


def _input(shape: Shape) -> str:
    """Give the commands that take the program's input and lay the leash."""
    ready = f"printf %s {quote(shape.ready)} >&2; " if shape.ready else ""
    if not shape.stdin:
        return ready + _LEASH % "/dev/null"
    return ready + _TAKE % {"size": shape.stdin} + _LEASH % "&4 4<&-"


def _setup(shape: Shape, words: list[str]) -> Iterator[str]:
    """Give the commands before the program; what they need becomes further `words`."""
    if shape.cd:
        words.append(quote(shape.cd))
        yield f'cd -- "${{{len(words)}}}" || exit; '
    if shape.env:
        yield "nowfab_s=$SHELL; "
    for name, value in shape.env:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"`{name}` cannot be the name of a variable")
        words.append(quote(f"{name}={value}"))
        yield f'export "${{{len(words)}}}"; '


def _shell(shape: Shape, words: list[str]) -> str:
    """Name the shell: under sudo still the login user's, for a service's account has none that works."""
    if not shape.shell and not shape.sudo:
        return f'"${{{"nowfab_s" if shape.env else "SHELL"}:-/bin/sh}}"'
    words.append(quote(shape.shell) if shape.shell else '"$SHELL"')
    return f'"${{{len(words)}:-/bin/sh}}"'


def _sudo(shape: Shape) -> str:
    if not shape.sudo:
        return ""
    how = f"-S -p {quote(shape.prompt)}" if shape.prompt else "-n"
    user = f" -u {quote(shape.sudo_user)}" if shape.sudo_user else ""
    return f"sudo {how}{user} -- "


def _escaped(command: str) -> str:
    """Write line feeds and backslashes as the octal escapes of `printf %b`."""
    return command.replace("\\", "\\0134").replace("\n", "\\012")
