"""Read the command line before Invoke does, and say what it would misread.

Invoke gives any word to a COMMAND that is still missing, even `--help`; takes a word behind
COMMAND for the next task; reads its own flags anywhere, and acts on some of them only before the
first task. Where the line goes on to tasks that are not ours, nobody here knows their flags:
such a stretch is skipped.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from nowfab.cli.line import Flag, Line, Words, read_flag, spelling, take_flags

_ENDS = {"--help", "--list", "--version", "--complete", "--print-completion-script"}
"""Invoke's flags with which it runs nothing."""
_EARLY = {"--debug", "--write-pyc", "--collection", "--search-root", "--version", "--print-completion-script"}
"""Invoke's flags that it drops without a word when they stand behind a task."""
_MEANINGLESS = {
    "--warn-only": "every node has its row anyway",
    "--pty": "commands on nodes have no terminal",
    "--hide": "`--format` says what is shown",
    "--prompt-for-sudo-password": "nothing here asks for one",
    "--list-depth": "it belongs to `--list`",
    "--list-format": "it belongs to `--list`",
}
"""Invoke's flags that our tasks cannot honour, each with the reason."""


def objection(argv: Sequence[str], tasks: Mapping[str, Words], core: Words) -> str:
    """Say what is wrong with a line of which `argv[0]` is the program; "" when nothing is."""
    line = Line(list(argv), tasks, core)
    wrong = _bad_numbers(take_flags(line, core))
    while not wrong and (name := line.word) is not None and not _runs_nothing(line):
        words = tasks.get(name)
        line.at += 1
        if words is not None:
            wrong = _task(line, name, words)
        elif not (wrong := _misplaced_hosts(line)):
            _skip(line)
    return wrong


def _task(line: Line, name: str, words: Words) -> str:
    """Read one task of ours up to the next word."""
    flags, last = take_flags(line, words), line.at
    for wanted in words.positional:
        if any(flag.argument.name == wanted for flag in flags):
            continue
        if wrong := _bad_word(line, name, wanted):
            return wrong
        if wanted == "command" and (wrong := _bad_command(line, name, words)):
            return wrong
        last = line.at
        line.at += 1
        flags += take_flags(line, words, line.core)
    flags += take_flags(line, words, line.core)
    return (
        _bad_numbers(flags)
        or _dropped(line, flags)
        or _unheeded(line, name)
        or _double_dash(line, name, words, last)
    )


def _bad_word(line: Line, name: str, wanted: str) -> str:
    """See what Invoke would take for a word that the task needs."""
    word, program = line.word, _program(line)
    if word is None:  # for other words than a command Invoke says it well enough
        missing = f'`{name}` needs a command; type: {program} {name} "uptime" --group GROUP'
        return missing if wanted == "command" else ""
    if word in ("--help", "-h"):
        return f"for help type: {program} --help {name}"
    if word in line.core.flags:
        return f"`{word}` stands where the {wanted} is meant; put it before `{name}` or behind the {wanted}"
    return ""


def _bad_command(line: Line, name: str, words: Words) -> str:
    command = line.argv[line.at]
    if command.startswith("-"):
        hint = f'type: {_program(line)} {name} "PROGRAM {command}"'
        return f"a command cannot begin with `-`, as `{command}` does; {hint}"
    if _whole(line, words):
        return ""
    return f"the command of `{name}` is one word, so quote it; type: {_quoted(line, words, line.at)}"


def _whole(line: Line, words: Words) -> bool:
    """Tell whether the command ends with its first word: nothing follows, or what is surely a flag.

    A letter of Invoke's, such as the -e of `ps -e`, is not sure, unless it is -h or -R, which are harmless.
    """
    at = line.at + 1
    if at >= len(line.argv) or line.argv[at] == "--":
        return True
    flag = read_flag(line, at, words, line.core)
    return flag is not None and (
        flag.typed in words.flags or len(flag.typed) > 2 or flag.typed in ("-h", "-R")
    )


def _quoted(line: Line, words: Words, start: int) -> str:
    """Give the line with everything from `start` up to the task's next flag as one word."""
    end = start + 1
    while end < len(line.argv) and spelling(line.argv[end]) not in words.flags:
        end += 1
    inside = [word for word in line.argv[start:end] if word != "--"]
    before, behind = map(_shell, line.argv[1:start]), map(_shell, line.argv[end:])
    return " ".join([_program(line), *before, _shell(" ".join(map(_shell, inside)), True), *behind])


def _double_dash(line: Line, name: str, words: Words, last: int) -> str:
    """See words behind `--`; `last` is where the last word without a flag stands."""
    if line.at + 1 >= len(line.argv) or line.argv[line.at] != "--":
        return ""
    hint = f"; type: {_quoted(line, words, last)}" if words.positional and last + 1 == line.at else ""
    return f"nothing behind `--` would reach `{name}`{hint}"


def _dropped(line: Line, flags: list[Flag]) -> str:
    early = next((flag for flag in flags if flag.name in _EARLY and flag.typed in line.core.flags), None)
    return f"`{early.typed}` works only before the first task" if early else ""


def _unheeded(line: Line, name: str) -> str:
    flag = next((flag for flag in line.seen if flag.name in _MEANINGLESS), None)
    if flag is None:
        return ""
    if flag.typed == "-w":
        return f"`-w` before the task is Invoke's --warn-only; for --hosts put it behind `{name}`"
    return f"`{flag.typed}` has no meaning for `{name}`: {_MEANINGLESS[flag.name]}"


def _misplaced_hosts(line: Line) -> str:
    """See `inv -w red01 run …`, where Invoke takes red01 for a task."""
    warned = any(flag.typed == "-w" for flag in line.seen)
    return _unheeded(line, line.word) if warned and line.word and line.word in line.tasks else ""


def _bad_numbers(flags: list[Flag]) -> str:
    for flag in flags:
        if flag.argument.kind is int and flag.value is not None and not flag.value.lstrip("-").isdecimal():
            return f"`{flag.typed}` takes a whole number, not `{flag.value}`"
    return ""


def _runs_nothing(line: Line) -> bool:
    return any(flag.name in _ENDS for flag in line.seen)


def _skip(line: Line) -> None:
    """Go on to the next word that is surely a task of ours."""
    while (word := line.word) is not None:
        before = line.argv[line.at - 1]
        if word in line.tasks and (not before.startswith("-") or "=" in before):
            return
        line.at += 1


def _program(line: Line) -> str:
    name = PurePath(line.argv[0]).name
    return "nowfab" if name == "__main__.py" else name


def _shell(word: str, always: bool = False) -> str:
    """Quote a word for a shell, in the way that is easiest to read."""
    if not always and word and all(character.isalnum() or character in "-_=./:,@%+[]" for character in word):
        return word
    if any(character in '"$`!\\' for character in word):
        return "'" + word.replace("'", "'\\''") + "'"
    return f'"{word}"'
