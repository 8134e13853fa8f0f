"""Build the line that a node's login shell gets: quoted, and on a leash.

The leash: the program lives as long as its channel's standard input. A watcher, started from
inside, waits for the end of that input; when it comes while the program still runs, the watcher
ends the program's process group with TERM, and after GRACE seconds with KILL. The program itself
is exec'd in place of the shell, so its exit code and signal are the channel's own.

The line is read by whatever login shell the user has. POSIX shells, csh and fish agree on single
quotes around text without `'`, backslash, `!` or line feed, and on a backslash before one
character outside quotes; nothing else is used.
"""

from __future__ import annotations

GRACE = 2
"""Seconds between TERM and KILL."""

_WATCHER = (
    'trap "" HUP INT TERM; while read -r x; do :; done; '
    f"if kill -0 $$; then kill -TERM $$ 0; sleep {GRACE}; kill -KILL $$ 0; fi"
)
_LEASH = (
    "exec 3<&0 </dev/null; ( {{ {watcher}; }} <&3 >/dev/null 2>&1 & ); exec 3<&-; "
    'exec "${{SHELL:-/bin/sh}}" -c "{command}"'
).format(watcher=_WATCHER, command="$1")
_DECODED = _LEASH.replace('"$1"', '"$c"')
_DECODE = 'c=$(printf %bx "$1"); c=${c%x}; '


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


def line(command: str) -> str:
    """Give the line that runs `command` in the login shell as `ssh node COMMAND` would."""
    if "\n" in command:
        script, word = _DECODE + _DECODED, _escaped(command)
    else:
        script, word = _LEASH, command
    return f"exec sh -c {quote(script)} nowfab {quote(word)}"


def _escaped(command: str) -> str:
    """Write line feeds and backslashes as the octal escapes of `printf %b`."""
    return command.replace("\\", "\\0134").replace("\n", "\\012")
